"""Who stands in for me: saying that one is away, seeing who is, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from db.absences import CannotBeAway, NewAbsence, say_away, take_back
from db.handing_over import untold_in_time
from db.permissions import role_title
from db.queries.absences import Colleague, SaidAbsence, absences_seen_by, colleagues
from db.who_says_away import may_be_said_away
from web.console import Console, console_of, page
from web.fact_fields import date_text
from web.posted import posted_form
from web.signed_in import SignedIn, check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
NOT_YOURS = (
    "For somebody else the headteacher of every school at which they work says that they are away; for somebody of the trust its SEND lead "
    "or its chief executive."
)
QUESTION = {"from_on": "from", "to_on": "to"}  # the question beside which a refusal of `db/absences.py` stands, where its name differs


@router.get("/away")
def show(request: Request) -> Response:
    """Who is away, as far as it concerns this person, and the form to say it, with today as the first day."""
    today = console_of(request).clock.today()
    first = {"from-day": str(today.day), "from-month": str(today.month), "from-year": str(today.year)}
    return _page(request, require_signed_in(request), first, {})


@router.post("/away")
def say(request: Request, form: Form) -> Response:
    """Record an absence. What cannot stand is told beside its question, and nothing is saved."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    said, errors = _read(me, form)
    if said is None:
        return _page(request, me, form, errors)
    console = console_of(request)
    try:
        with console.engines.scheduler() as session:
            if said.person_id not in may_be_said_away(session, me.person_id, me.schools_where("say_away"), console.clock.today()):
                raise HTTPException(403, NOT_YOURS)
            say_away(session, said, by=me.person_id, today=console.clock.today(), now=console.clock.now())
    except CannotBeAway as fault:
        return _page(request, me, form, {QUESTION.get(fault.field, fault.field): fault.message})
    return RedirectResponse("/away", 303)


@router.post("/away/{number}/end")
def end(request: Request, number: int, form: Form) -> Response:
    """Take an absence back: one's own, or that of somebody of whom one may say it."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    seen = {one.id: one.person_id for one in _seen(request, me)}
    with console.engines.scheduler() as session:
        mine = may_be_said_away(session, me.person_id, me.schools_where("say_away"), console.clock.today())
        if seen.get(number) not in mine:
            raise HTTPException(404)
        take_back(session, number, by=me.person_id, today=console.clock.today(), now=console.clock.now())
    return RedirectResponse("/away", 303)


def _read(me: SignedIn, form: Mapping[str, str]) -> tuple[NewAbsence | None, dict[str, str]]:
    """The absence that was typed, or what is missing or wrong by question."""
    errors: dict[str, str] = {}
    first_on, last_on = (_day(form, name, errors) for name in ("from", "to"))
    if first_on is None and "from" not in errors:
        errors["from"] = "The first day: give a date, as 4 3 2027"
    person, deputy = (_number(form.get(name, "")) for name in ("person", "deputy"))
    if deputy is None:
        errors["deputy"] = "Choose who stands in"
    if errors or deputy is None or first_on is None:
        return None, errors
    return NewAbsence(person or me.person_id, deputy, first_on, last_on), {}


def _day(form: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    text = date_text(form, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = f"{text} is not a date. Write it as 4 3 2027"
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _seen(request: Request, me: SignedIn) -> list[SaidAbsence]:
    console = console_of(request)
    with console.engines.scheduler() as session:
        return absences_seen_by(session, me.person_id, me.schools_where("say_away"), console.clock.today())


def _page(request: Request, me: SignedIn, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    console = console_of(request)
    today, leads, near = console.clock.today(), me.schools_where("say_away"), set(me.schools.values())
    with console.engines.scheduler() as session:
        staff = [one for one in colleagues(session, today) if one.here and one.person_id != me.person_id]
        mine = may_be_said_away(session, me.person_id, leads, today)
        theirs = [one for one in colleagues(session, today, leads) if one.person_id in mine - {me.person_id}] if leads else []
        seen = absences_seen_by(session, me.person_id, leads, today)
        absences = [
            (one, one.person_id in mine, _by_hand(session, console, one) if one.person_id in mine and one.deputy_id != me.person_id else "")
            for one in seen
        ]
    return page(
        request,
        "away.html",
        422 if errors else 200,
        absences=absences,
        deputies=[(str(one.person_id), _words(one)) for one in sorted(staff, key=lambda one: not near & set(one.schools))],
        people=[(str(one.person_id), _words(one) + ("" if one.here else ", has left")) for one in theirs],
        typed=typed,
        errors=dict(errors),
    )


def _by_hand(session: Session, console: Console, one: SaidAbsence) -> str:
    """What whoever may have said it must do now; a deputy who reads this page knows."""
    return untold_in_time(session, one, console.clock.now(), at_any_hour=console.settings.demo)


def _words(one: Colleague) -> str:
    at = one.schools[0] if len(one.schools) == 1 else f"{len(one.schools)} schools"
    return f"{one.name} ({', '.join(role_title(role) for role in one.roles)}, {at})"
