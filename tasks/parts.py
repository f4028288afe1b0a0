"""The parts that every task and flow works with, made once a process from its settings."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass

from db.clock import Clock
from db.embedded import database_url
from db.engine import POOL_SECONDS, Engines
from db.ledger import Ledger
from db.settings import Settings, get_settings
from rules.library import Library
from rules.loader import load_library


@dataclass(frozen=True)
class Parts:
    """Settings, database, clock, definitions and the ledger upon them."""

    settings: Settings
    engines: Engines
    clock: Clock
    library: Library
    ledger: Ledger


_made: Parts | None = None
_making = threading.Lock()


def parts() -> Parts:
    """The parts of this process. Raises what reading the settings, the definitions or the database's address raises."""
    global _made
    with _making:
        if _made is None:
            _made = make_parts(get_settings())
        return _made


def make_parts(settings: Settings, url: str | None = None, pool_seconds: float = POOL_SECONDS) -> Parts:
    """Parts for these settings, apart from those of the process (for `up`, the console and tests). `url`: the ledger's, where it is known.
    `pool_seconds`: how long anybody waits for a connection.
    """
    engines = Engines(url or database_url(settings), settings.pool_size, pool_seconds)
    clock = Clock(settings.clock_file)
    library = load_library()
    return Parts(settings, engines, clock, library, Ledger(engines, clock, library))


def use_parts(chosen: Parts | None) -> None:
    """Let this process work with parts made already (`None`: make them anew when asked)."""
    global _made
    with _making:
        _made = chosen


def this_thread() -> str:
    """The name under which this thread claims and leases: host, process and thread, never a person."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
