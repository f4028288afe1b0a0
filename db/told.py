"""What Prefect has not been told of a case yet: steps that opened, fell due, became overdue or were decided, and that the case began or ended.

Kept beside the case's run: the act up to which all was told, and a line for each thing told of a step that is still open, so that a date
that moves is told again and nothing else is. Every function takes a scheduler session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.acts.rows import NOT_CHASED
from db.queries.step_rows import is_lifted
from rules.position_types import Status

UNDECIDED = frozenset(get_args(Status)) - {"done"}
_CASE = text("""
    SELECT c.id, c.ref, c.version, c.ended, d.process, sc.urn, COALESCE(r.told_seq, 0) AS told_seq, COALESCE(r.told, '') AS told
    FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN schools sc ON sc.id = c.school_id LEFT JOIN runs r ON r.case_id = c.id
    WHERE c.ref = :case
""")
_STEPS = text("""
    SELECT no, step, party, round, status, closed_seq, outcome, COALESCE(due_on, target_on) AS due_on, due_on IS NOT NULL AS lawful,
           wakes_on, lifted, lifted_review_on
    FROM steps WHERE case_id = :case_id AND (closed_seq IS NULL OR closed_seq > :told_seq) ORDER BY no
""")
_KEEP = text("UPDATE runs SET told_seq = :seq, told = :told WHERE case_id = (SELECT id FROM cases WHERE ref = :case)")
_DUE = text("""
    INSERT INTO wakes (case_id, school_id, wanted)
    SELECT DISTINCT s.case_id, s.school_id, 1 FROM steps s JOIN runs r ON r.case_id = s.case_id
    WHERE s.closed_seq IS NULL AND (COALESCE(s.due_on, s.target_on) BETWEEN :since AND :today
       OR s.lifted <> '' AND s.lifted_review_on BETWEEN :since AND :today) ORDER BY s.case_id
    ON CONFLICT (case_id) DO UPDATE SET wanted = wakes.wanted + 1,
        wanted_at = CASE WHEN wakes.wanted > wakes.served THEN wakes.wanted_at ELSE now() END
    RETURNING case_id
""")


@dataclass(frozen=True, slots=True)
class News:
    """One thing that Prefect is to be told. `what` is `case.opened`, `case.ended`, or `step.` and opened, due, overdue, decided.

    `due_on` is the date of law, else (`lawful` false) the trust's own. The same news has the same `key` however often it is told.
    """

    what: str
    key: str
    step: str = ""
    party: str = ""
    round: int = 0
    due_on: date | None = None
    lawful: bool = False


@dataclass(frozen=True, slots=True)
class Untold:
    """The news of one case, and what to keep (`keep`) once they are told."""

    case: str
    process: str
    school_urn: str
    news: tuple[News, ...]
    seq: int
    told: str


def untold(session: Session, case: str, today: date) -> Untold:
    """What Prefect has not been told of the case with that reference by `today` (London)."""
    found = session.execute(_CASE, {"case": case}).one()
    steps = session.execute(_STEPS, {"case_id": found.id, "told_seq": found.told_seq}).all()
    before = frozenset(found.told.splitlines())
    news = [] if found.told_seq else [News("case.opened", "case opened 0")]
    lines = []
    for row in steps:
        if row.closed_seq is not None:
            news += _decided(row)
            continue
        for what, line in _lines(row, today):
            lines.append(line)
            if line not in before:
                news.append(_about(row, what, f"{line} {found.told_seq}"))
    if found.ended:
        lines.append("ended")
        if "ended" not in before:
            news.append(News("case.ended", f"case ended {found.told_seq}"))
    return Untold(case, found.process, found.urn, tuple(news), found.version, "\n".join(lines))


def keep(session: Session, told: Untold) -> None:
    """Remember that all of it was told."""
    session.execute(_KEEP, {"case": told.case, "seq": told.seq, "told": told.told})


def want_where_due(session: Session, since: date, today: date) -> int:
    """One more wake for each case with an open step due from `since` to `today`, so that its page in Prefect and the events say so. How many."""
    return len(session.execute(_DUE, {"since": since, "today": today}).all())


def _lines(row: Any, today: date) -> Iterable[tuple[str, str]]:
    """What holds of an open step by `today`, each with the line under which it is remembered. Late is what the console's lists call late: no step
    while an exception lifts its date, and no window that the calendar itself closes."""
    if row.status == "open":
        yield "opened", f"opened {row.no}"
    if row.status in NOT_CHASED or row.due_on is None or row.due_on > today or is_lifted(row.lifted, row.lifted_review_on, today):
        return
    state = "due" if row.due_on == today else "overdue"
    if state == "due" or row.wakes_on is None:
        yield state, f"{state} {row.no} {row.due_on}"


def _decided(row: Any) -> Iterable[News]:
    """A row that closed with a status for its outcome was not decided: nobody needed the step any more."""
    if row.outcome and row.outcome not in UNDECIDED:
        yield _about(row, "decided", f"decided {row.no} {row.closed_seq}")


def _about(row: Any, what: str, key: str) -> News:
    return News(f"step.{what}", key, row.step, row.party, row.round, row.due_on, row.lawful)
