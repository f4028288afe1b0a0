"""The rules alone, from `benchmarks/rules_speed.py`."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.rules_speed import rules_figures


def rules() -> list[Figure]:
    """One event on a kept position, by the compiled rules and by the readable fold; the explorer."""
    return [Figure(one.measure, round(one.value, 3), one.unit) for one in rules_figures()]
