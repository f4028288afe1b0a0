"""What whoever opens a case is told: until which day it holds, and that a wrong warning is found in the file."""

from __future__ import annotations

from datetime import date

import pytest

from rules.calendar import england
from rules.loader import load_library, parse_definition
from rules.problems import DefinitionErrors
from rules.warnings import warnings_at

LIBRARY = load_library()
TEXT = LIBRARY.definitions["reassessment"][0]


def told(assessed_on: date, opened_on: date) -> list[str]:
    return warnings_at(TEXT, {"last_assessed_on": assessed_on, "asked_by": "school"}, opened_on, england())


@pytest.mark.parametrize(
    ("assessed_on", "last_day", "after"),
    [
        (date(2026, 5, 24), date(2026, 11, 24), date(2026, 11, 25)),
        (date(2026, 8, 31), date(2027, 2, 28), date(2027, 3, 1)),  # no 31 February: the month's last day
    ],
)
def test_it_holds_until_six_months_after_the_last_assessment(assessed_on: date, last_day: date, after: date) -> None:
    assert len(told(assessed_on, last_day)) == 1 and told(assessed_on, last_day)[0].endswith("(reg 24 and the policy, section 14)")
    assert told(assessed_on, after) == []


def test_a_day_that_nobody_stated_warns_of_nothing_and_other_processes_never_warn() -> None:
    assert warnings_at(TEXT, {}, date(2026, 6, 1), england()) == []
    assert warnings_at(LIBRARY.definitions["annual_review"][0], {}, date(2026, 6, 1), england()) == []


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("until: 6 months after last_assessed_on", "until: 6 months after request_received_on", "`request_received_on` is no fact of `opens_with`"),
        ("until: 6 months after last_assessed_on", "until: 6 months after year_group", "is a whole number, so no day to count from"),
        ("until: 6 months after last_assessed_on", "until: six months", "is no rule"),
        ("    law: reg 24\n    policy: 14\n", "", "rests on nothing"),
    ],
)
def test_a_wrong_warning_is_found_with_its_line(written: str, instead: str, said: str) -> None:
    assert written in TEXT.source
    with pytest.raises(DefinitionErrors) as found:
        parse_definition(TEXT.source.replace(written, instead, 1), TEXT.file, LIBRARY.registers)
    assert said in str(found.value) and "reassessment.yaml:" in str(found.value)
