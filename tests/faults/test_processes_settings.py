"""A server that would lose an acknowledged act is refused at start (faults.md C5)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import psycopg
import pytest

from db.embedded import EmbeddedPostgres
from db.start_checks import UnsafeServer, check_server
from tests.databases import TestServer
from tests.faults.conftest import Tally


def test_the_embedded_server_is_safe(database_url: str) -> None:
    check_server(database_url)


@pytest.mark.parametrize(("setting", "value"), [("synchronous_commit", "off"), ("row_security", "off"), ("default_transaction_read_only", "on")])
def test_c5_an_unsafe_setting_is_named(postgres: TestServer, setting: str, value: str, tally: Tally) -> None:
    with postgres.database(migrated=False) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET {setting} = {value}")
        with pytest.raises(UnsafeServer, match=f"{setting} is {value} and must be"):
            check_server(url)
    tally("C5", acts=1, note="start refused for each unsafe setting")


@pytest.fixture(scope="module")
def unsafe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this module's own: whoever starts anything on the shared one meanwhile would be refused too."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("unsafe"))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.base)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_c5_a_setting_of_the_whole_server_is_seen(unsafe: EmbeddedPostgres, setting: str, tally: Tally) -> None:
    with psycopg.connect(unsafe.superuser_url(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        while connection.execute(f"SHOW {setting}").fetchone() != ("off",):
            pass
        with pytest.raises(UnsafeServer, match=f"{setting} is off"):
            check_server(unsafe.url())
        connection.execute(f"ALTER SYSTEM RESET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    tally("C5", acts=1, note="start refused for each unsafe setting")
