"""Why a mutant survives: proved to change nothing, a class that is understood, or a gap that is named as one."""

from __future__ import annotations

import re

from tests.mutants.bench import Verdict

SAME = "Changes nothing: walked side by side, every history of it and of the definition is alike"
GAP = "A gap: nothing in the sources as we tell them says so a second time"
# operator (or "" for any), pattern of the place, why; the first that fits
CLASSES: tuple[tuple[str, str, str], ...] = (
    (
        "misname",
        r"\.does: ",
        "The name of a task of ours: `flows` and `tests/test_shape.py` refuse a task that is not there, `sendflow check` knows none",
    ),
    ("misname", r"outcomes\.\w+: ", "A new name for an outcome that steers nothing and tells nobody: the words are the trust's"),
    (
        "drop a party",
        r"(is|opens_with\.\w+|facts\.\w+): without",
        "A word fewer to choose from: the list is the trust's, the law names none; ring X has no case of it",
    ),
    ("", r"\.may_come_early", "Whether what another body does may be recorded before its turn: convenience of recording, no duty"),
    ("", r"(^once_for|\.grows|\.at_least)", "How often a case may be opened, how long a list may be: limits of recording"),
    ("", r"when_changed", "What a late correction opens again: a gap in time only, the fact itself is right either way"),
    ("", r"^ends\.", "Which of the conditions of an end is told: the end comes in the same position, or never sooner"),
    ("", r"\.until", "Until when an open step stays open beside what overtakes it: nobody's duty moves"),
    ("drop an outcome", r"\.answers", "A word that is recorded and steers nothing"),
    ("drop a key", r"\.answers$", "Words that are recorded and steer nothing"),
    ("drop a key", r"\.(law|guidance|policy)", "A second citation beside the one that dates the step"),
    ("drop a notice", r"", "A copy for somebody who is told of it by no law and no clause that we tell twice"),
)


def explained(one: Verdict) -> str:
    """Why the mutant survives, in a sentence."""
    if one.same:
        return SAME
    return next((why for operator, place, why in CLASSES if operator in ("", one.operator) and re.search(place, one.where)), GAP)
