"""The people of the year: each open step gets a day on which somebody does it, early, late or never, and on that day it is done in the ledger.

They act through the acts that the console uses. What the rules refuse is tried again some days later, as a person would.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from db.ledger import Actor, LedgerError
from db.links import LinkRefused, Links
from db.permissions import roles_for_step
from db.signing_key import signing_keys
from rules.definition import Definition, Fact
from rules.history import Refused
from rules.values import Facts, Value
from tasks.parts import Parts
from tests.year.days import Calendars
from tests.year.habits import FAMILY, FIRST_WORD, OUTCOMES, STAFF, habit_of

TRIES = 6
BY_LINK = 0.5
_OPEN_STEPS = """
    SELECT s.case_id, s.no, c.ref, d.process, s.step, s.party, s.round, s.owner, s.school_id, LEAST(s.due_on, s.safe_on, s.target_on) AS by_on
    FROM steps s JOIN cases c ON c.id = s.case_id JOIN definitions d ON d.id = c.definition_id
    WHERE s.closed_seq IS NULL AND s.status = 'open' AND s.owner <> '' ORDER BY s.case_id, s.no
"""


@dataclass(frozen=True, slots=True)
class Todo:
    """A step that somebody means to do."""

    case_id: int
    no: int
    ref: str
    process: str
    step: str
    party: str
    round: int
    owner: str
    school_id: int
    by_on: date | None


@dataclass
class People:
    """`done`: acts by who owed the step; `refused`: refusals by process, step and code; `never`: steps that nobody will do;
    `by_link`: how often somebody outside used the link of their letter."""

    parts: Parts
    calendars: Calendars
    chance: Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    never: int = 0
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by case, the links in the letters that came
    by_link: int = 0
    _plans: list[tuple[date, int, int, Todo, int]] = field(default_factory=list)
    _known: set[tuple[int, int]] = field(default_factory=set)
    _holders: dict[tuple[int, str], int] = field(default_factory=dict)

    def look(self) -> None:
        """Plan the steps that have opened since the last look."""
        with self.parts.engines.scheduler() as session:
            rows = session.connection().exec_driver_sql(_OPEN_STEPS).all()
        for row in rows:
            if (row.case_id, row.no) not in self._known:
                self._known.add((row.case_id, row.no))
                self._plan(Todo(*row))

    def act(self, limit: int = 10_000) -> int:
        """Do what was planned for today or before. How many acts were tried."""
        today, tried = self.parts.clock.today(), 0
        while self._plans and self._plans[0][0] <= today and tried < limit:
            _, _, _, todo, tries = heapq.heappop(self._plans)
            tried += 1
            self._do(todo, tries)
        return tried

    def decision(self, case: str, step: str, school_id: int) -> tuple[str, Facts]:
        """How somebody decides that step of that case today, and what it brings."""
        definition, _, _ = self.parts.ledger.position(case)
        word = self._word(definition, step)
        return word, self._facts(definition, step, word, school_id)

    def _plan(self, todo: Todo) -> None:
        habit, today, draw = habit_of(todo.process, todo.step, todo.owner), self.parts.clock.today(), self.chance.random()
        if draw < habit.never:
            self.never += 1
            return
        by_on = todo.by_on or today + timedelta(days=14)
        if draw < habit.never + habit.in_time and by_on >= today:
            day = today + timedelta(days=min((by_on - today).days, int(self.chance.expovariate(1 / 6))))
        else:
            day = max(by_on, today) + timedelta(days=1 + int(self.chance.expovariate(1 / habit.late_days)))
        self._push(day, todo, 0)

    def _push(self, day: date, todo: Todo, tries: int) -> None:
        if todo.owner not in FAMILY:
            day = self.calendars.school_day_from(todo.school_id, day)
        heapq.heappush(self._plans, (day, todo.case_id, todo.no, todo, tries))

    def _do(self, todo: Todo, tries: int) -> None:
        today = self.parts.clock.today()
        definition, position, _ = self.parts.ledger.position(todo.ref)
        if not any(one.no == todo.no and one.status == "open" for one in position.open()):
            return  # it was overtaken meanwhile
        actor = self._actor(definition, todo)
        word, facts = self.decision(todo.ref, todo.step, todo.school_id)
        try:
            self.parts.ledger.decide(
                actor, key=self._key(), case=todo.ref, step=todo.step, party=todo.party, round=todo.round, outcome=word,
                facts=facts, on=today,
            )  # fmt: skip
        except (Refused, LedgerError) as why:
            self.refused[todo.process, todo.step, getattr(why, "code", type(why).__name__)] += 1
            if tries < TRIES:
                self._push(today + timedelta(days=self.chance.randrange(3, 10)), todo, tries + 1)
            return
        self.done[todo.owner] += 1

    def _word(self, definition: Definition, step: str) -> str:
        words = definition.steps[step].words
        weights = OUTCOMES.get((definition.process, step))
        if weights is not None:
            return self.chance.choices(list(weights), list(weights.values()))[0]
        if len(words) == 1 or self.chance.random() < FIRST_WORD:
            return words[0]
        return self.chance.choice(words[1:])

    def _facts(self, definition: Definition, step: str, word: str, school_id: int) -> Facts:
        today = self.parts.clock.today()
        return {name: self._value(definition.facts[name], school_id, today) for name in definition.steps[step].brings[word]}

    def _value(self, fact: Fact, school_id: int, today: date) -> Value:
        if fact.type == "date":
            return today - timedelta(days=self.chance.choice((0, 0, 0, 1, 2)))
        if fact.type == "planned date":
            return self.calendars.school_day_from(school_id, today + timedelta(days=self.chance.randrange(29, 50)))
        if fact.type == "year":
            return today.year + (today.month >= 9)
        if fact.type == "whole number":
            return max(fact.at_least, self.chance.randrange(1, 13))
        if fact.type == "yes or no":
            return self.chance.random() < 0.5
        return fact.words[:2] if fact.type == "list" else self.chance.choice(fact.words)

    def _actor(self, definition: Definition, todo: Todo) -> Actor:
        """Who records it: somebody outside by the link in their letter, half of those who have one; else whoever owes it, or may record it."""
        if todo.owner not in STAFF and self.chance.random() < BY_LINK and (actor := self._by_link(todo)) is not None:
            self.by_link += 1
            return actor
        for role in roles_for_step(definition, todo.step, todo.party):
            if (person := self.holder(todo.school_id, role)) is not None:
                return Actor(person, frozenset({todo.school_id}), "console")
        return Actor(self.holder(todo.school_id, "senco"), frozenset({todo.school_id}), "console")

    def _by_link(self, todo: Todo) -> Actor | None:
        links, today = Links(signing_keys(self.parts.settings)), self.parts.clock.today()
        for token in reversed(self.links.get(todo.ref, ())):
            try:
                link = links.read(self.parts.engines, token, today)
            except LinkRefused:  # used, or too old: they look for another letter
                continue
            if (link.step, link.party, link.round) == (todo.step, todo.party, todo.round):
                return Actor(link.person_id, frozenset({link.school_id}), "link", link.id, link.role)
        return None

    def holder(self, school_id: int, role: str) -> int | None:
        """Who holds that role at that school; None: nobody."""
        if not self._holders:
            self._read_holders()
        return self._holders.get((school_id, role))

    def _read_holders(self) -> None:
        with self.parts.engines.scheduler() as session:
            rows = session.connection().exec_driver_sql("SELECT school_id, role, person_id FROM memberships ORDER BY person_id DESC").all()
        self._holders.update({(row.school_id, row.role): row.person_id for row in rows})

    def _key(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)
