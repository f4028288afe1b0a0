"""Two acts that are lawful alone and not together: one is refused, on random histories of the shipped definitions (`faults.md` D5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.engine import Engines
from db.ledger import Act, Ledger
from rules.loader import load_library
from rules.values import Facts
from tests.db.ledger_story import Village, day, village
from tests.faults.conftest import Tally
from tests.faults.random_histories import Doing, RandomCase, place
from tests.faults.tally import rounds
from tests.faults.two_processes import Answer, Call, Processes, processes

BEGINS, TODAY = day("2026-01-12"), day("2026-01-12") + timedelta(days=900)
LONGEST, AT_ONCE = 14, 50
REVIEW: Facts = {"review_due_on": day("2026-06-01"), "reason": "yearly", "year_group": 9, "looked_after": True, "rights_held_by": "parent"}
OPENED: tuple[tuple[str, Facts], ...] = (
    ("annual_review", REVIEW),
    ("ehc_needs_assessment", {"asked_by": "school", "year_group": 5, "rights_held_by": "parent"}),
    ("ehc_needs_assessment", {"asked_by": "parent", "year_group": 9, "rights_held_by": "parent"}),
)
IN_ORDER = "SELECT e.act_key FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s ORDER BY e.seq"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library())
    made.clock.today_is = TODAY
    return made


@pytest.fixture(scope="module")
def two(ash: Village) -> Iterator[Processes]:
    with processes(ash.engines.url, TODAY, example=False) as started:
        yield started


def drawn(ash: Village, chance: Random) -> tuple[str, RandomCase, list[tuple[UUID, Doing]], tuple[Doing, Doing]]:
    """A case with a random history (not yet written), and two acts that are lawful on it alone and not together."""
    while True:
        process, facts = chance.choice(OPENED)
        key = uuid4()
        case = ash.ledger.open_case(ash.senco, key=key, process=process, pupil_id=ash.pupil(), facts=facts, on=BEGINS).case
        definition, position, _ = ash.ledger.position(case)
        calendar = ash.ledger.parts.calendars.of(ash.school_id, ash.rows("SELECT calendar_stamp(%s)", ash.school_id)[0][0])
        walk = RandomCase(ash, definition, calendar, position, BEGINS, chance)
        steps = [walk.goes_on() for _ in range(chance.randrange(LONGEST))]
        pair = walk.pair()
        if pair is not None:
            return case, walk, [(uuid4(), one) for one in steps if one is not None], pair


def write(ash: Village, histories: list[tuple[str, list[tuple[UUID, Doing]]]]) -> None:
    """Write the histories, the first event of all, then the second of all."""
    for turn in range(LONGEST):
        for actor in (ash.senco, ash.head, ash.software):
            now = [(case, *history[turn]) for case, history in histories if turn < len(history)]
            ash.ledger.apply_many(actor, [Act(key, case, doing.event) for case, key, doing in now if doing.actor == actor])


def call(case: str, key: UUID, doing: Doing) -> Call:
    """The event as the public act of the ledger that it is."""
    event, named = doing.event, {"key": key, "case": case, "on": doing.event.on}
    if event.kind == "interrupt":
        return Call("interrupt", (doing.actor,), {**named, "name": event.name, "because": "synthetic"})
    if event.kind == "correct" and event.step:
        about = {"step": event.step, "party": event.party, "outcome": event.outcome, "facts": event.facts, "because": "synthetic"}
        return Call("correct_outcome", (doing.actor,), {**named, **about})
    if event.kind == "correct":
        ((fact, value),) = event.facts.items()
        return Call("correct", (doing.actor,), {**named, "fact": fact, "value": value, "because": "synthetic"})
    return Call("decide", (doing.actor,), {**named, "step": event.step, "party": event.party, "outcome": event.outcome, "facts": event.facts})


def test_d5_two_acts_lawful_alone_and_not_together_one_is_refused(ash: Village, two: Processes, tally: Tally) -> None:
    """In full: the record is exactly what one of the two would have left if it had come alone, and folds to the stored position."""
    turns, chance, refusals, apart, events = rounds(40, 5_000), Random(5), Counter[str](), 0, 0
    for start in range(0, turns, AT_ONCE):
        found = [drawn(ash, chance) for _ in range(min(AT_ONCE, turns - start))]
        write(ash, [(case, history) for case, _, history, _ in found])
        for case, walk, history, pair in found:
            keys = [uuid4(), uuid4()]
            answers = two.at_once(*[call(case, key, doing) for key, doing in zip(keys, pair, strict=True)])
            (stands,) = [key for key, one in zip(keys, answers, strict=True) if not one.error]
            (refused,) = [one for one in answers if one.error]
            assert refused.code or refused.error == "NotAllowed", refused
            kept = [row.act_key for row in ash.rows(IN_ORDER, case)]
            assert kept[1:] == [*(key for key, _ in history), stands], (answers, pair)
            winner = walk.after(walk.position, pair[keys.index(stands)])
            assert ash.ledger.verify(case) == [] and ash.ledger.position(case)[1] == winner
            refusals[refused.code or refused.error] += 1
            apart, events = apart + (place(pair[0]) != place(pair[1])), events + len(kept)
    assert apart > turns / 4
    words = ", ".join(f"{code} {count}" for code, count in refusals.most_common(5))
    tally("D5", acts=2 * turns, kills=turns, note=f"{turns:,} random histories, {events:,} events; {apart} pairs of two steps; refused: {words}")


def test_d5_what_may_both_happen_is_ordered(ash: Village, two: Processes, tally: Tally) -> None:
    """Any two acts, lawful alone: what is let in is what one of the two orders lets in."""
    turns, chance = rounds(20, 500), Random(6)
    for _ in range(turns):
        case, walk, history, _ = drawn(ash, chance)
        write(ash, [(case, history)])
        pair = (next(walk.lawful()), next(walk.lawful()))
        keys = [uuid4(), uuid4()]
        answers: list[Answer] = two.at_once(*[call(case, key, doing) for key, doing in zip(keys, pair, strict=True)])
        by_key: dict[Any, Doing] = dict(zip(keys, pair, strict=True))
        kept = [by_key[row.act_key] for row in ash.rows(IN_ORDER, case)[1 + len(history) :]]
        assert any(all(a is b for a, b in zip(kept, order, strict=False)) and len(kept) == len(order) for order in walk.serial(*pair)), (
            answers,
            pair,
        )
        assert len(kept) == sum(not one.error for one in answers) and ash.ledger.verify(case) == []
    tally("D5", acts=2 * turns, note=f"{turns} more pairs of any kind: ordered")
