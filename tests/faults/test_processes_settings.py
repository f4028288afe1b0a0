"""A server that would lose an acknowledged act is refused at start (faults.md C5)."""

from __future__ import annotations

import psycopg
import pytest

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


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_c5_a_setting_of_the_whole_server_is_seen(postgres: TestServer, database_url: str, setting: str, tally: Tally) -> None:
    with psycopg.connect(postgres.server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            connection.execute("SELECT pg_sleep(0.3)")
            with pytest.raises(UnsafeServer, match=f"{setting} is off"):
                check_server(database_url)
        finally:
            connection.execute(f"ALTER SYSTEM RESET {setting}")
            connection.execute("SELECT pg_reload_conf()")
    tally("C5", acts=1, note="start refused for each unsafe setting")
