"""Deciding a step: the form, the act, and at once what is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from db.acts.errors import AlreadyDecided, LedgerError
from db.acts.receipt import Receipt
from db.calendar_of_school import calendar_of
from db.permissions import in_words, role_in_which, roles_for_step
from db.queries.case_page import CasePage, case_page
from rules.history import Refused
from rules.position_types import Instance
from rules.refusals import step_title
from web.actions import step_address
from web.bounds import bounds_in_words
from web.console import console_of, page, sentence
from web.posted import posted_form
from web.readable_case import readable_case
from web.signed_in import SignedIn, check_form, require_signed_in
from web.step_form import Answer, StepForm, make_form, read_form

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@router.get("/cases/{ref}/decide/{step}")
def ask(request: Request, ref: str, step: str, party: str = "") -> Response:
    """The form of a step. Somebody who may not decide it is told who may."""
    me = require_signed_in(request)
    found, instance = find_step(request, ref, step, party)
    refused = _not_mine(request, me, found, instance)
    if refused is not None:
        return refused
    return page(request, "decide.html", form=_made(request, found, instance), case=found)


@router.post("/cases/{ref}/decide/{step}")
def decide(request: Request, ref: str, step: str, form: Form, party: str = "") -> Response:
    """Record the decision. The answer is the receipt with what is next; sent twice it is recorded once."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    found, instance = find_step(request, ref, step, party)
    try:
        answer = read_form(found.definition, found.definition.steps[step], form, console.clock.today())
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open the step again from the case.") from fault
    if answer.errors:
        return _again(request, found, instance, form, answer.errors)
    try:
        receipt = console.ledger.decide(
            me.actor, key=answer.key, case=ref, step=step, party=party, round=answer.round, outcome=answer.outcome,
            facts=answer.facts, private=answer.private, on=answer.on,
        )  # fmt: skip
    except AlreadyDecided as fault:
        return decided_already(request, ref, fault.message, form)
    except (Refused, LedgerError) as fault:
        return _again(request, found, instance, form, _in_words(request, found, instance, answer, fault))
    return recorded(request, me, ref, receipt)


def recorded(request: Request, me: SignedIn, ref: str, receipt: Receipt, words: str = "Recorded") -> Response:
    """The receipt, and in the same answer where the case stands now and what is next."""
    console = console_of(request)
    with console.engines.app(me.roles) as session:
        found = case_page(session, ref, console.clock.today())
    assert found is not None
    return page(request, "recorded.html", case=found, receipt=receipt, words=words, step_address=step_address)


def decided_already(request: Request, ref: str, message: str, form: Mapping[str, str]) -> Response:
    """Somebody was first: who and when, and what this person had written is not lost."""
    typed = [("Comment", form["comment"])] if form.get("comment", "").strip() else []
    onward = (f"/cases/{ref}", "See the case")
    return page(request, "said.html", 409, title="This step has been decided already", words=message, typed=typed, onward=onward)


def find_step(request: Request, ref: str, step: str, party: str) -> tuple[CasePage, Instance]:
    """The case's page and that step of it in its current round. Raises HTTPException 404, also for another school's case."""
    found = readable_case(request, ref)
    if step not in found.definition.steps:
        raise HTTPException(404)
    try:
        return found, found.position.instance(step, party)
    except KeyError:
        raise HTTPException(404) from None


def _not_mine(request: Request, me: SignedIn, found: CasePage, instance: Instance) -> Response | None:
    allowed = roles_for_step(found.definition, instance.step, instance.party, found.position.facts)
    onward = (f"/cases/{found.head.ref}", "See the case")
    if role_in_which(me.roles.get(found.head.school_id, ()), allowed) is None:
        words = f"This step can be recorded by {in_words(found.definition, allowed)}."
        return page(request, "said.html", 403, title="This step is not yours", words=words, onward=onward)
    early = instance.status == "waiting" and found.definition.steps[instance.step].may_come_early is not False
    if instance.status != "open" and not early:
        words = "It is done already." if instance.status == "done" else "It is not its turn."
        return page(request, "said.html", 409, title="This step is not open", words=words, onward=onward)
    return _own_work(request, me, found, instance)


def _own_work(request: Request, me: SignedIn, found: CasePage, instance: Instance) -> Response | None:
    """Four eyes: whoever did the work does not approve it, and is told so before they begin."""
    work = found.definition.steps[instance.step].not_by
    if not work or found.position.instance(work).done_by != me.person_id:
        return None
    words = f"You did “{step_title(found.definition, work)}” yourself. Somebody else must look at it: another headteacher, or whoever stands in."
    onward = (f"/cases/{found.head.ref}", "See the case")
    return page(request, "said.html", 403, title="Your own work is approved by somebody else", words=words, onward=onward)


def _made(
    request: Request, found: CasePage, instance: Instance, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> StepForm:
    today = console_of(request).clock.today()
    return make_form(found.head.ref, found.definition, instance, today, typed, errors, _bounds(request, found, instance, today))


def _bounds(request: Request, found: CasePage, instance: Instance, on: date) -> dict[str, str]:
    with console_of(request).engines.app([found.head.school_id]) as session:
        calendar = calendar_of(session, found.head.school_id)
    return bounds_in_words(found.definition, found.position, calendar, instance.step, instance.party, on)


def _in_words(request: Request, found: CasePage, instance: Instance, answer: Answer, fault: Refused | LedgerError) -> dict[str, str]:
    """A refusal beside its question. A planned day outside its bounds is told with the bounds, in the words that stand beside the question."""
    if isinstance(fault, Refused) and fault.code == "bad_fact":
        for name, bounds in _bounds(request, found, instance, answer.on).items():
            if fault.message.startswith(f"{name} ") and "does not fit" in fault.message:
                return {name: f"{sentence(found.definition.facts[name].title or name)} does not fit. {bounds}"}
    return {"": fault.message}


def _again(request: Request, found: CasePage, instance: Instance, form: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    shown = _made(request, found, instance, form, errors)
    return page(request, "decide.html", 422, form=shown, case=found, errors=shown.summary)
