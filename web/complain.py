"""A formal complaint to the local authority about a step that it owes and is late with: its draft, and the approval that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup

from db.acts.errors import KeyReused, LedgerError
from db.complaints_to_la import complained_on
from db.permissions import in_words, roles_for
from db.queries.case_page import CasePage
from notifications.complaint_draft import draft_with_cause
from rules.history import Refused
from rules.position_types import Instance
from rules.refusals import step_title
from web.console import console_of, page
from web.decide import find_step, recorded
from web.posted import posted_form
from web.signed_in import check_form, require_signed_in

DRAFTS = UUID("5b0c3f0e-7f5d-5f5c-9c59-2f2e6c1b7a44")  # the namespace of the drafts' keys
MEANWHILE = "A formal complaint about this step has been approved meanwhile, and its letter leaves. Send another only if there is a reason to."
router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@router.get("/cases/{ref}/complain/{step}")
def draft(request: Request, ref: str, step: str, party: str = "") -> Response:
    """The letter as it would leave now, and to whom; 403 for whoever may not approve it, 422 where there is no cause."""
    found, instance = _allowed(request, ref, step, party)
    return _page(request, found, instance)


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
    except KeyReused:
        return _page(request, found, instance, MEANWHILE)
    except (Refused, LedgerError) as fault:
        return _page(request, found, instance, fault.message)
    return recorded(request, me, ref, receipt, "Complaint approved")


def _allowed(request: Request, ref: str, step: str, party: str) -> tuple[CasePage, Instance]:
    found, instance = find_step(request, ref, step, party)
    if not require_signed_in(request).may_complain_at(found.head.school_id):
        raise HTTPException(403, f"A formal complaint is approved by {in_words(found.definition, roles_for('complain_to_la'))}.")
    return found, instance


def _page(request: Request, found: CasePage, instance: Instance, fault: str = "") -> Response:
    me, console = require_signed_in(request), console_of(request)
    today, ref = console.clock.today(), found.head.ref
    letter, before, why_not = None, None, fault
    try:
        with console.engines.scheduler() as session:
            letter = draft_with_cause(session, found, instance, by=me.person_id, today=today)
            before = complained_on(session, ref, instance.step, instance.party)
    except Refused as refused:
        why_not = why_not or refused.message
    # Whoever has the same draft open has the same key: approved by two of them, one letter leaves.
    key = uuid5(DRAFTS, f"{ref}/{instance.step}/{instance.party}/{instance.round}/{before}")
    title = step_title(found.definition, instance.step, instance.party)
    return page(
        request, "complain.html", 422 if why_not else 200, case=found, title_of=title, key=str(key),
        draft=letter, body=Markup(letter.html) if letter else "",  # noqa: S704  our own letter, escaped when it was written
        before=before, errors={"": why_not} if why_not else {},
    )  # fmt: skip
