"""What `sendflow watch` says while the ledger cannot be read, or its own memory cannot: it rings, and says nothing that it does not know."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from db.clock import Clock
from db.engine import Engines
from db.heartbeats import beat
from db.settings import Settings
from db.watching import WORKER
from flows.due import last_due
from flows.known import SCHEDULED_FLOWS
from tasks.watch import FILE, Watched, watch
from tests.databases import TestServer
from tests.faults.alarm_bell import AlarmBell
from tests.faults.watching_proxy import WatchingProxy

NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


@dataclass
class SetClock(Clock):
    """The machine's clock, as a test sets it."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at


@dataclass
class Watch:
    engines: Engines
    settings: Settings
    bell: AlarmBell
    machine: SetClock = field(default_factory=SetClock)

    def look(self, engines: Engines | None = None, minutes: int = 0) -> Watched:
        """Look so many minutes after the last time."""
        self.machine.at += timedelta(minutes=minutes)
        return watch(self.settings, engines or self.engines, last_due, machine=self.machine)

    def worker(self, *, silent: bool) -> None:
        with self.engines.scheduler() as session:
            beat(session, WORKER, datetime.now(UTC) - timedelta(minutes=4 if silent else 0), every_seconds=300)


@pytest.fixture
def watching(engines: Engines, tmp_path: Path) -> Iterator[Watch]:
    """An installation on which everything has just been heard."""
    with engines.scheduler() as session:
        for name in (WORKER, *(known.name for known in SCHEDULED_FLOWS)):
            beat(session, name, datetime.now(UTC), every_seconds=300)
        session.execute(text("UPDATE instance_identity SET host_key = ''"))
    with AlarmBell().open() as bell:
        yield Watch(engines, Settings(data_folder=tmp_path, alarm_url=SecretStr(bell.url)), bell)


def test_nothing_is_called_over_while_the_ledger_cannot_be_read(watching: Watch) -> None:
    watching.worker(silent=True)
    assert [one.kind for one in watching.look().told] == ["worker"]
    away = Engines(NOWHERE, 1)
    assert [one.kind for one in watching.look(away, 1).told] == ["ledger"]
    assert watching.look(away, 15).over == (), "nobody can know"
    away.dispose()
    back = watching.look(minutes=1)
    assert [one.kind for one in back.wrong] == ["worker"] and back.told == (), "it lasted, and was told"
    watching.worker(silent=False)
    assert watching.look(minutes=8).over == () and set(watching.look(minutes=3).over) == {"ledger", "worker"}


def test_a_database_that_can_only_be_read_rings(watching: Watch, database_url: str) -> None:
    name = database_url.rsplit("/", 1)[1].split("?")[0]
    with psycopg.connect(database_url, autocommit=True) as login:
        login.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        standby = Engines(database_url, 1)
        assert [one.kind for one in watching.look(standby).told] == ["ledger"]
        standby.dispose()
    finally:
        with psycopg.connect(database_url, autocommit=True) as login:
            login.execute("SET default_transaction_read_only = off")
            login.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    assert "can only be read" in watching.bell.heard[0]


def test_a_database_without_our_tables_rings(watching: Watch, postgres: TestServer) -> None:
    with postgres.database(migrated=False) as url:
        empty = Engines(url, 1)
        assert [one.kind for one in watching.look(empty).told] == ["ledger"]
        empty.dispose()


def test_a_ledger_of_another_installation_rings(watching: Watch) -> None:
    assert watching.look().wrong == ()
    with watching.engines.scheduler() as session:
        session.execute(text("UPDATE instance_identity SET instance = gen_random_uuid()"))
    assert [one.kind for one in watching.look().told] == ["ledger"]
    assert "another ledger" in watching.bell.heard[0]


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"worker": "soon"}'])
def test_a_memory_that_cannot_be_read_keeps_no_alarm_back(watching: Watch, kept: str) -> None:
    """A host that lost its power may leave the file empty."""
    watching.settings.folder.mkdir(parents=True, exist_ok=True)
    (watching.settings.folder / FILE).write_text(kept, encoding="utf-8")
    watching.worker(silent=True)
    assert [one.kind for one in watching.look().told] == ["worker"]
    assert watching.look(minutes=1).told == ()


def test_what_was_seen_by_a_clock_that_was_ahead_keeps_no_alarm_back(watching: Watch) -> None:
    watching.worker(silent=True)
    watching.machine.at += timedelta(days=30)
    assert watching.look().told
    watching.machine.at -= timedelta(days=30)
    watching.worker(silent=False)
    watching.look()
    watching.look(minutes=11)
    watching.worker(silent=True)
    assert [one.kind for one in watching.look(minutes=11).told] == ["worker"]


def test_a_database_that_froze_rings_in_time(watching: Watch, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took the connection and says nothing any more: its disk hangs, or its host is lost. The watch beside `up` has such a connection."""
    monkeypatch.setattr("tasks.watch.LOOK_WITHIN", 1.0, raising=False)
    there, thaw = urlsplit(database_url), threading.Event()
    proxy = WatchingProxy(there.port or 5432)
    through = Engines(database_url.replace(f":{there.port}", f":{proxy.port}"), 1)
    assert watching.look(through).wrong == ()
    proxy.look = lambda _packet, _to_server: thaw.wait(6) or True
    assert [one.kind for one in watching.look(through).told] == ["ledger"]
    thaw.set()
    assert watching.look(through).wrong == ()
    through.dispose()
    proxy.close()


def test_acts_that_are_gone_ring_though_nothing_is_sent(watching: Watch) -> None:
    """After a failover to a server that was behind: this machine's own ledger keeps quiet, and a person must know."""
    assert watching.look().wrong == ()
    file = watching.settings.folder / "installation.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"events": kept["events"] + 7}))
    assert [one.kind for one in watching.look().told] == ["quiet"]
    assert "holds 7 acts fewer" in watching.bell.heard[0]


def test_two_who_are_told_hear_once_though_one_is_deaf(watching: Watch) -> None:
    watching.worker(silent=True)
    with AlarmBell().open() as other:
        other.deaf = True
        both = watching.settings.model_copy(update={"alarm_url": SecretStr(f"{watching.bell.url} {other.url}")})
        watching.settings = both
        for _ in range(3):
            watching.look(minutes=1)
    assert len(watching.bell.heard) == 1
