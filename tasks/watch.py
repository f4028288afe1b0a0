"""Watches the automation from outside of it, and tells a person by another way than its own mail, once an incident (faults P4, P9, P11).

The memory of what was told is a file in the data folder: the ledger itself may be what is away. Whatever keeps the watch from looking is an
incident too: only a watch that rings may fail.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from sqlalchemy.exc import DBAPIError

from db.clock import Clock
from db.engine import Engines
from db.installation import Installation, NotADemo, OtherInstallation, Standing
from db.migrate import DatabaseRefused, inspect_database
from db.settings import Settings
from db.watching import Incident, Seen, incidents, look
from notifications.channels import tell
from tasks.failure import code_of, is_outage, place_of

FILE = "watch.json"
OVER_AFTER = timedelta(minutes=10)  # unseen for that long it is over; when it comes back a person hears again
LOOK_WITHIN = 30.0  # seconds for one look; a server that took the connection and then froze says nothing by itself
READ_ONLY = "25006"  # PostgreSQL's word for a transaction that may not write
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


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `seen`: what the ledger says; None where it could not be read. `blind`: what is wrong with the automation is not known, so nothing
    can be called over. `silent`: a copy, which tells nobody."""

    wrong: tuple[Incident, ...]
    seen: Seen | None = None
    blind: bool = False
    silent: bool = False


def watch(settings: Settings, engines: Engines, due: Due, machine: Clock | None = None) -> Watched:
    """Look once, and tell what is new. `due`: when scheduled work was last to run. Raises notifications.channels.AlarmUrlError, and
    db.installation.NotADemo for a demo's folder with a database that is none.

    `machine`: by which it is counted how long an incident lasts; the machine's own (None), for that has nothing to do with a demo's moved clock.
    """
    looked = look_in_time(settings, engines, due)
    url = settings.alarm_url.get_secret_value() if settings.alarm_url else ""
    if not url or looked.silent:
        return Watched(looked.wrong)
    return _tell_what_is_new(Memory(settings.folder / FILE), looked, url, settings.origin, (machine or Clock()).now())


def look_in_time(settings: Settings, engines: Engines, due: Due) -> Look:
    """Look, and tell nobody. In a thread that is left alone when the database has frozen: its connection is given up, and the next look has another.

    Raises db.installation.NotADemo.
    """
    found: list[Look | NotADemo] = []

    def looks() -> None:
        try:
            found.append(_look(settings, engines, due))
        except NotADemo as refused:
            found.append(refused)

    looking = threading.Thread(target=looks, name="look", daemon=True)
    looking.start()
    looking.join(LOOK_WITHIN)
    if not found:
        engines.dispose()
        return _blind(
            "ledger", f"The ledger's database has not answered for {LOOK_WITHIN:.0f} seconds: nothing is decided, woken or sent. See to it."
        )
    if isinstance(found[0], NotADemo):
        raise found[0]
    return found[0]


def _look(settings: Settings, engines: Engines, due: Due) -> Look:
    try:
        now = Clock(settings.clock_file).now()
        with engines.scheduler() as session:
            standing, seen = Installation(settings).standing(session), look(session, now)
        if standing.quiet:
            return Look((Incident("quiet", standing.words),), seen, blind=True, silent=not _is_to_be_told(standing))
        return Look(tuple(incidents(seen, due(now))), seen)
    except NotADemo:
        raise
    except OtherInstallation as other:
        return _blind("ledger", str(other))
    except Exception as error:
        return _failed(engines.url, error)


def _is_to_be_told(standing: Standing) -> bool:
    """A copy, or a backup that a person has just brought back, tells nobody. That the clock leapt, or that acts are gone which this machine has seen
    (a failover to a server that was behind), is this installation's own trouble: it stands still until a person knows."""
    return standing.state == "leapt" or (standing.state == "restored" and standing.taken_at is None)


def _failed(url: str, error: Exception) -> Look:
    """What kept us from looking, in words that quote nothing of the error."""
    code = code_of(error)
    if code == f"database.{READ_ONLY}":
        return _blind("ledger", "The ledger's database can only be read: nothing can be decided, woken or sent. See whether it is a standby.")
    if is_outage(error):
        return _blind("ledger", "The ledger's database does not answer: nothing can be decided, woken or sent. Start it.")
    log.error("the watch could not look: %s at %s", code, place_of(error))
    if isinstance(error, DBAPIError):
        return _blind("ledger", f"The ledger's database cannot be read ({code}): {_what_it_is(url)}")
    return _blind("watch", f"The watch could not look ({code}), so nobody knows how the automation stands. Run `sendflow watch`, and see its log.")


def _what_it_is(url: str) -> str:
    try:
        return inspect_database(url).words
    except (DatabaseRefused, DBAPIError) as error:
        return str(error) if isinstance(error, DatabaseRefused) else "see the watch's log."


def _blind(kind: str, words: str) -> Look:
    return Look((Incident(kind, words),), blind=True)


def _tell_what_is_new(memory: Memory, looked: Look, url: str, origin: str, now: datetime) -> Watched:
    wrong = looked.wrong
    there = (*wrong, *memory.others(wrong)) if looked.blind else wrong  # what could not be looked at lasts, as far as anybody knows
    new, over = memory.new(wrong, now), memory.over(there, now)
    title = f"Sendflow: {len(wrong)} things are wrong" if wrong else "Sendflow: nothing is wrong any more"
    words = [*(one.words for one in new), *(f"Over: {kind}, last seen on {at:%d %B at %H:%M} UTC." for kind, at in over.items()), origin]
    told = not (new or over) or tell(url, title, "\n".join(words))
    if not told:
        log.error("the alarm could not be sent: SENDFLOW_ALARM_URL does not take it")
    memory.keep(there, () if told else new, now, over={} if told else over)
    return Watched(wrong, tuple(new) if told else (), not told, tuple(over) if told else ())


class Memory:
    """Which incidents a person knows of, and when each was last seen."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def new(self, wrong: Sequence[Incident], now: datetime) -> list[Incident]:
        """Those that nobody was told of yet. `now` in UTC."""
        known = self._known(now)
        return [one for one in wrong if one.kind not in known]

    def others(self, wrong: Sequence[Incident]) -> list[Incident]:
        """What a person was told of beside these, without words."""
        there = {one.kind for one in wrong}
        return [Incident(kind, "") for kind in self._read() if kind not in there]

    def over(self, wrong: Sequence[Incident], now: datetime) -> dict[str, datetime]:
        """The kinds that a person was told of and that have not been seen for `OVER_AFTER`, with when each was last seen."""
        there = {one.kind for one in wrong}
        return {kind: at for kind, at in self._kept(now).items() if now - at >= OVER_AFTER and kind not in there}

    def keep(self, wrong: Sequence[Incident], untold: Sequence[Incident], now: datetime, over: Mapping[str, datetime] = MappingProxyType({})) -> None:
        """Remember what is known from now on: what is wrong, without what could not be told, what ended a short while ago, and of what is `over`
        that of which nobody could be told."""
        seen = {one.kind: now for one in wrong if one not in untold}
        kept = {kind: at.isoformat() for kind, at in (self._known(now) | dict(over) | seen).items()}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{FILE}.{secrets.token_hex(4)}")  # `up` and a timer may look at the same moment
        try:
            with draft.open("w", encoding="utf-8") as written:
                written.write(json.dumps(kept))
                written.flush()
                os.fsync(written.fileno())
            draft.replace(self._file)
        finally:
            draft.unlink(missing_ok=True)

    def _known(self, now: datetime) -> dict[str, datetime]:
        return {kind: at for kind, at in self._kept(now).items() if now - at < OVER_AFTER}

    def _kept(self, now: datetime) -> dict[str, datetime]:
        """What was seen by a clock that was ahead was seen now, at the latest: else it would keep back its own alarm until then."""
        return {kind: min(at, now) for kind, at in self._read().items()}

    def _read(self) -> dict[str, datetime]:
        """A file that cannot be read (the host lost its power while it was written) knows nothing: better told twice than never."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return {kind: datetime.fromisoformat(at).astimezone(UTC) for kind, at in kept.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            log.warning("%s cannot be read: whatever is wrong is told anew", self._file)
            return {}
