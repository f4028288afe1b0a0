"""Random histories of the shipped definitions through the ledger: after every act the open rows are those of the position, and the chain holds."""

from __future__ import annotations

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.acts.rows import row_status, step_row
from db.engine import Engines
from db.ledger import Actor, Ledger, NotAllowed, Refused
from db.permissions import roles_for_step
from db.verify import as_json
from rules.definition import ADULT, Definition, Fact
from rules.loader import load_library
from rules.perhaps import perhaps_never
from rules.position_types import Instance
from rules.values import Facts, Value
from tests.db.ledger_story import Village, day, village

BEGINS = day("2026-01-12")


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """The school of the stories, on the definitions that ship."""
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library())
    made.clock.today_is = BEGINS + timedelta(days=900)
    return made


class Walk:
    """One case on its random way."""

    def __init__(self, ash: Village, process: str, facts: Facts, seed: int) -> None:
        self.ash, self.chance, self.today = ash, random.Random(seed), BEGINS
        self.case = ash.ledger.open_case(ash.senco, key=uuid4(), process=process, pupil_id=ash.pupil(), facts=facts, on=BEGINS).case
        self.definition = ash.ledger.position(self.case)[0]

    def step(self) -> bool:
        """One random act. False once the case has ended."""
        _, position, _ = self.ash.ledger.position(self.case)
        if position.ended:
            return False
        self.today += timedelta(days=self.chance.randrange(1, 9))
        waiting = [one for one in position.instances if one.status == "waiting"] or list(position.open())
        with contextlib.suppress(Refused, NotAllowed):  # out of turn: the walk goes on from where it stands, which is checked all the same
            self._act(self.chance.choice(list(position.open()) if position.open() and self.chance.random() < 0.85 else waiting))
        return True

    def _act(self, instance: Instance) -> None:
        ledger, kind = self.ash.ledger, self.chance.randrange(16)
        about = {"case": self.case, "on": self.today}
        if kind == 0 and self.definition.exceptions:
            name = self.chance.choice(list(self.definition.exceptions))
            ledger.apply_exception(
                self.ash.senco, key=uuid4(), step=instance.step, party=instance.party, exception=name, because="synthetic", review_on=None, **about
            )
        elif kind == 1:
            fact = self.chance.choice(list(self.definition.facts.values()))
            ledger.correct(self.ash.senco, key=uuid4(), fact=fact.name, value=self._value(fact), because="synthetic", **about)
        elif kind == 2:
            ledger.run_calendar(self.today)
        else:
            words = self.definition.steps[instance.step].words
            word = words[0] if self.chance.random() < 0.7 else self.chance.choice(words)
            facts = {name: self._value(self.definition.facts[name]) for name in self._recorded(instance, word)}
            ledger.decide(self._actor(instance), key=uuid4(), step=instance.step, party=instance.party, outcome=word, facts=facts, **about)

    def _recorded(self, instance: Instance, word: str) -> tuple[str, ...]:
        step = self.definition.steps[instance.step]
        return (*step.records, *(step.outcomes[word].records if word in step.outcomes else ()))

    def _actor(self, instance: Instance) -> Actor:
        roles = roles_for_step(self.definition, instance.step, instance.party)
        return self.ash.senco if "senco" in roles else self.ash.head if roles else self.ash.software

    def _value(self, fact: Fact) -> Value:
        values: dict[str, Value] = {
            "date": self.today - timedelta(days=self.chance.randrange(3)),
            "planned date": self.today + timedelta(days=self.chance.randrange(20, 70)),
            "year": self.today.year,
            "whole number": self.chance.randrange(1, 13),
            "yes or no": self.chance.random() < 0.5,
            "list": fact.words[:2],
            ADULT: 0,
        }
        return values[fact.type] if fact.type in values else self.chance.choice(fact.words)


def rows_are_the_tracked_instances(walk: Walk) -> None:
    """Every tracked instance has its row, every open row its instance, to the last column that the rules decide."""
    definition, position, _ = walk.ash.ledger.position(walk.case)
    calendar = walk.ash.ledger.parts.calendars.of(walk.ash.school_id, walk.ash.rows("SELECT calendar_stamp(%s)", walk.ash.school_id)[0][0])
    perhaps = perhaps_never(definition, position)
    wanted = {one.no: step_row(definition, one, row_status(one, perhaps), calendar, position.facts) for one in position.tracked()}
    query = "SELECT s.* FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND s.closed_seq IS NULL"
    stored = {row.no: row._mapping for row in walk.ash.rows(query, walk.case)}
    assert {no: {name: as_json(row[name]) for name in wanted.get(no, row)} for no, row in stored.items()} == wanted


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("process", "facts"),
    [
        (
            "annual_review",
            {"review_due_on": date(2026, 6, 1), "reason": "yearly", "year_group": 9, "looked_after": True, "rights_held_by": "parent"},
        ),
        ("ehc_needs_assessment", {"asked_by": "school", "year_group": 5, "rights_held_by": "parent"}),
    ],
)
def test_rows_follow_the_position_on_any_way(ash: Village, process: str, facts: Facts, seed: int) -> None:
    walk = Walk(ash, process, facts, seed)
    for _ in range(40):
        going = walk.step()
        rows_are_the_tracked_instances(walk)
        if not going:
            break
    assert ash.ledger.verify(walk.case) == []
    assert ash.ledger.position(walk.case)[2] > 1


@pytest.mark.parametrize("seed", range(3))
def test_two_walkers_on_one_case_leave_a_record_that_holds(ash: Village, seed: int) -> None:
    facts: Facts = {"review_due_on": date(2026, 6, 1), "reason": "yearly", "year_group": 9, "looked_after": True, "rights_held_by": "parent"}
    one = Walk(ash, "annual_review", facts, seed)
    other = Walk(ash, "annual_review", facts, seed + 100)
    other.case = one.case
    with ThreadPoolExecutor(2) as threads:
        assert len(list(threads.map(lambda walk: [walk.step() for _ in range(25)], (one, other)))) == 2
    rows_are_the_tracked_instances(one)
    assert ash.ledger.verify(one.case) == [] and ash.ledger.position(one.case)[2] > 5


def test_a_lifted_date_is_not_chased_before_it_is_looked_at_again(ash: Village) -> None:
    walk = Walk(ash, "ehc_needs_assessment", {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}, 0)
    receipt = ash.decide(walk.case, "la_confirms_receipt", "2026-01-20", request_received_on=day("2026-01-19"))
    definition: Definition = ash.ledger.position(walk.case)[0]
    assert definition.exceptions["circumstances"] and receipt.seq == 2
    due = ash.open_rows(walk.case)["la_decides_to_assess"]
    assert due.due_on == day("2026-03-02") and due.next_chase_on < due.due_on
    ash.ledger.apply_exception(
        ash.senco,
        key=uuid4(),
        case=walk.case,
        step="la_decides_to_assess",
        exception="circumstances",
        because="synthetic",
        review_on=day("2026-04-01"),
        on=day("2026-02-01"),
    )
    lifted = ash.open_rows(walk.case)["la_decides_to_assess"]
    assert lifted.due_on == due.due_on and lifted.lifted == "circumstances"
    assert lifted.next_chase_on == day("2026-04-01") and min(lifted.chase_on) == day("2026-04-01")
