"""Whether this database is this installation's own. A copied or restored one keeps quiet until a person confirms (faults.md O1, O2, O4).

The host knows a key, and how many events it last saw; the database knows the key's hash. On several hosts with one database give all
the same `SENDFLOW_INSTALLATION_KEY`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.leaps import forget_leap, leap_in_words
from db.settings import Settings

FILE = "installation.json"
RESTORED = "restored "  # stands before the backup's moment in place of the host's key, until a person confirms
State = Literal["ours", "copied", "restored", "leapt"]
_READ = text("""
    SELECT instance::text, demo, host_key, (SELECT COALESCE(sum(version), 0) FROM cases) AS events,
           (SELECT string_agg(name, ', ' ORDER BY id) FROM trusts) AS trusts FROM instance_identity
""")
_ADOPT = text("UPDATE instance_identity SET host_key = :key WHERE host_key = '' OR :confirm")
_CONFIRM = text("UPDATE instance_identity SET confirmed_at = :now")


class NotADemo(RuntimeError):
    """A demo or a test was aimed at a database that was not made for one. Nothing has been written."""


class OtherInstallation(RuntimeError):
    """DATABASE_URL leads to another database than the one this machine works with. Nothing has been written. `str()` says what was found."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`quiet`: nothing may be sent and no flow run opened. `words` say what was found and what a person must do.

    `taken_at`: the moment of the backup (UTC) that was brought back, where it is known.
    """

    state: State
    quiet: bool
    words: str
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    key: str
    events: int
    instance: str = ""


class Installation:
    """This host's side of the identity, kept in the data folder (mode 0600)."""

    def __init__(self, settings: Settings) -> None:
        self._file: Path = settings.folder / FILE
        self._given = settings.installation_key.get_secret_value() if settings.installation_key else ""
        self._demo = settings.demo

    def standing(self, session: Session) -> Standing:
        """Compare host and database, in a scheduler session. A database that belongs to nobody yet becomes ours.

        Raises NotADemo when the settings say demo and the database does not, OtherInstallation for the ledger of another trust.
        """
        known = self._known()
        session.execute(_ADOPT, {"key": _hash(known.key), "confirm": False})
        found = self.look(session)
        if found.state == "ours":
            self._keep_seen(known, session)
        return found

    def look(self, session: Session) -> Standing:
        """As `standing`, and nothing is written: for pages, at each of which it is asked. Raises what `standing` raises."""
        known, found = self._known(), session.execute(_READ).one()
        if self._demo and not found.demo:
            raise NotADemo("This database was not made for a demo, so the demo does not touch it. Give DATABASE_URL an empty database, or none.")
        if known.instance and found.instance != known.instance:
            raise OtherInstallation(_OTHER.format(found=found.instance, trusts=found.trusts or "no trust yet", known=known.instance, file=self._file))
        if found.host_key.startswith(RESTORED):
            taken_at = datetime.fromisoformat(found.host_key.removeprefix(RESTORED))
            return Standing("restored", True, _BROUGHT_BACK.format(taken_at=f"{taken_at:%d %B %Y at %H:%M} UTC"), taken_at)
        if found.host_key not in ("", _hash(known.key)):  # empty: it belongs to nobody yet, and `standing` makes it ours
            return Standing("copied", True, _COPIED)
        if found.events < known.events:
            return Standing("restored", True, _RESTORED.format(missing=known.events - found.events))
        if leapt := leap_in_words(session):
            return Standing("leapt", True, leapt)
        return Standing("ours", False, "This database belongs to this installation.")

    def refuse_empty(self, words: str) -> None:
        """Called before an empty database gets a schema. Raises OtherInstallation when this machine has worked with a ledger already."""
        known = self._known()
        if known.instance:
            raise OtherInstallation(_EMPTY.format(words=words, known=known.instance, events=known.events, file=self._file))

    def confirm(self, session: Session, now: datetime) -> None:
        """A person says that this database is the one to work with from now on, here. Needs a scheduler session."""
        known = self._known()
        session.execute(_ADOPT, {"key": _hash(known.key), "confirm": True})
        session.execute(_CONFIRM, {"now": now})
        forget_leap(session, now)
        self._keep_seen(known, session)

    def expect(self, instance: str) -> None:
        """A person has restored the ledger `instance` here: from now on this machine works with that one. The key stays."""
        self._keep(_Known(self._known().key, 0, instance))

    def _keep_seen(self, known: _Known, session: Session) -> None:
        found = session.execute(_READ).one()
        seen = _Known(known.key, int(found.events), found.instance)
        if seen != known:
            self._keep(seen)

    def _known(self) -> _Known:
        try:
            kept = json.loads(self._file.read_text(encoding="ascii"))
            known = _Known(self._given or str(kept["key"]), int(kept["events"]), str(kept.get("instance", "")))
        except FileNotFoundError:
            known = _Known(self._given or secrets.token_hex(32), 0)
            self._keep(known)
        return known

    def _keep(self, known: _Known) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{FILE}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        kept = {"key": "" if self._given else known.key, "events": known.events, "instance": known.instance}
        draft.write_text(json.dumps(kept), encoding="ascii")
        draft.rename(self._file)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


_COPIED = (
    "This database belongs to another installation (it may be a copy made on another machine), so nothing is sent. "
    "If this machine takes over, confirm it with `sendflow confirm`; if it is a test machine, leave it quiet."
)
_RESTORED = (
    "This database holds {missing} acts fewer than this machine has seen, so it was probably restored from a backup, and nothing is sent. "
    "What was sent since the backup may be sent again. Look through the cases, then confirm with `sendflow confirm`."
)
_BROUGHT_BACK = (
    "This database was brought back from the backup of {taken_at}, so nothing is sent. What was sent since then may be sent again. "
    "`sendflow confirm` lists what may repeat, and asks before anything goes on."
)
_OTHER = (
    "DATABASE_URL leads to another ledger: installation {found} ({trusts}). This machine works with installation {known}. Nothing was written. "
    "Set DATABASE_URL right, or give the other ledger a data folder of its own (SENDFLOW_DATA_FOLDER). If this machine is really to change over, "
    "move {file} away."
)
_EMPTY = (
    "{words} But this machine works with installation {known}, of which it has seen {events} acts, so an empty database is surely the wrong one. "
    "Nothing was written. Set DATABASE_URL right, bring a backup back with `sendflow restore`, or, to begin anew, move {file} away."
)
