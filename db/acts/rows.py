"""The rows of `steps` that an act writes: one open row for each tracked instance, with every date it is chased on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.ladders import SHIPPED, Ladders, ladder_of
from rules.calendar import SchoolCalendar
from rules.definition import Definition, Ladder
from rules.due import is_before, rung_date
from rules.due_types import DueDate, Why
from rules.lead_times import lead_day
from rules.owed import holder_of_rights, owner_of
from rules.perhaps import perhaps_never
from rules.position_types import Instance, Position
from rules.values import Facts

# The status of a row: `open`; `certain`, it waits and will be owed; `perhaps`, it waits and may never be (`rules/perhaps.py`); `answered`, it waits
# for its turn and is recorded already; `waiting`, written by a program that did not ask, until it is counted anew.
CERTAIN, PERHAPS, ANSWERED, NOT_ASKED = "certain", "perhaps", "answered", "waiting"
NOT_CHASED = frozenset({PERHAPS, ANSWERED})  # nor late
KEPT = 4096  # texts and ladders that a process remembers, each with what it was made from
_WHYS: dict[int, tuple[Why, str]] = {}
_DAYS: dict[tuple[int, date, str, date | None, str, date | None], tuple[object, list[str] | None]] = {}


@dataclass(frozen=True, slots=True)
class RowChanges:
    """`closed`: instances whose row ends; `written`: instances whose row is new or says something else. As JSON for `write_steps`."""

    closed: list[dict[str, Any]]
    written: list[dict[str, Any]]


def row_changes(definition: Definition, before: Position | None, after: Position, calendar: SchoolCalendar, ladders: Ladders = SHIPPED) -> RowChanges:
    """What must be written so that the open rows are those of `after.tracked()`.

    `before` is the position whose rows are stored, None where nothing can be assumed of them (an opening, or rows that were counted with
    another calendar): then every tracked row is written and every other one closed. So too when the rights pass to the young person. A row that
    waits is also written when it became certain, or uncertain, that its step is ever owed.
    """
    if before is not None and holder_of_rights(dict(before.facts)) != holder_of_rights(dict(after.facts)):
        before = None
    was = {} if before is None else {instance.no: instance for instance in before.tracked()}
    now = {instance.no: instance for instance in after.tracked()}
    gone = [one for one in after.instances if one.no not in now and (before is None or one.no in was)]
    perhaps = perhaps_never(definition, after)
    turned = perhaps ^ (frozenset() if before is None else perhaps_never(definition, before))
    written = [one for one in now.values() if was.get(one.no) != one or one.no in turned]
    rows = [step_row(definition, one, row_status(one, perhaps), calendar, after.facts, ladders) for one in written]
    return RowChanges([_closing(one, after) for one in gone], rows)


def row_status(instance: Instance, perhaps: Collection[int]) -> str:
    """The status of a tracked instance's row. `perhaps`: what `rules.perhaps.perhaps_never` says of its position."""
    if instance.status == "open":
        return "open"
    return ANSWERED if instance.early else PERHAPS if instance.no in perhaps else CERTAIN


def step_row(
    definition: Definition, instance: Instance, status: str, calendar: SchoolCalendar, facts: Facts, ladders: Ladders = SHIPPED
) -> dict[str, Any]:  # fmt: skip
    """The row of a tracked instance, as JSON. `why` explains the date of law, or the trust's own target where there is none. `ladders`: own ones
    that stand for shipped ones in this case."""
    due = instance.due or instance.target
    ladder, own = ladder_of(definition, instance.step, ladders)
    by = ladders.lead_times.get((definition.process, instance.step)) if ladders.lead_times else None
    lead_on = lead_day(by, facts, calendar, due.on, instance.opened_on) if by is not None and due is not None else None
    return {
        "no": instance.no,
        "round": instance.round,
        "step": instance.step,
        "party": instance.party,
        "owner": owner_of(definition, instance.step, instance.party, facts),
        "status": status,
        "due_on": _iso(instance.due.on) if instance.due else None,
        "safe_on": _iso(instance.due.safe_on) if instance.due else None,
        "target_on": _iso(instance.target.on) if instance.target else None,
        "wakes_on": _iso(instance.wakes_on),
        "lifted": instance.lifted,
        "lifted_review_on": _iso(instance.lifted_review_on),
        "why": _said(due.why) if due else "",
        "chase_on": None if status in NOT_CHASED else _chased(ladder, instance, due, calendar, lead_on),
        "ladder_id": own,
        "lead_on": _iso(lead_on),
    }


def _said(why: Why) -> str:
    """The explanation as text, made once for cases that stand alike: they share it."""
    found = _WHYS.get(id(why))
    if found is None or found[0] is not why:
        if len(_WHYS) >= KEPT:
            _WHYS.clear()
        found = _WHYS[id(why)] = why, why.to_text()
    return found[1]


def _chased(ladder: Ladder | None, instance: Instance, due: DueDate | None, calendar: SchoolCalendar, lead_on: date | None) -> list[str] | None:
    """`chase_days` as JSON, counted once for steps of one ladder, date and calendar."""
    if ladder is None or due is None:
        return None
    key = id(ladder), due.on, instance.lifted, instance.lifted_review_on, calendar.version, lead_on
    found = _DAYS.get(key)
    if found is None or found[0] is not ladder:
        if len(_DAYS) >= KEPT:
            _DAYS.clear()
        found = _DAYS[key] = ladder, [day.isoformat() for day in chase_days(ladder, instance, calendar, lead_on)] or None
    return found[1]


def chase_days(ladder: Ladder | None, instance: Instance, calendar: SchoolCalendar, lead_on: date | None = None) -> list[date]:
    """The day of every rung of the ladder by which a step is chased, in the ladder's order, counted from the date of law, else from the target.

    Rungs before the date count from `lead_on` where an authority asks for the step by then. A lifted date is not chased before the day on which the
    exception is looked at again.
    """
    due = instance.due or instance.target
    if ladder is None or due is None or (instance.lifted and instance.lifted_review_on is None):
        return []
    days = [rung_date(rung.when, lead_on if lead_on is not None and is_before(rung.when) else due.on, calendar) for rung in ladder.rungs]
    if instance.lifted and instance.lifted_review_on is not None:
        days = [max(day, instance.lifted_review_on) for day in days]
    return _in_order(days)


def _in_order(days: Iterable[date]) -> list[date]:
    """Working days may overtake calendar days over a bank holiday; a later rung never comes before an earlier one."""
    ordered: list[date] = []
    for day in days:
        ordered.append(max(day, ordered[-1]) if ordered else day)
    return ordered


def _closing(instance: Instance, after: Position) -> dict[str, Any]:
    status = instance.status
    closed_on = instance.closed_on or (after.ended_on if after.ended else None)
    return {"no": instance.no, "outcome": instance.outcome or ("" if status in ("open", "waiting") else status), "closed_on": _iso(closed_on)}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
