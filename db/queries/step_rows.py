"""A step as a person reads it, and the one statement that reads steps with all that stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from db.acts.rows import NOT_CHASED, PERHAPS
from db.queries.definitions_read import definitions_by_hash, explained, known_definition
from rules.refusals import step_title

# The steps are chosen and cut off first, as `s`, by their own columns and indexes; only then is read what stands beside them.
# Open rows are those of running cases: an ended case closes them all. The order is by the day to work to: the date of law, its safe
# day or the trust's target, whichever comes first (LEAST passes over nulls).
_COLUMNS = """s.case_id, s.no, s.round, s.school_id, s.due_on, s.safe_on, s.target_on, s.wakes_on, s.lifted, s.lifted_review_on, s.step, s.party,
           s.owner, s.status, s.why"""
_PARTS = {
    "chosen": f"{_COLUMNS}, LEAST(s.due_on, s.safe_on, s.target_on) AS act_by_on",
    "by_urgency": "act_by_on NULLS LAST, s.case_id, s.no",
    "with_case": f"{_COLUMNS}, c.ref, c.pupil_id, d.hash, p.given_name, p.family_name, p.known_as, sc.name AS school",
    "beside": """JOIN cases c ON c.id = s.case_id JOIN definitions d ON d.id = c.definition_id LEFT JOIN pupils p ON p.id = c.pupil_id
        JOIN schools sc ON sc.id = s.school_id""",
}
_READ = """
    WITH s AS (SELECT {chosen} FROM steps s WHERE s.closed_seq IS NULL AND ({condition}) ORDER BY {by_urgency} LIMIT :limit)
    SELECT {with_case} FROM s {beside} ORDER BY {by_urgency}
"""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step that is open, or waiting with a date of law already running. `owner_role` is a name in `roles.yaml`, `whose` its title.

    `perhaps`: it waits and may never be owed (`rules/perhaps.py`). `overdue_days` counts from the date of law, else from the trust's target; 0 on
    the day itself, while an exception lifts the date, while it is `perhaps`, once its answer is recorded, and of a window that the calendar
    itself closes.
    `pupil_id` is None, `pupil_name` the school's name and `pupil_initials` empty in a case about a school.
    `outcomes` steer the case, `answers` are only recorded: pairs of name and words for people; with neither the word is `done`.
    """

    case: str
    case_id: int
    pupil_id: int | None
    process: str
    process_title: str
    pupil_name: str
    pupil_initials: str
    school_id: int
    school: str
    no: int
    step: str
    title: str
    party: str
    round: int
    owner_role: str
    whose: str
    ours: bool
    status: str
    perhaps: bool
    due_on: date | None
    safe_on: date | None
    target_on: date | None
    wakes_on: date | None
    overdue_days: int
    lifted: str
    lifted_review_on: date | None
    citation: str
    outcomes: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    definition_hash: str
    why_text: str = field(repr=False)

    @property
    def act_by_on(self) -> date | None:
        """The day to work to: the earliest of the date of law, its safe day and the trust's target."""
        days = [day for day in (self.due_on, self.safe_on, self.target_on) if day is not None]
        return min(days) if days else None

    def next_day(self, today: date) -> date | None:
        """The first of these days that is not past: what is past our own target is due on its day of law. None: all are, and it is late or lifted."""
        return min((day for day in (self.due_on, self.safe_on, self.target_on) if day is not None and day >= today), default=None)

    @property
    def why(self) -> list[str]:
        """How the date came about, in plain sentences; worked out when asked for, and kept."""
        return list(explained(self.definition_hash, self.why_text, self.due_on or self.target_on, self.safe_on))


def read_steps(session: Session, today: date, condition: str, values: dict[str, Any], limit: int = 1000) -> list[StepRow]:
    """Open and waiting steps that meet an SQL `condition` of ours over the columns of `s` (table `steps`), by the day to work to."""
    rows = session.execute(statement_of_steps(_READ, condition=condition), {**values, "limit": limit}).all()
    return step_rows(session, rows, today)


def statement_of_steps(words: str, **more: str) -> TextClause:
    """An SQL statement of ours about steps: `{chosen}` columns of `steps s`, in the order `{by_urgency}`; `{with_case}` and its joins `{beside}`."""
    return text(words.format(**_PARTS, **more))


def step_rows(session: Session, rows: Sequence[Any], today: date) -> list[StepRow]:
    """The rows of a statement of `{with_case}`, as people read them, in the same order."""
    definitions_by_hash(session, {row.hash for row in rows})
    return [_step_row(row, _told(row.hash, row.step, row.party), today) for row in rows]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the definition says of a step for a party: the same for every case on the same text."""

    process: str
    process_title: str
    title: str
    whose: str
    ours: bool
    citation: str
    outcomes: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]


@lru_cache(maxsize=4096)
def _told(hash_: str, name: str, party: str) -> _Told:
    definition = known_definition(hash_)
    step = definition.steps[name]
    role = definition.role_of(step, party)
    return _Told(
        process=definition.process,
        process_title=definition.title,
        title=step_title(definition, name, party),
        whose=role.title if role else "Sendflow",
        ours=role.ours if role else True,
        citation=step.citation,
        outcomes=tuple((word, outcome.title or word.replace("_", " ")) for word, outcome in step.outcomes.items()),
        answers=step.answers,
    )


@lru_cache(maxsize=8192)
def initials(given: str, family: str) -> str:
    """`A.B.`: what may stand where a name may not. Two-part family names give both letters."""
    parts = [*given.split()[:1], *family.replace("-", " ").split()]
    return "".join(f"{part[0].upper()}." for part in parts if part)


def pupil_name(given: str, family: str, known_as: str) -> str:
    """The name that the school uses for the pupil."""
    return f"{known_as or given} {family}"


def whom(row: Any) -> str:
    """Whom a case is about, of a row with a pupil's names and `school`: the pupil, or, where it has none, the school."""
    return row.school if row.given_name is None else pupil_name(row.given_name, row.family_name, row.known_as)


def is_lifted(lifted: str, lifted_review_on: date | None, today: date) -> bool:
    """Whether an exception lifts a step's date today: until the day after the one on which it is looked at again."""
    return bool(lifted) and (lifted_review_on is None or today <= lifted_review_on)


def overdue_days(today: date, due_on: date | None, target_on: date | None, lifted: str, lifted_review_on: date | None) -> int:
    """Whole days since the last lawful (else targeted) day; 0 while an exception lifts it and is not yet to be looked at again."""
    if is_lifted(lifted, lifted_review_on, today):
        return 0
    last = due_on or target_on
    return max((today - last).days, 0) if last is not None else 0


def _step_row(row: Any, told: _Told, today: date) -> StepRow:
    return StepRow(
        case=row.ref,
        case_id=row.case_id,
        pupil_id=row.pupil_id,
        process=told.process,
        process_title=told.process_title,
        pupil_name=whom(row),
        pupil_initials=initials(row.given_name or "", row.family_name or ""),
        school_id=row.school_id,
        school=row.school,
        no=row.no,
        step=row.step,
        title=told.title,
        party=row.party,
        round=row.round,
        owner_role=row.owner,
        whose=told.whose,
        ours=told.ours,
        status="open" if row.status == "open" else "waiting",
        perhaps=row.status == PERHAPS,
        due_on=row.due_on,
        safe_on=row.safe_on,
        target_on=row.target_on,
        wakes_on=row.wakes_on,
        overdue_days=0
        if row.status in NOT_CHASED or row.wakes_on
        else overdue_days(today, row.due_on, row.target_on, row.lifted, row.lifted_review_on),
        lifted=row.lifted,
        lifted_review_on=row.lifted_review_on,
        citation=told.citation,
        outcomes=told.outcomes,
        answers=told.answers,
        definition_hash=row.hash,
        why_text=row.why,
    )
