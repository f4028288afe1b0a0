"""The embedded server: starts anywhere, survives kill -9, one server for all who start it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db import postgres_files
from db.embedded import EmbeddedPostgres, database_url
from db.postgres_files import EmbeddedPostgresError
from db.settings import Settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path_factory.mktemp("closed"))  # pytest's folders are closed to other accounts
    made.start()
    yield made
    made.stop()
    shutil.rmtree(made.base)


def remember(server: EmbeddedPostgres, word: str) -> None:
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (word,))


def remembered(server: EmbeddedPostgres) -> set[str]:
    with psycopg.connect(server.start()) as connection:
        return {str(row[0]) for row in connection.execute("SELECT word FROM kept")}


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().splitlines()[0])


def test_the_ledger_and_prefect_have_a_database_each_and_no_superuser(server: EmbeddedPostgres) -> None:
    for name in ("sendflow", "prefect"):
        with psycopg.connect(server.url(name)) as connection:
            row = connection.execute("SELECT current_database(), rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
            assert row == (name, False, False)
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def test_pages_have_checksums_and_the_collation_is_the_same_everywhere(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        found = connection.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
        )
        assert found.fetchone() == ("b", "C.UTF-8", "UTF8")


def test_a_password_is_needed_and_only_we_can_read_it(server: EmbeddedPostgres) -> None:
    for secret in ("password", "superuser_password"):
        assert (server.base / secret).stat().st_mode & 0o077 == 0
    wrong = server.url().replace((server.base / "password").read_text(), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_hands_the_server_to_an_unprivileged_account(server: EmbeddedPostgres) -> None:
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid != 0
    assert server.cluster.stat().st_uid == Path(f"/proc/{postmaster(server)}").stat().st_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's own account can always pass")
def test_a_closed_data_folder_gets_its_place_below_var_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    chosen = postgres_files.base_folder(closed)
    assert chosen.parent == postgres_files.SHARED_ROOT
    assert chosen == postgres_files.base_folder(closed)
    chosen.rmdir()
    monkeypatch.setattr(postgres_files, "SHARED_ROOT", tmp_path)
    stolen = postgres_files.base_folder(closed)
    os.chown(stolen, 65534, 65534)
    with pytest.raises(EmbeddedPostgresError, match="belongs to another account"):
        postgres_files.base_folder(closed)
    stolen.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_programs_in_a_closed_virtual_environment_are_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        shared = Path(name)
        shared.chmod(0o755)
        monkeypatch.setattr(postgres_files, "SHARED_ROOT", shared)
        monkeypatch.setattr(postgres_files, "passable", lambda _path: False)
        copied = postgres_files.programs(shared)
        told = subprocess.run([str(copied / "postgres"), "--version"], capture_output=True, text=True, check=True, user=65534, cwd="/").stdout
        assert "PostgreSQL" in told
        assert postgres_files.programs(shared) == copied
        assert len(list(shared.iterdir())) == 1


def test_another_object_finds_the_running_server(server: EmbeddedPostgres) -> None:
    before = postmaster(server)
    assert EmbeddedPostgres(server.folder).start() == server.url()
    assert postmaster(server) == before


def test_rows_last_across_stop_and_start_and_the_port_is_remembered(server: EmbeddedPostgres) -> None:
    remember(server, "before stop")
    port = server.url()
    server.stop()
    assert not server.is_running()
    server.stop()
    assert server.start() == port
    assert "before stop" in remembered(server)


def test_a_taken_port_is_given_up_for_another(server: EmbeddedPostgres) -> None:
    server.stop()
    port = int((server.base / "port").read_text())
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        assert f":{port}/" not in server.start()
    assert server.is_running()


@pytest.mark.parametrize("time_no", range(3))
def test_committed_rows_survive_kill_9(server: EmbeddedPostgres, time_no: int) -> None:
    remember(server, f"committed {time_no}")
    os.kill(postmaster(server), signal.SIGKILL)
    assert f"committed {time_no}" in remembered(server)


def test_many_starters_at_once_start_one_server(server: EmbeddedPostgres) -> None:
    server.stop()
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(EmbeddedPostgres(server.folder).start())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 6
    assert len(set(urls)) == 1


def test_another_major_version_is_refused_in_words(server: EmbeddedPostgres) -> None:
    server.stop()
    version = server.cluster / "PG_VERSION"
    ours = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="was made by PostgreSQL 12"):
            server.start()
    finally:
        version.write_text(ours)
    server.start()


def test_a_killed_initdb_is_begun_anew(tmp_path: Path) -> None:
    made = EmbeddedPostgres(tmp_path)
    made.base.mkdir(parents=True, exist_ok=True)
    (made.base / "cluster.new").mkdir()
    (made.base / "cluster.new" / "half").write_text("written")
    try:
        began = time.monotonic()
        with psycopg.connect(made.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert time.monotonic() - began < 30
    finally:
        made.stop()
        shutil.rmtree(made.base)


def test_a_missing_password_says_what_to_do(server: EmbeddedPostgres) -> None:
    password = server.base / "password"
    kept = password.read_text()
    password.rename(password.with_name("aside"))
    try:
        with pytest.raises(EmbeddedPostgresError, match="password is missing"):
            server.url()
    finally:
        password.with_name("aside").rename(password)
    assert password.read_text() == kept


def test_a_given_address_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@example.invalid/ledger")
    assert database_url(Settings()) == "postgresql://somebody@example.invalid/ledger"
