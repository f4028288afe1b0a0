"""Cases that people ask for: spread over the year, each stated as one of its definition's own examples states it, with the dates moved to today."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from db.ledger import Actor, LedgerError
from db.queries.adults import NOT_KNOWN, adults_of
from rules.definition import Definition
from rules.fact_values import facts_from_json
from rules.history import Refused
from rules.values import Facts, Value
from tests.year.habits import OPENED_BY_HAND
from tests.year.people import People
from tests.year.trust import LIBRARY

DAYS = 365
_PUPILS = "SELECT id, school_id FROM pupils WHERE sen_provision = ANY (%s) AND left_on IS NULL ORDER BY id"
_WITH_PLAN = ("plan_consultation", "cease_consultation", "reassessment", "plan_moves_authority", "mediation", "admission_of_named_pupil")


@dataclass
class Openings:
    """`opened` and `refused` by process."""

    people: People
    chance: Random
    opened: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _pupils: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def of_the_day(self) -> None:
        """What is asked for today, a working day: each process as often a year as its figure says."""
        for process, a_year in OPENED_BY_HAND.items():
            if self.chance.random() < a_year * self._size() / DAYS:
                self._open(process)

    def _size(self) -> float:
        """How many pupils there are, of 3,000."""
        return (len(self._of(("K",))) + len(self._of(("E",)))) / 620

    def _open(self, process: str) -> None:
        pupils = self._of(("E",) if process in _WITH_PLAN else ("K",))
        if not pupils:
            return
        pupil, school = self.chance.choice(pupils)
        parts, today = self.people.parts, self.people.parts.clock.today()
        definition = LIBRARY.definitions[process][-1]
        facts = {**self._stated(definition, today), **self._speaks(definition, pupil)}
        actor = Actor(self.people.holder(school, "senco"), frozenset({school}), "console")
        key = UUID(int=self.chance.getrandbits(128), version=4)
        try:
            parts.ledger.open_case(actor, key=key, process=process, pupil_id=pupil, facts=facts, on=today)
        except (Refused, LedgerError):
            self.refused[process] += 1
            return
        self.opened[process] += 1

    def _stated(self, definition: Definition, today: date) -> Facts:
        first = cast("dict[str, Any]", self.chance.choice(definition.examples).history[0])
        opened_on = first["on"] if isinstance(first["on"], date) else date.fromisoformat(str(first["on"]))
        raw = {name: value.isoformat() if isinstance(value, date) else value for name, value in first["open"].items() if name != definition.speaks}
        return {name: _moved(value, today - opened_on) for name, value in facts_from_json(definition.opens_with, raw).items()}

    def _speaks(self, definition: Definition, pupil: int) -> Facts:
        """Who of the family it comes from, where the process asks."""
        if not definition.speaks:
            return {}
        with self.people.parts.engines.scheduler() as session:
            return {definition.speaks: next((one.person_id for one in adults_of(session, pupil)), NOT_KNOWN)}

    def _of(self, provision: tuple[str, ...]) -> list[tuple[int, int]]:
        key = "".join(provision)
        if key not in self._pupils:
            with self.people.parts.engines.scheduler() as session:
                rows = session.connection().exec_driver_sql(_PUPILS, (list(provision),)).all()
            self._pupils[key] = [(row.id, row.school_id) for row in rows]
        return self._pupils[key]


def _moved(value: Value, by: timedelta) -> Value:
    return value + by if isinstance(value, date) else value
