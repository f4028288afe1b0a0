"""A lock file that names a foreign or a dead process does not stop our server, and no other process is touched (C12)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from db.embedded import EmbeddedPostgres
from tests.db.test_embedded import postmaster, remember, remembered

Tally = Callable[..., None]
SLEEPER = ["sleep", "600"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path_factory.mktemp("closed"))
    remember(made, "before stop")
    yield made
    made.stop()
    shutil.rmtree(made.base)


def test_c12_a_lock_file_naming_a_foreign_process_does_not_stop_us(server: EmbeddedPostgres, tally: Tally) -> None:
    server.stop()
    owner = server.cluster.stat().st_uid
    as_owner = {"user": owner} if os.geteuid() == 0 else {}
    sleeper = subprocess.Popen(SLEEPER, **as_owner)  # type: ignore[call-overload]
    try:
        _write_lock_file(server, sleeper.pid)
        kept = remembered(server)
        assert kept == {"before stop"}
        assert postmaster(server) != sleeper.pid
        assert sleeper.poll() is None
        server.stop()
        assert sleeper.poll() is None, "another's process was stopped"
    finally:
        sleeper.kill()
        sleeper.wait()
    tally("C12", acts=1, kills=1, lost=1 - len(kept))


def test_c12_a_lock_file_naming_a_dead_process_does_not_stop_us(server: EmbeddedPostgres, tally: Tally) -> None:
    server.stop()
    gone = subprocess.Popen(["true"])
    gone.wait()
    _write_lock_file(server, gone.pid)
    kept = remembered(server)
    assert kept == {"before stop"}
    tally("C12", acts=1, kills=1, lost=1 - len(kept))


def _write_lock_file(server: EmbeddedPostgres, pid: int) -> None:
    port = (server.base / "port").read_text()
    file = server.cluster / "postmaster.pid"
    file.write_text(f"{pid}\n{server.cluster}\n1\n{port}\n\n127.0.0.1\n  1 1\nready\n")
    if os.geteuid() == 0:
        os.chown(file, server.cluster.stat().st_uid, server.cluster.stat().st_gid)
