"""A formal complaint to the local authority about a step that it owes and is late with: its draft, and the approval that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup

from db.acts.errors import LedgerError
from db.complaints_to_la import complained_on
from db.permissions import in_words, role_in_which, roles_for
from db.queries.case_page import CasePage
from notifications.complaint_draft import draft_of_complaint
from rules.complaining import COMPLAIN, refuse_no_cause
from rules.history import Event, Refused
from rules.owed import held_by
from rules.position_types import Instance
from rules.refusals import step_title
from web.console import console_of, page
from web.decide import find_step, recorded
from web.posted import posted_form
from web.signed_in import check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@router.get("/cases/{ref}/complain/{step}")
def draft(request: Request, ref: str, step: str, party: str = "") -> Response:
    """The letter as it would leave now, and to whom; 403 for whoever may not approve it, 422 where there is no cause."""
    found, instance = _allowed(request, ref, step, party)
    return _page(request, found, instance, str(uuid4()))


@router.post("/cases/{ref}/complain/{step}")
def approve(request: Request, ref: str, step: str, form: Form, party: str = "") -> Response:
    """Approve it: the record says who did, and the letter leaves. What is refused is said above the draft, and nothing is sent."""
    found, instance = _allowed(request, ref, step, party)
    check_form(request, form.get("csrf"))
    me, console = require_signed_in(request), console_of(request)
    try:
        key = UUID(form.get("key", ""))
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open the page again from the case.") from fault
    try:
        receipt = console.ledger.complain(me.actor, key=key, case=ref, step=step, party=party, on=console.clock.today())
    except (Refused, LedgerError) as fault:
        return _page(request, found, instance, str(key), fault.message)
    return recorded(request, me, ref, receipt, "Complaint approved")


def _allowed(request: Request, ref: str, step: str, party: str) -> tuple[CasePage, Instance]:
    found, instance = find_step(request, ref, step, party)
    held = require_signed_in(request).roles.get(found.head.school_id, frozenset())
    if role_in_which(held, roles_for("complain_to_la")) is None:
        raise HTTPException(403, f"A formal complaint is approved by {in_words(found.definition, roles_for('complain_to_la'))}.")
    return found, instance


def _page(request: Request, found: CasePage, instance: Instance, key: str, fault: str = "") -> Response:
    me, console = require_signed_in(request), console_of(request)
    today, ref = console.clock.today(), found.head.ref
    letter, before, why_not = None, None, fault
    try:
        refuse_no_cause(found.definition, found.position, Event(COMPLAIN, today, me.person_id, instance.step, instance.party))
        with console.engines.scheduler() as session:
            letter = draft_of_complaint(session, ref, instance, by=me.person_id, today=today)
            before = complained_on(session, ref, instance.step, instance.party)
    except Refused as refused:
        why_not = why_not or refused.message
    return page(
        request, "complain.html", 422 if why_not else 200, case=found, title_of=step_title(found.definition, instance.step, instance.party), key=key,
        draft=letter, body=Markup(letter.html) if letter else "",  # noqa: S704  our own letter, escaped when it was written
        before=before, family=held_by(found.definition, "parent", found.position.facts), errors={"": why_not} if why_not else {},
    )  # fmt: skip
