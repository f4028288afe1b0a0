"""Whether the clock of a machine leapt. Then every date is in doubt, so nothing is sent until a person confirms (faults.md T2).

Proved are: a leap that a living process saw, because the machine's count of seconds since its start went on evenly; and a clock that is
behind what the ledger has heard already. An outage is neither: after ten days off a process starts anew, and no person need confirm that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.clock import Clock
from db.deliveries import TABLES

AHEAD = timedelta(days=1)  # a machine that slept, or was moved to another host, may be hours ahead of its own count
BACK = timedelta(hours=1)  # machines may be minutes apart (T5)
NONE = timedelta(0)
_ROW = "clock"  # the heartbeat that stands as long as nobody has confirmed; `sendflow watch` tells of it
_BEHIND = text("SELECT max(beat_at) - :now FROM heartbeats WHERE name <> :row")
_RECORD = text("""
    INSERT INTO heartbeats (name, beat_at, every_seconds, counted, error_code)
    VALUES (:row, :now, 0, :hours, CASE WHEN :ahead THEN 'clock.ahead' ELSE 'clock.back' END) ON CONFLICT (name) DO NOTHING
""")
_READ = text("SELECT beat_at, counted, error_code FROM heartbeats WHERE name = :row")
_FORGET = text("DELETE FROM heartbeats WHERE name = :row")
_NO_FUTURE = text("UPDATE heartbeats SET beat_at = :now WHERE beat_at > :now")
# No lease or claim is longer than minutes, and no wait for the next try longer than a day: what ends later was counted from the wrong time.
_FREE_CASES = text("UPDATE wakes SET leased_until = now() WHERE leased_until > now() + interval '1 hour'")
_FREE_MESSAGES = """
    UPDATE {table} SET claimed_until = LEAST(claimed_until, now()), next_try_at = LEAST(next_try_at, now())
    WHERE state IN ('owed', 'claimed', 'handed_over') AND (claimed_until > now() + interval '1 hour' OR next_try_at > now() + interval '25 hours')
"""


_STEADY: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS counts sleep in the latter, and not in `time.monotonic()`


def steady_seconds() -> float:
    """Seconds since the machine started, sleep included. Nobody can set this clock."""
    return time.clock_gettime(_STEADY)


class LeapWatch:
    """Compares a clock with the count of seconds, from one look to the next."""

    def __init__(self, clock: Clock, steady: Callable[[], float] = steady_seconds) -> None:
        self._clock, self._steady = clock, steady
        self._last = self._now = (clock.now(), steady())

    def leap(self) -> timedelta:
        """How far the clock leapt since the last look: ahead above 0, back below, 0 when it went on as it should.

        A leap is found again at each look until `told`: the database may be away just then, as when a machine is moved to another host.
        """
        before, now = self._last, (self._clock.now(), self._steady())
        self._now = now
        leap = (now[0] - before[0]) - timedelta(seconds=now[1] - before[1])
        found = leap if leap > AHEAD or leap < -BACK else NONE
        if found == NONE:
            self._last = now
        return found

    def told(self) -> None:
        """The ledger knows of the leap found last; what is counted from now on begins there."""
        self._last = self._now


def behind_the_ledger(session: Session, now: datetime) -> timedelta:
    """By how much `now` (UTC) is before the last thing heard, as a leap back (below 0); 0 when that is less than an hour. A scheduler session."""
    behind = session.scalar(_BEHIND, {"now": now, "row": _ROW})
    return -behind if behind is not None and behind > BACK else NONE


def record_leap(session: Session, now: datetime, leap: timedelta) -> None:
    """Let the whole installation keep quiet, until `forget_leap`. The first leap stands. A scheduler session."""
    hours = round(abs(leap) / timedelta(hours=1))
    session.execute(_RECORD, {"row": _ROW, "now": now, "hours": hours, "ahead": leap > NONE})


def leap_in_words(session: Session) -> str:
    """What a person is told of a leap that nobody has confirmed yet; empty when there is none."""
    row = session.execute(_READ, {"row": _ROW}).one_or_none()
    if row is None:
        return ""
    way = "ahead" if row.error_code == "clock.ahead" else "back"
    return _LEAPT.format(way=way, hours=row.counted, at=f"{row.beat_at.astimezone(UTC):%d %B %Y at %H:%M} UTC")


def forget_leap(session: Session, now: datetime) -> None:
    """A person says that the clock is right now. What was heard later than `now` was stamped by the wrong clock.

    The database's clock may have leapt as well: a case held until far ahead would be served by nobody till then. Its times are its own (`now()`).
    """
    session.execute(_FORGET, {"row": _ROW})
    session.execute(_NO_FUTURE, {"now": now})
    session.execute(_FREE_CASES)
    for table in TABLES:
        session.execute(text(_FREE_MESSAGES.format(table=table)))


_LEAPT = (
    "The clock of a machine leapt {way} by {hours} hours, to {at}, so nothing is sent and no reminder falls due. Decisions are recorded as always. "
    "Put the clocks of all machines right, then confirm with `sendflow confirm`."
)
