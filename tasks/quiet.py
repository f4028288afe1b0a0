"""Whether this installation must keep quiet: its database is a copy, or was restored, and no person has confirmed it yet (faults O1, O2);
a clock leapt (T2); or the database is not one for this program at all (O3, O6).
"""

from __future__ import annotations

import threading
import time

from db.installation import Installation, NotADemo, OtherInstallation
from db.leaps import NONE, LeapWatch, behind_the_ledger, leap_in_words, record_leap
from db.migrate import inspect_database
from tasks.failure import TaskFailed
from tasks.parts import Parts

LOOK_EVERY = 10.0
CODE = "installation.quiet"
LEAPT = "clock.leapt"
_looking = threading.Lock()
_seen: dict[int, tuple[float, str]] = {}
_watches: dict[int, tuple[Parts, LeapWatch]] = {}  # the parts are kept, so that their id stays theirs


def why_quiet(parts: Parts) -> str:
    """The words for a person when nothing may be sent and no case be woken; empty when all is well. Looked up every ten seconds."""
    with _looking:
        looked_at, words = _seen.get(id(parts), (-LOOK_EVERY, ""))
        if _leapt_here(parts) or time.monotonic() - looked_at >= LOOK_EVERY:
            words = _look(parts)
            _seen[id(parts)] = (time.monotonic(), words)
        return words


def _look(parts: Parts) -> str:
    """A schema that is not this program's counts as well: an upgrade may have come while an older worker still runs (faults O6)."""
    schema = inspect_database(parts.engines.url)
    if schema.state != "current":
        return schema.words
    try:
        with parts.engines.scheduler() as session:
            if not parts.settings.demo and (back := behind_the_ledger(session, parts.clock.now())):
                record_leap(session, parts.clock.now(), back)
            standing = Installation(parts.settings).standing(session)
    except (NotADemo, OtherInstallation) as wrong:
        return str(wrong)
    return standing.words if standing.quiet else ""


def _leapt_here(parts: Parts) -> bool:
    """Whether this machine's clock leapt since the last look; then the ledger is told. A demo's clock is moved on purpose."""
    if parts.settings.demo:
        return False
    watch = _watches.setdefault(id(parts), (parts, LeapWatch(parts.clock)))[1]
    leap = watch.leap()
    if leap != NONE:
        with parts.engines.scheduler() as session:
            record_leap(session, parts.clock.now(), leap)
        watch.told()
    return leap != NONE


def refuse_if_leapt(parts: Parts) -> None:
    """Raise TaskFailed `clock.leapt` for work that goes by the date, while a leap of the clock is not confirmed."""
    why_quiet(parts)
    with parts.engines.scheduler() as session:
        if leap_in_words(session):
            raise TaskFailed(LEAPT, "", outage=True)


def refuse_if_quiet(parts: Parts, case: str) -> None:
    """Raise TaskFailed `installation.quiet`, which is no fault of the case's, while nothing may be sent."""
    if why_quiet(parts):
        raise TaskFailed(CODE, case, outage=True)
