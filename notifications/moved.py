"""What a message of moved dates says: each step's date as the reader was told it and as it is now, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Delivery, StepRow
from db.queries.date_moves import causes_of
from rules.definition import Definition
from rules.explain import in_full
from rules.refusals import step_title


def moved_values(session: Session, delivery: Delivery, definition: Definition, details: Mapping[str, Any]) -> dict[str, object] | None:
    """The value `moved` of a letter; None where the message is of something else.

    A line whose step has been decided meanwhile, or has moved again, is left out: another message says where to.
    """
    if "moved" not in details:
        return None
    rows = session.scalars(select(StepRow).where(StepRow.case_id == delivery.case_id, StepRow.closed_seq.is_(None)))
    now = {(row.step, row.party, row.round): row.due_on or row.target_on for row in rows}
    lines = [line for line in details["moved"] if _still_so(line, now)]
    causes = causes_of(session, definition, delivery.case_id, details["acts"])
    by = list(dict.fromkeys(name for _, name in causes if name))
    return {"lines": [_line(definition, line) for line in lines], "because": [why for why, _ in causes], "by": by}


def moved_in_words(moved: Mapping[str, Any]) -> str:
    """The lines of such a message in one, for a list or a morning: each step with its day now and before."""
    days = ((one, f"now {in_full(one['now_on'])}" if one["now_on"] else "no day for now") for one in moved["lines"])
    return "; ".join(f"{one['title']}: {now}, before {in_full(one['was_on'])}" for one, now in days)


def _still_so(line: Mapping[str, Any], now: Mapping[tuple[str, str, int], date | None]) -> bool:
    key = (line["step"], line["party"], line["round"])
    return key in now and line["step"] and now[key] == _day(line["now_on"])


def _line(definition: Definition, line: Mapping[str, Any]) -> dict[str, object]:
    step = definition.steps[line["step"]]
    role = definition.role_of(step, line["party"])
    return {
        "title": step_title(definition, line["step"], line["party"]),
        "owner": role.title if role else "the software",
        "was_on": _day(line["was_on"]),
        "now_on": _day(line["now_on"]),
    }


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None
