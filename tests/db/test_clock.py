"""The clock: London's date whatever the machine's zone (faults.md T4), and a clock file that moves it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from db.clock import Clock, ClockFileError


def test_the_clock_file_is_read_each_time_and_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = Clock(file)
    real = clock.now()
    assert abs((datetime.now(UTC) - real).total_seconds()) < 5
    file.write_text("2027-03-03T09:30:00+00:00\n")
    assert clock.now() == datetime(2027, 3, 3, 9, 30, tzinfo=UTC)
    file.write_text("2027-07-05")
    assert clock.today() == date(2027, 7, 5)


@pytest.mark.parametrize("text", ["3/3/2027", "tomorrow", "2027-02-30", "2027-03-03T09:30:00"])
def test_a_wrong_clock_file_says_what_to_write(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text)
    with pytest.raises(ClockFileError, match=r"for example|write a date such as"):
        Clock(tmp_path / "clock").now()


def test_a_fixed_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(fixed=datetime(2027, 3, 3))
