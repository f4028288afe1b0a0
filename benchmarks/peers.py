"""The peers, called where they lie (`SENDFLOW_PEERS`, else ../shared/peers): nothing of theirs is copied here.

They run on the same PostgreSQL server, in a database of their own, with the ballast that their README asks for.
"""

from __future__ import annotations

import importlib
import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from benchmarks.server import PEERS
from db.embedded import EmbeddedPostgres

FOLDER = Path(os.environ.get("SENDFLOW_PEERS", str(Path(__file__).parents[2] / "shared" / "peers")))
ABSENT = f"the peers are not in {FOLDER} (set SENDFLOW_PEERS): ours is measured alone"


class Peers:
    """The peers' bench on our server."""

    def __init__(self, running: EmbeddedPostgres) -> None:
        admin = running.superuser_url()
        os.environ |= {
            "PEERS_DB": PEERS,
            "PEERS_ADMIN": admin,
            "PEERS_DSN": running.superuser_url(PEERS),
            "PEERS_URL": running.superuser_url(PEERS).replace("postgresql://", "postgresql+psycopg://", 1),
        }
        if str(FOLDER) not in sys.path:
            sys.path.insert(0, str(FOLDER))
        self._bench: Any = importlib.import_module("run")

    def decide(self, peer: str, cases: int, processes: int = 1, batch: int = 1000) -> dict[str, float]:
        """One repetition of a peer of their README: `tps`, `p50_ms`, `p99_ms`. It ends by their own check that all was written."""
        asked = Namespace(cases=cases, procs=processes, batch=batch, steps=0, what="floor", conc=16, reps=1)
        found: dict[str, float] = self._bench.one(peer, asked)
        return found

    def sweep(self, steps: int) -> dict[str, float]:
        """Their one statement over that many open steps, 1% due, 5,000 a transaction."""
        asked = Namespace(cases=0, procs=1, batch=5000, steps=steps, what="floor", conc=16, reps=1)
        found: dict[str, float] = self._bench.one("sweep-set", asked)
        return found


def peers(running: EmbeddedPostgres) -> Peers | None:
    """The peers on that server; None, said aloud, where they do not lie on this machine."""
    if (FOLDER / "run.py").exists():
        return Peers(running)
    print(ABSENT)
    return None
