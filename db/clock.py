"""The one reader of the wall clock (beside Prefect). Everybody else is told `today` or `now`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class ClockFileError(ValueError):
    """The clock file cannot be read as a date or an instant; `str()` says what it holds and what to write."""


class Clock:
    """Now, and today in London, whatever time zone the machine keeps.

    `fixed` stands still. `clock_file` is read at each call: an instant (`2027-03-03T09:30:00+00:00`) stands still; a date
    (`2027-03-03`) is that London day at the real time of day. A missing file means the real time.
    """

    def __init__(self, clock_file: Path | None = None, fixed: datetime | None = None) -> None:
        if fixed is not None and fixed.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with its time zone, for example 2027-03-03T09:30:00+00:00")
        self._clock_file = clock_file
        self._fixed = fixed

    def now(self) -> datetime:
        """This instant in UTC. Raises ClockFileError if the clock file holds something else than a date or an instant."""
        if self._fixed is not None:
            return self._fixed.astimezone(UTC)
        text = self._moved_to()
        real = datetime.now(UTC)
        return _moved(text, real, self._clock_file) if text else real

    def today(self) -> date:
        """The calendar date in London at `now()`: the date that the law's periods are counted in."""
        return self.now().astimezone(LONDON).date()

    def _moved_to(self) -> str:
        if self._clock_file is None:
            return ""
        try:
            return self._clock_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""


def _moved(text: str, real: datetime, file: Path | None) -> datetime:
    try:
        if len(text) == len("2027-03-03"):
            london = real.astimezone(LONDON)
            return datetime.combine(date.fromisoformat(text), london.time(), LONDON).astimezone(UTC)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ClockFileError(
            f"clock file {file} holds {text!r}; write a date such as 2027-03-03 or an instant such as 2027-03-03T09:30:00+00:00"
        ) from None
    if instant.tzinfo is None:
        raise ClockFileError(f"clock file {file} holds {text!r} without a time zone; add one, for example {text}+00:00")
    return instant.astimezone(UTC)
