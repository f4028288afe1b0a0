"""Opening a case as an act of its own: by a person, by the sweep of reviews that fall due, or by an import."""

from __future__ import annotations

from contextlib import nullcontext

from db.acts.actor import Actor
from db.acts.before import receipt_of_key
from db.acts.errors import KeyReused, NotAllowed
from db.acts.following import Done, Following, leads_on
from db.acts.one_review import refuse_second_review
from db.acts.opening import Opened, Opening, prepared, write_prepared
from db.acts.parts import Parts
from db.acts.receipt import Receipt
from db.acts.retry import retried
from db.acts.standing import read_standing
from db.queries.running_reviews import REVIEW
from db.roles import APP, SCHEDULER
from rules.history import Refused


def open_case(parts: Parts, actor: Actor, opening: Opening) -> Receipt:
    """Open a case, or answer with the one that is there for this pupil or school and period (`repeated` is true then).

    Raises NotFound, NotAllowed, KeyReused, Refused by the rules, and NoDefinition where no text of the process is in force.
    """
    today = parts.clock.today()
    if opening.on > today:
        raise Refused("bad_day", f"{opening.on} has not come yet: today is {today}. A case opens on the day it is opened.")
    opened, also = retried(lambda: _in_its_own_transaction(parts, actor, opening), parts.kept.clear)
    change = opened.change
    if opened.answer == "done":
        return Receipt(opened.ref, 1, 1, opened.recorded_at, change.opened, change.closed, change.position.ended, False, also)
    if opened.answer == "already open":
        return Receipt(opened.ref, 1, 1, opened.recorded_at, (), (), "", True)
    if opened.answer == "repeated":
        return _first_receipt(parts, actor, opened)
    if opened.answer == "not allowed":
        raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
    raise KeyReused("This form was sent before for another pupil, school or process. Reload the page and send again.")


def _in_its_own_transaction(parts: Parts, actor: Actor, opening: Opening) -> tuple[Opened, tuple[str, ...]]:
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection:
        ready = prepared(parts, connection, actor, opening)
        leads = leads_on(parts, ready.definition, ready.change)
        with connection.transaction() if leads or opening.process == REVIEW else nullcontext():
            refuse_second_review(parts, connection, opening)
            opened = write_prepared(parts, connection, ready)
            following = Following(parts, connection, actor)
            if leads and opened.answer == "done":
                following.after(Done(opened.case_id, opened.ref, opening.pupil_id, ready.definition, opening.key, opening.on, 1, opened.change))
    for ref in following.touched:
        parts.kept.forget(ref)
    return opened, tuple(following.opened)


def _first_receipt(parts: Parts, actor: Actor, opened: Opened) -> Receipt:
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection:
        standing = read_standing(parts, connection, actor, opened.ref, lock=False)
    receipt = receipt_of_key(parts, actor, standing, opened.asked)
    assert receipt is not None, "the opening's event carries the opening key"
    return receipt
