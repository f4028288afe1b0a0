"""Two processes at one case at one instant: one event, one winner, one case (`faults.md` K1, K2, K4 to K7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import CALENDAR, Actor, Opening
from db.links import Links
from db.models import SchoolTerm
from db.queries.people import people_for
from tests.db.ledger_story import FACTS, TODAY, Village, day, village
from tests.faults.conftest import Tally
from tests.faults.tally import rounds
from tests.faults.two_processes import Answer, Call, Processes, processes

FEW, MANY = 25, 500
STEP = "agree_meeting_date"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture(scope="module")
def two(ash: Village) -> Iterator[Processes]:
    with processes(ash.engines.url, TODAY) as started:
        yield started


def decision(ash: Village, case: str, step: str, on: str, **more: Any) -> Call:
    """The SENCO records a step."""
    known: dict[str, Any] = {name: more.pop(name) for name in ("party", "round", "key", "actor", "outcome") if name in more}
    actor = known.pop("actor", ash.senco)
    return Call("decide", (actor,), {"key": uuid4(), "case": case, "step": step, "facts": more, "on": day(on), **known})


def decided(ash: Village, case: str) -> int:
    return int(ash.rows("SELECT count(*) FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s AND e.kind = 'decide'", case)[0][0])


def receipts(answers: list[Answer]) -> list[Any]:
    return [one.value for one in answers if not one.error]


def test_k1_a_double_click_is_one_event_and_another_body_is_refused(ash: Village, two: Processes, tally: Tally) -> None:
    turns = rounds(FEW, MANY)
    for _ in range(turns):
        case, key = ash.open().case, uuid4()
        same = decision(ash, case, STEP, "2026-09-20", key=key, meeting_on=day("2026-11-05"))
        first, second = two.at_once(same, same)
        assert sorted(one.repeated for one in receipts([first, second])) == [False, True], (first, second)
        assert first.value.recorded_at == second.value.recorded_at and first.value.seq == second.value.seq
        other = decision(ash, case, STEP, "2026-09-20", key=key, meeting_on=day("2026-11-06"))
        assert [one.error for one in two.at_once(other, same)] == ["KeyReused", ""]
        assert decided(ash, case) == 1
    assert ash.ledger.verify() == []
    tally("K1", acts=4 * turns, note="two processes, one key; another body refused")


def test_k2_two_decide_and_the_other_is_told_who_and_when(ash: Village, two: Processes, tally: Tally) -> None:
    turns = rounds(FEW, MANY)
    for _ in range(turns):
        case = ash.open().case
        answers = two.at_once(*[decision(ash, case, STEP, "2026-09-20", meeting_on=day(on)) for on in ("2026-11-05", "2026-11-06")])
        (won,) = receipts(answers)
        (lost,) = [one for one in answers if one.error]
        assert lost.error == "AlreadyDecided" and "Senco Ash on" in lost.words and f"{won.recorded_at.year} at" in lost.words, lost
        assert decided(ash, case) == 1
    assert ash.ledger.verify() == []
    tally("K2", acts=2 * turns, note="two processes")


def test_k4_a_correction_an_import_and_a_decision_at_once_are_all_ordered(ash: Village, tally: Tally) -> None:
    turns = rounds(FEW, MANY)
    with processes(ash.engines.url, TODAY, 3) as three:
        for turn in range(turns):
            if turn % 5 == 0:
                place = village(ash.engines, f"91{100 + turn // 5:04}")
            case = place.meeting_agreed()
            _import_term(place, turn)
            correct = Call(
                "correct",
                (place.senco,),
                {"key": uuid4(), "case": case, "fact": "meeting_on", "value": day("2026-11-12"), "because": "x", "on": day("2026-10-01")},
            )
            answers = three.at_once(correct, Call("recount_dates"), decision(place, case, "gather_advice", "2026-10-01", party="parent"))
            assert [one.error for one in answers] == ["", "", ""], answers
            assert {answers[0].value.seq, answers[2].value.seq} == {3, 4}
            place.ledger.recount_dates()
            assert place.ledger.verify(case) == [], "the dates follow from the history and the terms, whatever came first"
            assert place.ledger.position(case)[1].facts["meeting_on"] == day("2026-11-12")
    tally("K4", acts=3 * turns, note="three processes: correction, new term dates, decision")


def _import_term(ash: Village, turn: int) -> None:
    with ash.engines.importer([ash.school_id]) as session:
        first_on = date(2027 + turn, 1, 5)
        session.add(SchoolTerm(school_id=ash.school_id, name=f"Spring {turn}", first_on=first_on, last_on=first_on.replace(month=3)))


def test_k5_one_link_posted_twice_decides_once(ash: Village, two: Processes, tally: Tally) -> None:
    turns, links = rounds(FEW, MANY), Links(["k" * 40])
    for _ in range(turns):
        case = ash.meeting_agreed()
        with ash.engines.scheduler() as session:
            mother = people_for(session, case, "parent", TODAY)[0].person_id
            token = links.make(
                session, case=case, step="gather_advice", party="parent", round=1, role="parent", person_id=mother, expires_on=day("2026-12-24")
            )
        link = links.read(ash.engines, token, TODAY)
        actor = Actor(link.person_id, frozenset({link.school_id}), "link", link=link.id, role=link.role)
        answers = two.at_once(*[decision(ash, case, "gather_advice", "2026-10-01", party="parent", actor=actor) for _ in "ab"])
        assert len(receipts(answers)) == 1 and {one.error for one in answers if one.error} <= {"LinkUsed", "AlreadyDecided"}, answers
        assert decided(ash, case) == 2, "the meeting's day, and one answer"
    tally("K5", acts=2 * turns, note="two processes")


def test_k6_a_review_opened_by_the_sweep_and_by_hand_is_one_case(ash: Village, two: Processes, tally: Tally) -> None:
    turns = rounds(FEW, MANY)
    for _ in range(turns):
        pupil = ash.pupil()
        by_sweep = Call("open_cases", (CALENDAR, [Opening(uuid4(), "annual_review", pupil, FACTS, day("2026-09-10"))]))
        by_hand = Call(
            "open_case", (ash.senco,), {"key": uuid4(), "process": "annual_review", "pupil_id": pupil, "facts": FACTS, "on": day("2026-09-10")}
        )
        swept, opened = two.at_once(by_sweep, by_hand)
        assert not swept.error and not opened.error, (swept, opened)
        assert swept.value[0].case == opened.value.case and sorted([swept.value[0].repeated, opened.value.repeated]) == [False, True]
        assert len(ash.rows("SELECT 1 FROM cases WHERE pupil_id = %s", pupil)) == 1
    tally("K6", acts=2 * turns, note="two processes; the same case shown to both")


def test_k7_two_sweeps_chase_each_rung_once(ash: Village, two: Processes, tally: Tally) -> None:
    turns, chased = rounds(FEW, MANY), 0
    query = "SELECT COALESCE(sum(rung), 0) AS rungs FROM steps"
    for turn in range(turns):
        ash.open()
        today = date(2026, 9, 20 + turn % 10).replace(year=2026 + turn // 10)
        before, owed = ash.rows(query)[0].rungs, _rungs_owed(ash)
        answers = two.at_once(*[Call("sweep_all", (today,))] * 2)
        assert [one.error for one in answers] == ["", ""], answers
        fired = ash.rows(query)[0].rungs - before
        assert _rungs_owed(ash) - owed == fired, "a rung that fired is owed once"
        assert sum(one.value for one in two.at_once(*[Call("sweep_all", (today,))] * 2)) == 0
        chased += fired
    assert chased > 0
    tally("K7", acts=4 * turns, doubled=0, note=f"two processes sweep; {chased} rungs fired")


def _rungs_owed(ash: Village) -> int:
    """How many rungs stand in the outbox."""
    query = (
        "SELECT COALESCE(sum((m->'rungs'->>'last')::int - (m->'rungs'->>'first')::int + 1), 0) AS rungs "
        "FROM (SELECT messages::jsonb AS m FROM outbox) AS o WHERE m ? 'rungs'"
    )
    return int(ash.rows(query)[0].rungs)
