"""Ring T, one step by itself: the days on which it opens, may be done, should be done and must be done follow each other."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.step_rules import Fault, Timed

SOONER = "give what comes before it earlier targets."


def faults(timed: Timed) -> Iterator[Fault]:
    """What is out of order among the days of one step."""
    due, target, opens_on, earliest = timed.due, timed.target, timed.opens_on, timed.not_before
    if due is not None and opens_on > due:
        late = (opens_on - due).days
        message = f"the step opens on {opens_on}, {late} day{'s' * (late > 1)} after it is due on {due}"
        yield Fault("opens after its date", "due", message, f"Let it wait for less, open the case sooner, or {SOONER}")
    elif target is not None and opens_on > target:
        message = f"the step opens on {opens_on}, its target is {target}"
        yield Fault("opens after its target", "target", message, f"Count the target from when it opens, or {SOONER}")
    if due is not None and target is not None and target > due:
        cure = "Bring it before the date of law, in units that do not stretch over holidays."
        yield Fault("target after due", "target", f"the target {target} is after the date of law {due}", cure)
    if due is not None and earliest is not None and earliest > due:
        message = f"the step may not be done before {earliest}, and is due on {due}"
        yield Fault("not before after due", "not_before", message, f"Correct one, or {SOONER}")
    if target is not None and earliest is not None and due is None and target < earliest:
        yield Fault("target too soon", "target", f"the target {target} is before the earliest lawful day {earliest}", "Correct one.")
