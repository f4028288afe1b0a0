"""The banner of a copied or restored installation: it stands on every page until a person confirms (faults.md O1, O2)."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from db.engine import Engines
from db.installation import Installation, NotADemo, OtherInstallation
from db.settings import Settings

LOOK_EVERY = 5.0


class QuietBanner:
    """The words of the banner, looked up at most every five seconds; empty when all is well."""

    def __init__(self, settings: Settings, engines: Engines) -> None:
        self._installation, self._engines = Installation(settings), engines
        self._looking = threading.Lock()
        self._looked_at, self._words = -LOOK_EVERY, ""

    def words(self) -> str:
        """The words now. Raises what a database raises that does not answer: then the page cannot be made either."""
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return self._words
        # One looks; the others show what was last seen, so that they do not wait for a database in turn. Before the first look all wait.
        if self._looking.acquire(blocking=self._looked_at < 0):
            try:
                if time.monotonic() - self._looked_at >= LOOK_EVERY:
                    self._words = self._look()
                    self._looked_at = time.monotonic()
            finally:
                self._looking.release()
        return self._words

    def words_on(self, status: int) -> str:
        """The words on a page with that status. A page that says that something is wrong is made even while the database does not answer."""
        if status < 400:
            return self.words()
        if status < 500:
            with suppress(OperationalError, PoolEmpty):
                return self.words()
        return self._words

    def _look(self) -> str:
        try:
            with self._engines.scheduler() as session:
                found = self._installation.look(session)
        except (NotADemo, OtherInstallation) as wrong:
            return f"Nothing is sent from here. {wrong}"
        return found.words if found.quiet else ""
