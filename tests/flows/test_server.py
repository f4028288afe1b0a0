"""The Prefect server: password, settings, restart, and its refusal to run otherwise than we need."""

from __future__ import annotations

import os
import signal
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from flows.connection import Connection, PrefectUnreachable
from flows.server import PrefectServer, PrefectServerError, asynchronous
from flows.server_settings import RELIED_ON, SERVER_SETTINGS, PrefectSettingsError, check_settings

pytestmark = pytest.mark.slow


def test_every_setting_we_rely_on_holds_and_a_differing_one_is_named(prefect_server: PrefectServer) -> None:
    told = prefect_server.connection.ask("/admin/settings")
    assert isinstance(told, dict)
    check_settings(told)
    told["server"]["services"]["pause_expirations"]["enabled"] = True
    with pytest.raises(PrefectSettingsError, match="PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED is True and must be False"):
        check_settings(told)
    with pytest.raises(PrefectSettingsError) as error:
        check_settings({})
    assert str(error.value).count("must be") == len(RELIED_ON)


def test_the_api_is_closed_to_whoever_lacks_the_password(prefect_server: PrefectServer) -> None:
    ours = prefect_server.connection
    stranger = replace(ours, auth_string="sendflow:guess")
    assert ours.is_healthy()
    assert not stranger.is_healthy()
    for path in ("/admin/settings", "/admin/version", "/flows/count"):
        with pytest.raises(PrefectUnreachable, match="401"):
            stranger.ask(path)
    assert ours.auth_string not in repr(ours)


def test_password_and_log_are_for_our_account_alone(prefect_server: PrefectServer) -> None:
    files = prefect_server.files
    assert stat.S_IMODE(files.home.stat().st_mode) == 0o700
    for name in ("auth_string", "server.log"):
        assert stat.S_IMODE((files.home / name).stat().st_mode) == 0o600
    log = files.log.read_text(encoding="utf-8")
    assert prefect_server.connection.auth_string not in log


def test_it_listens_on_this_machine_only(prefect_server: PrefectServer) -> None:
    port = prefect_server.files.port()
    listening = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    addresses = {row[1].split(":")[0] for row in listening if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}
    assert addresses == {"0100007F"}


def test_a_killed_server_is_started_again_on_its_port_with_its_password(prefect_server: PrefectServer) -> None:
    before = prefect_server.connection
    os.kill(prefect_server.files.pid(), signal.SIGKILL)
    assert prefect_server.ensure()
    assert prefect_server.connection == before
    assert before.is_healthy()
    assert not prefect_server.ensure()


def test_a_server_that_outlived_its_starter_is_taken_over_not_doubled(prefect_server: PrefectServer) -> None:
    other = PrefectServer(prefect_server.files.home.parent, prefect_server.database_url)
    pid = prefect_server.files.pid()
    assert other.start() == prefect_server.connection
    assert other.files.pid() == pid


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = PrefectServer(tmp_path, "postgresql://nobody:nothing@127.0.0.1:9/none")
    with pytest.raises(PrefectServerError, match="did not start"):
        server.start()


def test_prefects_database_is_postgresql_in_whatever_spelling() -> None:
    assert asynchronous("postgres://a:b@host/db") == "postgresql+asyncpg://a:b@host/db"
    assert asynchronous("postgresql+psycopg://a:b@host/db") == "postgresql+asyncpg://a:b@host/db"
    with pytest.raises(PrefectServerError) as error:
        asynchronous("mysql://root:secret@host/db")
    assert "secret" not in str(error.value)


def test_an_absent_server_is_told_in_words() -> None:
    with pytest.raises(PrefectUnreachable, match="does not answer"):
        Connection("http://127.0.0.1:9/api", "", Path("/nowhere")).ask("/admin/version")


def test_the_file_for_a_server_of_ones_own_has_every_setting_we_start_ours_with() -> None:
    lines = (Path(__file__).parents[2] / "deploy" / "prefect-server.env").read_text(encoding="utf-8").splitlines()
    assert dict(line.split("=", 1) for line in lines if not line.startswith("#")) == dict(SERVER_SETTINGS)
