"""A school on the shipped texts whose plans are reviewed: what people record, what software does at once, and mornings on which reviews open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from db.engine import Engines
from db.ledger import Ledger
from db.models import Plan
from db.settings import Settings
from rules.loader import load_library
from tasks.does import ToDo, do, open_steps
from tasks.open_reviews import not_running, open_due_reviews
from tasks.parts import Parts
from tests.db.ledger_story import Village, day, village

LIBRARY = load_library()


@dataclass
class ReviewedVillage:
    """`plan` gives a pupil a plan; `records` records a step and lets software do its own; `morning` opens what falls due."""

    village: Village
    parts: Parts

    def plan(self, pupil_id: int, issued: str, due: str, reviewed: str | None = None) -> None:
        """A plan in the diary."""
        with self.parts.engines.scheduler() as session:
            school, authority, last = self.village.school_id, self.village.authority_id, day(reviewed) if reviewed else None
            session.add(
                Plan(pupil_id=pupil_id, school_id=school, authority_id=authority, issued_on=day(issued), last_review_on=last, review_due_on=day(due))
            )

    def planned(self, due: str) -> int:
        """A new pupil whose plan, made and last reviewed long ago, is to be reviewed by that day."""
        pupil_id = self.village.pupil()
        self.plan(pupil_id, "2024-01-08", due)
        return pupil_id

    def opens(self, process: str, pupil_id: int, on: str, **facts: Any) -> str:
        """The SENCO opens a case; facts by name, dates as text."""
        opened = self.parts.ledger.open_case(self.village.senco, key=uuid4(), process=process, pupil_id=pupil_id, facts=_typed(facts), on=day(on))
        return opened.case

    def review(self, pupil_id: int, due: str, on: str, **facts: Any) -> str:
        """The SENCO opens an annual review."""
        more = {"reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent", **facts}
        return self.opens("annual_review", pupil_id, on, review_due_on=due, **more)

    def records(self, case: str, step: str, on: str, outcome: str = "done", **facts: Any) -> None:
        """The SENCO, or the headteacher where it is theirs, records a step; then software does what it owes."""
        definition, _, _ = self.parts.ledger.position(case)
        by = self.village.head if definition.steps[step].by == "headteacher" else self.village.senco
        self.village.decide(case, step, on, outcome, by, **_typed(facts))
        self.software(case, on)

    def corrects(self, case: str, on: str, **facts: str) -> None:
        """The SENCO corrects days; then software does what it owes."""
        for fact, value in facts.items():
            self.parts.ledger.correct(self.village.senco, key=uuid4(), case=case, fact=fact, value=day(value), because="misread", on=day(on))
        self.software(case, on)

    def software(self, case: str, on: str) -> None:
        """All steps of software that are open in the case."""
        while True:
            definition, position, _ = self.parts.ledger.position(case)
            todo = open_steps(definition, position)
            if not todo or position.ended:
                return
            do(self.parts, ToDo(case, definition, position, todo[0], day(on)))

    def decided(self, case: str, outcome: str, on: str, **facts: Any) -> None:
        """The meeting is agreed and held, and the LA decides that way on that day."""
        self.records(case, "agree_meeting_date", "2026-09-12", meeting_on="2026-10-20")
        self.records(case, "hold_meeting", "2026-10-20")
        self.records(case, "la_decision", on, outcome, decision_on=on, **facts)

    def morning(self, on: str) -> list[str]:
        """The reviews opened on that morning. None of the plans due is refused."""
        self.village.clock.today_is = day(on)
        self.parts = replace(self.parts)  # the worker was started since: a clock that leapt under a running one is told to a person first
        done = open_due_reviews(self.parts, day(on))
        assert done.refused == ()
        return list(done.opened)

    def not_running(self, on: str) -> dict[int, str]:
        """What *My actions* tells of plans without a review on that day: the case that a person ended (or nothing) by pupil."""
        with self.parts.engines.scheduler() as session:
            return {plan.pupil_id: plan.closed for plan in not_running(session, LIBRARY, day(on))}

    def diary(self, pupil_id: int) -> list[tuple[date | None, date, date | None]]:
        """Last review, the next one's last day, and the day it ceased, of each plan of a pupil."""
        rows = self.village.rows("SELECT last_review_on, review_due_on, ceased_on FROM plans WHERE pupil_id = %s ORDER BY id", pupil_id)
        return [tuple(row) for row in rows]

    def standing(self, case: str) -> tuple[list[str], str]:
        """The open steps of a case, and its end."""
        _, position, _ = self.parts.ledger.position(case)
        return [one.step for one in position.open()], position.ended

    def cases(self, pupil_id: int, process: str) -> list[str]:
        """The cases of a process about a pupil, in the order they opened."""
        query = "SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = %s AND d.process = %s ORDER BY c.id"
        return [row.ref for row in self.village.rows(query, pupil_id, process)]


def reviewed_village(engines: Engines, folder: Path) -> ReviewedVillage:
    """A new school on the texts that ship."""
    place = village(engines)
    place.ledger = Ledger(engines, place.clock, LIBRARY)
    return ReviewedVillage(place, Parts(Settings(data_folder=folder), engines, place.clock, LIBRARY, place.ledger))


def _typed(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: day(value) if isinstance(value, str) and name.endswith(("_on", "_by")) and value[:1].isdigit() else value
        for name, value in facts.items()
    }
