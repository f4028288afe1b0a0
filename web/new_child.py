"""Entering a child who is not on roll, so that a case can be opened: an LA consults the school or names it, or the family applies for a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from db.new_child import NewChild, add_child, authorities
from web.console import console_of, page
from web.contacts import ADDRESS, LONGEST
from web.fact_fields import date_text
from web.posted import posted_form
from web.signed_in import SignedIn, check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
WITHOUT_PLAN = "admission_application"
PROCESSES = ("plan_consultation", "admission_of_named_pupil", WITHOUT_PLAN)


@router.get("/start/new")
def ask(request: Request) -> Response:
    """The form: what the LA's letter, or the application, says of the child."""
    return _form(request, _leader(request), {}, {})


@router.post("/start/new")
def enter(request: Request, form: Form) -> Response:
    """Enter the child, and go on to the case."""
    me = _leader(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    with console.engines.scheduler() as session:
        known = {str(id_) for id_, _ in authorities(session)}
    errors = _errors(form, {str(s) for s in me.schools_where("open_case")}, known, console.clock.today())
    if errors:
        return _form(request, me, form, errors)
    with console.engines.scheduler() as session:
        pupil = add_child(session, _child(form), console.clock.today())
    return RedirectResponse(f"/start/{form['process']}/{pupil}", 303)


def _leader(request: Request) -> SignedIn:
    me = require_signed_in(request)
    if not me.schools_where("open_case"):
        raise HTTPException(403, "A child is entered by the SENCO, the headteacher or the trust SEND lead.")
    return me


def _child(form: Mapping[str, str]) -> NewChild:
    year, words = form.get("year_group", "").strip(), {name: form.get(name, "").strip() for name in form}
    return NewChild(
        int(form["school"]), int(form["authority"]), words["given_name"], words["family_name"], date.fromisoformat(date_text(form, "born_on")),
        int(year) if year else None, words.get("parent_given_name", ""), words.get("parent_family_name", ""), words.get("parent_email", ""),
        form["process"] != WITHOUT_PLAN,
    )  # fmt: skip


def _errors(form: Mapping[str, str], schools: set[str], known: set[str], today: date) -> dict[str, str]:
    checks = {
        "process": (form.get("process") in PROCESSES, "Choose what it is"),
        "school": (form.get("school") in schools, "Choose the school"),
        "authority": (form.get("authority") in known, "Choose the local authority"),
        "given_name": (0 < len(form.get("given_name", "").strip()) <= LONGEST, "First name: write it"),
        "family_name": (0 < len(form.get("family_name", "").strip()) <= LONGEST, "Surname: write it"),
        "born_on-day": (_is_past(date_text(form, "born_on"), today), "Date of birth: write a real date with day, month and year"),
        "year_group": (_is_year(form.get("year_group", "").strip()), "Year group: write a number from 0 to 14, or leave it empty"),
        "parent_email": (_is_address(form.get("parent_email", "").strip()), "Parent's e-mail: write an address, or leave it empty"),
    }
    return {name: words for name, (holds, words) in checks.items() if not holds}


def _is_past(text: str, today: date) -> bool:
    try:
        return date(1995, 1, 1) <= date.fromisoformat(text) <= today
    except ValueError:
        return False


def _is_year(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and int(text[:3]) <= 14)


def _is_address(text: str) -> bool:
    return not text or (ADDRESS.fullmatch(text) is not None and len(text) <= LONGEST)


def _form(request: Request, me: SignedIn, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    console = console_of(request)
    with console.engines.scheduler() as session:
        las = authorities(session)
    processes = [(name, console.library.definitions[name][-1].title) for name in PROCESSES if name in console.library.definitions]
    schools = [(school, me.schools[school]) for school in me.schools_where("open_case")]
    return page(request, "new_child.html", 422 if errors else 200, processes=processes, schools=schools, authorities=las, typed=typed, errors=errors)
