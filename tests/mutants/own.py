"""What is the trust's own to change, and so is not counted: the law leaves it free, and the process book shows such a change in its diff."""

from __future__ import annotations

import re

from rules.definition import Definition
from tests.mutants.trees import Mutant

# Bounds of planned days that no law sets: they keep a slip of the pen out. Those that the law does set are told under `bounds` in authorities.yaml.
OWN_BOUNDS = {
    "annual_review.yaml": ("meeting_on.no_sooner",),
    "complaint.yaml": ("answer_by", "hearing_on"),
    "discrimination_claim.yaml": ("response_due_on", "evidence_due_on", "hearing_on", "order_due_on"),
    "mediation.yaml": ("mediation_on", "agreed_by_on"),
    "sen_support.yaml": ("review_on",),
    "tribunal_appeal.yaml": ("evidence_due_on", "hearing_on"),
}
PERIODS = ("lengthen", "shorten", "other unit", "counted otherwise", "other base")


def own(mutant: Mutant, shipped: Definition) -> str:
    """Why the mutant is the trust's own affair; empty if it is one of law or logic. `shipped`: the definition without the mutant."""
    if mutant.operator == "drop a date" and re.match(r"steps\.\w+\.again", mutant.where):
        return "a target in later rounds"
    if mutant.operator in PERIODS and mutant.where.startswith("opens_on"):
        return "how long before a date of law the trust opens the case"
    if mutant.operator in PERIODS and any(f"facts.{bound}" in mutant.where for bound in OWN_BOUNDS.get(mutant.file, ())):
        return "a bound that no law sets"
    if mutant.operator == "drop a key" and (match := re.fullmatch(r"steps\.(\w+)\.ladder", mutant.where)):
        return "" if _law_dates(shipped, match[1]) else "who is reminded of a target of the trust's own"
    return ""


def _law_dates(definition: Definition, name: str) -> bool:
    """Whether the step has a date of law, or somebody outside owes it."""
    step = definition.steps[name]
    role = definition.roles.get(step.by)
    return bool(step.due) or (role is not None and not role.ours)
