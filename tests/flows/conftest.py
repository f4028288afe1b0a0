"""One real Prefect server for all tests of flows, on the embedded PostgreSQL of the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.server import PrefectServer
from tests.databases import TestServer

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from db.engine import Engines
    from tests.flows.office import Office


@pytest.fixture(scope="session")
def prefect_server(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """The server, and this process as its client for as long as the tests run."""
    folder: Path = tmp_path_factory.mktemp("prefect")
    with postgres.database(migrated=False) as url:
        server = PrefectServer(folder, url)
        connection = server.start()
        try:
            with connection.settings():
                yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def client(prefect_server: PrefectServer) -> Iterator[SyncPrefectClient]:
    """A client of the server."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def office(engines: Engines, prefect_server: PrefectServer, client: SyncPrefectClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A school at work on this module's own ledger."""
    from tests.flows.office import office as opened

    with opened(engines, prefect_server, client, tmp_path_factory.mktemp("office")) as place:
        yield place
