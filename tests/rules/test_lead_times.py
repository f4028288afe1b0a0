"""By when an authority asks for a step: counted from a fact or from a panel, and never after the step's own date."""

from __future__ import annotations

from datetime import date

import pytest

from rules.calendar import england
from rules.lead_times import lead_day, panel_rule

HOME = england()
PANELS = panel_rule("1 week", [date(2026, 12, 3), date(2027, 1, 14), date(2027, 2, 11)])
DUE = date(2027, 1, 20)


@pytest.mark.parametrize(
    ("by", "opened_on", "expected"),
    [
        ("10 working days before meeting_on", None, date(2026, 12, 30)),
        ("2 days after meeting_on", None, date(2027, 1, 16)),
        ("1 week after meeting_on", None, None),  # later than the date: the law's day stands
        ("1 week before other_on", None, None),  # nobody knows that day yet
        ("on 2027-01-04", None, date(2027, 1, 4)),
        (PANELS, date(2026, 11, 2), date(2027, 1, 7)),  # of the panels before the date the last
        (PANELS, date(2027, 1, 8), None),  # its papers had to be there before the step opened
        (panel_rule("1 week", []), None, None),
        (panel_rule("1 week", [date(2027, 2, 11)]), None, None),  # it meets after the date
    ],
)
def test_the_day_by_which_it_is_asked_for(by: str, opened_on: date | None, expected: date | None) -> None:
    assert lead_day(by, {"meeting_on": date(2027, 1, 14)}, HOME, DUE, opened_on) == expected
