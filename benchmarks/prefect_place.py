"""A ledger, a Prefect server and a mail sink to be measured together, and the CPU that all of them take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.cpu import cpu_of
from benchmarks.server import empty_database, ledger_database, server
from db.embedded import EmbeddedPostgres
from flows.server import PrefectServer

if TYPE_CHECKING:
    from tests.flows.office import Office


@dataclass
class Place:
    """What runs, and the process numbers of its parts."""

    running: EmbeddedPostgres
    prefect: PrefectServer
    office: Office

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far of this process, of Prefect's server and of PostgreSQL."""
        postmaster = int((self.running.cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        client = sum(os.times()[:2])
        return {"client": client, "server": cpu_of(self.prefect.files.pid()), "postgres": cpu_of(postmaster)}


@contextmanager
def prefect_place() -> Iterator[Place]:
    """One school at work on a real Prefect server, all stopped at the end."""
    with server() as running, ledger_database(running) as engines, empty_database(running, "bench_prefect") as url, TemporaryDirectory() as folder:
        prefect = PrefectServer(Path(folder) / "prefect", url)
        connection = prefect.start()
        try:
            connection.enter()  # as the worker's own process does, its log levels too
            from prefect.client.orchestration import get_client

            from tests.flows.office import office

            with get_client(sync_client=True) as client, office(engines, prefect, client, Path(folder)) as place:
                yield Place(running, prefect, place)
        finally:
            prefect.stop()
