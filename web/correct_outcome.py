"""Putting a wrong outcome right: the same question again, with the reason; what followed from the wrong one is done anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from db.acts.errors import LedgerError
from db.permissions import in_words, role_in_which, roles_for_event
from db.queries.case_page import CasePage
from rules.history import Event, Refused
from rules.position_types import Instance
from web.console import console_of, page
from web.decide import find_step, recorded
from web.posted import posted_form
from web.signed_in import SignedIn, check_form, require_signed_in
from web.step_form import make_form, read_form

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@router.get("/cases/{ref}/correct-outcome/{step}")
def ask(request: Request, ref: str, step: str, party: str = "") -> Response:
    """The form on which the right outcome is chosen."""
    found, instance = _find(request, require_signed_in(request), ref, step, party)
    return _shown(request, found, instance)


@router.post("/cases/{ref}/correct-outcome/{step}")
def correct(request: Request, ref: str, step: str, form: Form, party: str = "") -> Response:
    """Record the right outcome, in a new round of the step. The comment is the reason, and must be given."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    found, instance = _find(request, me, ref, step, party)
    console = console_of(request)
    try:
        answer = read_form(found.definition, found.definition.steps[step], form, console.clock.today())
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open it again from the case.") from fault
    because = answer.private.get("comment", "")
    errors = {**answer.errors, **({} if because else {"comment": "Say why: the reason stands in the record"})}
    if errors:
        return _shown(request, found, instance, form, errors)
    try:
        receipt = console.ledger.correct_outcome(
            me.actor, key=answer.key, case=ref, step=step, party=party, outcome=answer.outcome, facts=answer.facts, because=because, on=answer.on
        )
    except (Refused, LedgerError) as fault:
        return _shown(request, found, instance, form, {"": fault.message})
    return recorded(request, me, ref, receipt, "Corrected")


def _find(request: Request, me: SignedIn, ref: str, step: str, party: str) -> tuple[CasePage, Instance]:
    found, instance = find_step(request, ref, step, party)
    allowed = roles_for_event(found.definition, Event("correct", found.head.opened_on, step=step, party=party), found.position.facts)
    if role_in_which(me.roles.get(found.head.school_id, ()), allowed) is None:
        raise HTTPException(403, f"The record is corrected by {in_words(found.definition, allowed)}.")
    if len(found.definition.steps[step].words) < 2:
        raise HTTPException(404)
    return found, instance


def _shown(
    request: Request, found: CasePage, instance: Instance, form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> Response:
    made = make_form(found.head.ref, found.definition, instance, console_of(request).clock.today(), form, errors)
    status = 422 if errors else 200
    return page(request, "correct_outcome.html", status, form=made, case=found, now=instance.outcome, errors=made.summary if errors else None)
