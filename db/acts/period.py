"""The period of a pupil, or of a school, that a case stands for: what keeps two openings of one annual review one case (`faults.md` K6)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from rules.definition import Definition
from rules.fact_values import to_json
from rules.periods import parse_rule
from rules.position_types import Position
from rules.values import Facts

WHILE_OPEN = "open"
AfterEnd = Literal["kept", "free", "by hand"]


def natural_key(definition: Definition, subject: str, facts: Facts) -> str:
    """Process, pupil or school (`Opening.subject`), and period. The period is what `once_for` names (the notice appealed against), else the date
    that `opens_on` counts from: for an annual review the day it is due.

    A process with neither begins on somebody's request: one at a time for a pupil or school, while it is open.
    """
    return f"{definition.process}/{subject}/{period_of(definition, facts)}"


def period_of(definition: Definition, facts: Facts) -> str:
    """The period as it stands in the natural key."""
    if definition.once_for:
        return ",".join(str(to_json(facts[name])) for name in definition.once_for if name in facts)
    if definition.opens_on:
        for base in parse_rule(definition.opens_on).bases:
            day = facts.get(base.name)
            if isinstance(day, date):
                return day.isoformat()
    return WHILE_OPEN


def after_end(definition: Definition, position: Position) -> AfterEnd:
    """What becomes of the period once the case has ended.

    Kept, if a duty of law was done in it: the review has been held and is not held again. Free, if it ended without one (the LA declined an
    early review: the yearly one is still owed). After an interrupt it is free by hand only: whoever moved away, or was opened in error, is not
    opened again by the next morning's sweep.
    """
    if not position.ended:
        return "kept"
    if not definition.opens_on:
        return "free"
    if position.ended in definition.interrupts:
        return "by hand"
    duties = (definition.steps[one.step] for one in position.instances if one.status == "done")
    return "kept" if any(step.law and step.due for step in duties) else "free"
