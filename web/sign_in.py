"""Signing in to the demo by choosing a person. Refused everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from db.permissions import role_title
from db.queries.people import StaffChoice, staff_choices
from web.console import console_of, page
from web.posted import posted_form
from web.signed_in import check_form, end_session, load_staff, require_signed_in, start_session

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to be in the demo."""

    person_id: int
    name: str
    words: str


@router.get("/sign-in")
def choose(request: Request) -> Response:
    """Who can be chosen, by school; the trust's own people first."""
    console = console_of(request)
    if not console.settings.demo:
        return page(request, "sign_in.html", 403)
    with console.engines.scheduler() as session:
        found = staff_choices(session, console.clock.today())
    return page(request, "sign_in.html", choices=_by_school(found))


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Be that person, in the demo only."""
    console = console_of(request)
    chosen = form.get("person", "")
    person = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0
    if not console.settings.demo or load_staff(console, person, console.clock.today()) is None:
        raise HTTPException(403, "Signing in by choosing a person belongs to the demo alone.")
    answer = RedirectResponse("/", 303)
    start_session(console, answer, person)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, form: Form) -> Response:
    """End the session."""
    require_signed_in(request)
    check_form(request, form.get("csrf"))
    answer = RedirectResponse("/sign-in", 303)
    end_session(answer)
    return answer


def _by_school(found: list[StaffChoice]) -> list[tuple[str, list[Choice]]]:
    groups: dict[str, list[Choice]] = {"The trust": []}
    order = ["senco", "headteacher", "teacher"]
    for one in found:
        schools = {school for _, school, _ in one.roles}
        roles = sorted({role for _, _, role in one.roles}, key=lambda r: order.index(r) if r in order else 9)
        group = next(iter(schools)) if len(schools) == 1 else "The trust"
        groups.setdefault(group, []).append(Choice(one.person_id, one.name, ", ".join(role_title(r) for r in roles)))
    place = {"SENCO": 0, "headteacher": 1}
    return [
        (name, sorted(people, key=lambda c: (place.get(c.words, 2), c.name)))
        for name, people in sorted(groups.items(), key=lambda g: (g[0] != "The trust", g[0]))
        if people
    ]
