"""A case: where it stands, what is next and whose, every date with its why, what happened, what was sent."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from db.contacts import roles_to_fill
from db.permissions import role_in_which, roles_for, roles_for_event, roles_for_step
from db.queries.case_family import family_of
from db.queries.case_page import CasePage, case_page
from db.queries.date_moves import date_moves
from db.queries.documents import documents_of
from db.queries.la_profiles import la_of_case
from db.queries.messages import messages_of
from db.queries.set_aside import set_aside
from db.queries.step_rows import StepRow
from db.queries.timeline import timeline_of
from rules.complaining import LA
from rules.history import Event
from rules.values import Facts
from web.actions import step_address
from web.console import console_of, page
from web.signed_in import SignedIn, require_signed_in

router = APIRouter()


@router.get("/cases/{ref}")
def show(request: Request, ref: str) -> Response:
    """The case's page; 404 also for a case of a school that is not mine."""
    me = require_signed_in(request)
    console = console_of(request)
    with console.engines.app(me.roles) as session:
        found = case_page(session, ref, console.clock.today())
        if found is None:
            raise HTTPException(404)
        history = timeline_of(session, ref)
        files = {(one.seq, one.sha256): one for one in documents_of(session, ref)} if any(entry.files for entry in history) else {}
        moved = date_moves(session, ref)[::-1]
        family = family_of(session, ref)
        held_up = set_aside(session, ref)
        la = la_of_case(session, ref, console.clock.today())
        held = me.roles.get(found.head.school_id, frozenset())
        sent = messages_of(session, ref) if role_in_which(held, roles_for("read_messages")) else []
    return page(
        request,
        "case.html",
        case=found,
        family=family,
        history=history[::-1],
        moves_of=lambda step: [one for one in moved if one.no == step.no],
        moved_by=lambda seq: [one for one in moved[::-1] if one.seq == seq and not one.put_right],
        sent=sent,
        file_of=lambda seq, sha256: files.get((seq, sha256)),
        la=la,
        held_up=held_up[0] if held_up else None,
        step_address=step_address,
        may=lambda step: may_decide(found, step, held),
        may_complain=lambda step: me.may_complain_at(found.head.school_id) and is_late_la(step),
        may_name=bool(roles_to_fill(found.definition, found.position.facts, held)),
        may_withdraw=role_in_which(held, roles_for("make_link")) is not None,
        may_correct=lambda fact: may_correct(found, held, facts={fact: ""}),
        exceptions_for=lambda step: exceptions_for(found, step, held),
        endings=endings_for(found, me),
        correctable={(step, party) for step, party in correctable(found) if may_correct(found, held, step, party)},
        is_fixed=lambda name: (changed := found.definition.facts[name].when_changed) is not None and changed.fixed,
    )


def may_decide(found: CasePage, step: StepRow, held: frozenset[str]) -> bool:
    """Whether somebody with these roles at the school may record this step, now or early."""
    allowed = role_in_which(held, roles_for_step(found.definition, step.step, step.party, found.position.facts)) is not None
    return allowed and (step.status == "open" or found.definition.steps[step.step].may_come_early is not False)


def is_late_la(step: StepRow) -> bool:
    """Whether the authority owes this step and is late with it by law."""
    return step.owner_role == LA and step.status == "open" and step.due_on is not None and step.overdue_days > 0


def exceptions_for(found: CasePage, step: StepRow, held: frozenset[str]) -> list[tuple[str, str]]:
    """The lawful exceptions that may lift this step's date and that this person may record: name and words."""
    lawful = [e for e in found.definition.exceptions.values() if step.step in e.lifts and step.due_on is not None]
    acts = [(e, Event("except", found.head.opened_on, step=step.step, party=step.party, name=e.name)) for e in lawful]
    return [
        (e.name, e.title or e.name.replace("_", " "))
        for e, act in acts
        if role_in_which(held, roles_for_event(found.definition, act, found.position.facts))
    ]


def may_correct(found: CasePage, held: frozenset[str], step: str = "", party: str = "", facts: Facts | None = None) -> bool:
    """Whether somebody with these roles may put this outcome, or these facts, right."""
    act = Event("correct", found.head.opened_on, step=step, party=party, facts=facts or {})
    return role_in_which(held, roles_for_event(found.definition, act, found.position.facts)) is not None


def correctable(found: CasePage) -> set[tuple[str, str]]:
    """Steps (with their party) whose recorded outcome could have been another, so that it may be corrected."""
    steps = found.definition.steps
    done = [one for one in found.past if one.status == "done" and len(steps[one.step].words) > 1 and not found.head.ended]
    return {(one.step, one.party) for one in done if found.position.instance(one.step, one.party).round == one.round}


def endings_for(found: CasePage, me: SignedIn) -> list[tuple[str, str]]:
    """The interrupts with which this person may end the case from wherever it is."""
    held = me.roles.get(found.head.school_id, frozenset())
    if found.head.ended:
        return []
    acts = [(i, Event("interrupt", found.head.opened_on, name=i.name)) for i in found.definition.interrupts.values()]
    return [
        (i.name, i.title or i.name.replace("_", " "))
        for i, act in acts
        if role_in_which(held, roles_for_event(found.definition, act, found.position.facts))
    ]
