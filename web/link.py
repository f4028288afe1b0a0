"""A signed link: somebody without an account gives views or records what their body did. GET shows and records nothing; POST decides once.

A link opens nothing about a child by itself: no name, no need, no other fact of the case stands on the page (faults.md A5, A6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from db.acts.actor import Actor
from db.acts.errors import AlreadyDecided, LedgerError, LinkUsed
from db.engine import EVERY_READER
from db.links import Link, LinkRefused, Links
from db.queries.case_page import CasePage, case_page
from rules.history import Refused
from web.console import console_of, page
from web.posted import posted_form
from web.step_form import make_form, read_form

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
FAMILY = ("parent", "pupil", "young_person")


@router.get("/l/{token}")
def show(request: Request, token: str) -> Response:
    """What the link asks for, as a form. Mail scanners may open it as often as they like."""
    link, found = _open(request, token)
    return _form(request, link, found)


@router.post("/l/{token}")
def answer(request: Request, token: str, form: Form) -> Response:
    """Record the answer and use the link up, in one transaction."""
    console = console_of(request)
    link, found = _open(request, token)
    try:
        given = read_form(found.definition, found.definition.steps[link.step], form, console.clock.today())
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open the link again from the message.") from fault
    errors = dict(given.errors)
    if given.outcome == "done" and form.get("confirm") != "yes":
        errors["confirm"] = "Tick the box if it has been done"
    if errors:
        return _form(request, link, found, form, errors)
    actor = Actor(link.person_id, frozenset({link.school_id}), "link", link.id, link.role)
    try:
        receipt = console.ledger.decide(
            actor, key=given.key, case=link.case, step=link.step, party=link.party, round=link.round, outcome=given.outcome,
            facts=given.facts, private=given.private, on=given.on,
        )  # fmt: skip
    except AlreadyDecided as fault:
        raise LinkRefused("moved_on") from fault
    except LinkUsed as fault:
        _open(request, token)  # says which of them: used, withdrawn, or with somebody else since the page was opened
        raise LinkRefused("used") from fault
    except (Refused, LedgerError) as fault:
        return _form(request, link, found, form, {"": fault.message})
    after = _case(request, link)
    return page(request, "link_done.html", case=after, receipt=receipt, title="Thank you")


def _open(request: Request, token: str) -> tuple[Link, CasePage]:
    console = console_of(request)
    link = Links(console.signing_keys).read(console.engines, token, console.clock.today())
    found = _case(request, link)
    if link.step not in found.definition.steps:  # the case has moved to another text since, and nobody owes this any more
        raise LinkRefused("moved_on")
    return link, found


def _case(request: Request, link: Link) -> CasePage:
    console = console_of(request)
    with console.engines.app({link.school_id: (EVERY_READER,)}) as session:
        found = case_page(session, link.case, console.clock.today())
    if found is None:
        raise LinkRefused("gone")
    return found


def _form(request: Request, link: Link, found: CasePage, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None) -> Response:
    instance = found.position.instance(link.step, link.party)
    form = make_form(link.case, found.definition, instance, console_of(request).clock.today(), typed, errors)
    row = next((s for s in (*found.now, *found.later) if s.step == link.step and s.party == link.party), None)
    return page(
        request,
        "link.html",
        422 if errors else 200,
        form=form,
        row=row,
        school=found.head.school,
        process_title=found.head.title,
        family=link.role in FAMILY,
        expires_on=link.expires_on,
        errors=form.summary if errors else None,
    )
