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

from db.settings import Settings

FILE = "installation.json"
State = Literal["ours", "copied", "restored"]
_READ = text("SELECT instance, demo, host_key, (SELECT COALESCE(sum(version), 0) FROM cases) AS events FROM instance_identity")
_ADOPT = text("UPDATE instance_identity SET host_key = :key WHERE host_key = '' OR :confirm")
_CONFIRM = text("UPDATE instance_identity SET confirmed_at = :now")


class NotADemo(RuntimeError):
    """A demo or a test was aimed at a database that was not made for one. Nothing has been written."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`quiet`: nothing may be sent and no flow run opened. `words` say what was found and what a person must do."""

    state: State
    quiet: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Known:
    key: str
    events: int


class Installation:
    """This host's side of the identity, kept in the data folder (mode 0600)."""

    def __init__(self, settings: Settings) -> None:
        self._file: Path = settings.folder / FILE
        self._given = settings.installation_key.get_secret_value() if settings.installation_key else ""
        self._demo = settings.demo

    def standing(self, session: Session) -> Standing:
        """Compare host and database, in a scheduler session. A database that belongs to nobody yet becomes ours.

        Raises NotADemo when the settings say demo and the database does not.
        """
        known = self._known()
        session.execute(_ADOPT, {"key": _hash(known.key), "confirm": False})
        found = session.execute(_READ).one()
        if self._demo and not found.demo:
            raise NotADemo("This database was not made for a demo, so the demo does not touch it. Give DATABASE_URL an empty database, or none.")
        if found.host_key != _hash(known.key):
            return Standing("copied", True, _COPIED)
        if found.events < known.events:
            return Standing("restored", True, _RESTORED.format(missing=known.events - found.events))
        self._keep(_Known(known.key, int(found.events)))
        return Standing("ours", False, "This database belongs to this installation.")

    def confirm(self, session: Session, now: datetime) -> None:
        """A person says that this database is the one to work with from now on, here. Needs a scheduler session."""
        known = self._known()
        session.execute(_ADOPT, {"key": _hash(known.key), "confirm": True})
        session.execute(_CONFIRM, {"now": now})
        self._keep(_Known(known.key, int(session.execute(_READ).one().events)))

    def _known(self) -> _Known:
        try:
            kept = json.loads(self._file.read_text(encoding="ascii"))
            known = _Known(self._given or str(kept["key"]), int(kept["events"]))
        except FileNotFoundError:
            known = _Known(self._given or secrets.token_hex(32), 0)
            self._keep(known)
        return known

    def _keep(self, known: _Known) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{FILE}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"key": "" if self._given else known.key, "events": known.events}), encoding="ascii")
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
