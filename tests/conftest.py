"""Fixtures that every folder of tests may use. Databases start only when a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from db.engine import Engines
    from tests.databases import TestServer


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
