"""Watches the automation from outside of it, and tells a person by another way than its own mail, once an incident (faults P4, P9, P11).

The memory of what was told is a file in the data folder: the ledger itself may be what is away.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from db.clock import Clock
from db.engine import Engines
from db.installation import Installation
from db.settings import Settings
from db.watching import Incident, incidents, look
from notifications.channels import tell

FILE = "watch.json"
OVER_AFTER = timedelta(minutes=10)  # unseen for that long it is over; when it comes back a person hears again
AWAY = (OperationalError, PoolEmpty, psycopg.OperationalError)
Due = Callable[[datetime], dict[str, datetime]]
log = logging.getLogger("sendflow.watch")


@dataclass(frozen=True)
class Watched:
    """What is wrong now, which of it a person was told just now, and whether telling failed (it is tried again at the next look). `over`: the
    kinds of incidents of which a person was told just now that they are over."""

    wrong: tuple[Incident, ...]
    told: tuple[Incident, ...] = ()
    not_told: bool = False
    over: tuple[str, ...] = ()


def watch(settings: Settings, engines: Engines, due: Due, machine: Clock | None = None) -> Watched:
    """Look once, and tell what is new. `due`: when scheduled work was last to run. Raises notifications.channels.AlarmUrlError.

    `machine`: by which it is counted how long an incident lasts; the machine's own (None), for that has nothing to do with a demo's moved clock.
    """
    now = Clock(settings.clock_file).now()
    try:
        wrong, quiet = _wrong(settings, engines, due, now)
    except AWAY:
        wrong, quiet = [Incident("ledger", "The ledger's database does not answer: nothing can be decided, woken or sent. Start it.")], False
    url = settings.alarm_url.get_secret_value() if settings.alarm_url else ""
    if not url or quiet:
        return Watched(tuple(wrong))
    return _tell_what_is_new(Memory(settings.folder / FILE), wrong, url, settings.origin, (machine or Clock()).now())


def _wrong(settings: Settings, engines: Engines, due: Due, now: datetime) -> tuple[list[Incident], bool]:
    with engines.scheduler() as session:
        standing = Installation(settings).standing(session)
        if standing.quiet:
            return [Incident("quiet", standing.words)], standing.state != "leapt"  # it was a copy's; a leap is to be told
        return incidents(look(session, now), due(now)), False


def _tell_what_is_new(memory: Memory, wrong: Sequence[Incident], url: str, origin: str, now: datetime) -> Watched:
    new, over = memory.new(wrong, now), memory.over(wrong, now)
    title = f"Sendflow: {len(wrong)} things are wrong" if wrong else "Sendflow: nothing is wrong any more"
    words = [*(one.words for one in new), *(f"Over: {kind}, last seen on {at:%d %B at %H:%M} UTC." for kind, at in over.items()), origin]
    told = not (new or over) or tell(url, title, "\n".join(words))
    if not told:
        log.error("the alarm could not be sent: SENDFLOW_ALARM_URL does not take it")
    memory.keep(wrong, () if told else new, now, over={} if told else over)
    return Watched(tuple(wrong), tuple(new) if told else (), not told, tuple(over) if told else ())


class Memory:
    """Which incidents a person knows of, and when each was last seen."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def new(self, wrong: Sequence[Incident], now: datetime) -> list[Incident]:
        """Those that nobody was told of yet. `now` in UTC."""
        known = self._known(now)
        return [one for one in wrong if one.kind not in known]

    def over(self, wrong: Sequence[Incident], now: datetime) -> dict[str, datetime]:
        """The kinds that a person was told of and that have not been seen for `OVER_AFTER`, with when each was last seen."""
        there = {one.kind for one in wrong}
        return {kind: at for kind, at in self._kept().items() if now - at >= OVER_AFTER and kind not in there}

    def keep(self, wrong: Sequence[Incident], untold: Sequence[Incident], now: datetime, over: Mapping[str, datetime] = MappingProxyType({})) -> None:
        """Remember what is known from now on: what is wrong, without what could not be told, what ended a short while ago, and of what is `over`
        that of which nobody could be told."""
        seen = {one.kind: now for one in wrong if one not in untold}
        kept = {kind: at.isoformat() for kind, at in (self._known(now) | dict(over) | seen).items()}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(f".{os.getpid()}")  # a watch started by hand beside the timer's has its own
        with draft.open("w", encoding="utf-8") as written:
            written.write(json.dumps(kept))
            written.flush()
            os.fsync(written.fileno())
        draft.rename(self._file)

    def _known(self, now: datetime) -> dict[str, datetime]:
        return {kind: at for kind, at in self._kept().items() if now - at < OVER_AFTER}

    def _kept(self) -> dict[str, datetime]:
        if not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except ValueError:  # as a power cut leaves it: a person hears once more, and the watch goes on
            log.error("%s cannot be read; what is wrong is told anew", self._file)
            return {}
        return {kind: datetime.fromisoformat(at).astimezone(UTC) for kind, at in kept.items()}
