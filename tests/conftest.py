"""Fixtures that every folder of tests may use. Databases start only when a test asks for one."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.order import slowest_first

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from db.engine import Engines
    from flows.server import PrefectServer
    from tests.databases import TestServer
    from tests.flows.office import Office

# Tests speak TLS with nobody, yet each mail and each Prefect client reads all authorities there are (24 ms). Child processes have this too.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("nobody.pem"))

# Three thousand tests and all they import are a large heap that never becomes garbage: looked through seldom, a process of the run collects its
# tests in 4 s instead of 6.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files first, each whole: `make test` gives files to three processes in this order."""
    place = slowest_first(item.nodeid.split("::")[0] for item in items)
    items.sort(key=lambda item: place[item.nodeid.split("::")[0]])


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: the collector need not look at it again."""
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """The embedded PostgreSQL server of this test run."""
    from tests.databases import shared_server

    with shared_server() as server:
        yield server


@pytest.fixture(scope="module")
def database_url(postgres: TestServer) -> Iterator[str]:
    """A migrated database of this module's own, without rows."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="module")
def engines(database_url: str) -> Iterator[Engines]:
    """The ledger's connections to this module's database."""
    from db.engine import Engines

    opened = Engines(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def prefect_server(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """One real Prefect server for all tests that need one, on the embedded PostgreSQL of the run; this process is its client from then on."""
    from flows.server import PrefectServer

    folder: Path = tmp_path_factory.mktemp("prefect")
    with postgres.database(migrated=False) as url:
        server = PrefectServer(folder, url)
        connection = server.start()
        try:
            with connection.settings():
                yield server
                _hand_in_all()
        finally:
            server.stop()


def _hand_in_all() -> None:
    """Send the server what Prefect's client holds back: after its end this process would knock for a minute more at a server that is gone."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for service in (EventsWorker, APILogWorker):
        service.drain_all(timeout=10)


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
