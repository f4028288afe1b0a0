"""Silence is an alarm: wakes not taken, events lost, schedules that stop. A person hears in minutes, from the ledger, whatever Prefect says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from db.settings import Settings
from flows.due import last_due
from flows.known import SCHEDULED_FLOWS
from flows.server import PrefectServer
from tasks.watch import Watched, watch
from tests.faults.alarm_bell import AlarmBell
from tests.faults.tally import is_full
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
Tally = Callable[..., None]


@dataclass
class Watch:
    """The watch of this office: its clock, its bell, and one look at a time."""

    office: Office
    settings: Settings
    bell: AlarmBell
    later: timedelta = timedelta(0)

    def look(self) -> Watched:
        """As the timer does each minute."""
        assert self.settings.clock_file is not None
        self.settings.clock_file.write_text((self.office.village.clock.now() + self.later).isoformat(), encoding="ascii")
        return watch(self.settings, self.office.parts.engines, last_due)

    def kinds(self) -> set[str]:
        """The kinds of what is wrong now."""
        return {one.kind for one in self.look().wrong}

    def pass_time(self, minutes: int) -> None:
        """Everything in the ledger happened so much longer ago."""
        back = {"back": timedelta(minutes=minutes)}
        with self.office.parts.engines.scheduler() as session:
            session.execute(text("UPDATE heartbeats SET beat_at = beat_at - :back"), back)
            session.execute(text("UPDATE wakes SET wanted_at = wanted_at - :back, leased_until = leased_until - :back"), back)
            session.execute(text("UPDATE outbox SET created_at = created_at - :back"), back)

    def all_is_heard(self) -> None:
        """Every scheduled sweep has just come to its end."""
        from db.heartbeats import beat

        with self.office.parts.engines.scheduler() as session:
            for known in SCHEDULED_FLOWS:
                beat(session, known.name, self.office.village.clock.now(), every_seconds=300)


@pytest.fixture
def watching(office: Office) -> Iterator[Watch]:
    folder = office.sink_folder.parent
    (folder / "watch.json").unlink(missing_ok=True)
    with AlarmBell().open() as bell:
        settings = office.parts.settings.model_copy(update={"clock_file": folder / "watch-clock", "alarm_url": SecretStr(bell.url)})
        made = Watch(office, settings, bell)
        made.all_is_heard()
        yield made


def test_p4_wakes_that_nobody_takes_ring_within_five_minutes_and_once(watching: Watch, prefect_server: PrefectServer, tally: Tally) -> None:
    """Two real workers are stopped. In full the minutes are real ones, and the watch looks as its timer does; else they are let pass."""
    office, bell = watching.office, watching.bell
    with office.worker(prefect_server) as one, office.worker(prefect_server) as other:
        cases = [office.open() for _ in range(3)]
        until(lambda: all(office.is_served(case) for case in cases) and "wakes" in office.heartbeats(), "the workers are heard")
        assert watching.kinds() == set() and bell.heard == []
        for worker in (one, other):
            worker.stop()
    for case in cases:
        office.agree_meeting(case)
        office.want(case)  # spread already, and then every worker stopped
    seconds = rings_in_real_time(watching) if is_full() else rings_when_time_passes(watching)
    watching.kinds()
    assert len(bell.heard) == 1 and seconds < 300, "once an incident, within five minutes"
    assert "3 cases want to be woken, the first for" in bell.heard[0] and "nobody takes them." in bell.heard[0]
    assert "Ada" not in bell.heard[0] and "Ashby" not in bell.heard[0]
    watching.later = timedelta(0)
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "a worker takes them")
        until(lambda: "worker" not in watching.kinds(), "the worker is heard")
    tally("P4", acts=3, kills=2, note=f"two workers stopped; alarm {seconds:.0f} s after the wake was wanted, once")


def rings_in_real_time(watching: Watch) -> float:
    """Look until the alarm has come; seconds since now."""
    began = time.monotonic()

    def rung() -> bool:
        watching.later = timedelta(seconds=time.monotonic() - began)
        return watching.kinds() >= {"worker", "wakes", "outbox"}

    until(rung, "the alarm", seconds=300)
    return time.monotonic() - began


def rings_when_time_passes(watching: Watch) -> float:
    """Let two minutes pass, which are no alarm, and two more; a bell that hears nothing is rung again."""
    watching.pass_time(2)
    watching.all_is_heard()
    assert watching.kinds() == set(), "two minutes are no alarm"
    watching.pass_time(2)
    watching.all_is_heard()
    watching.bell.deaf = True
    assert watching.look().not_told and watching.bell.heard == []
    watching.bell.deaf = False
    assert watching.kinds() == {"worker", "wakes", "outbox"}
    return 240.0


def test_p9_events_lost_when_the_server_dies_take_no_alarm_with_them(
    watching: Watch, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr("flows.wake_loop.LONGEST_PAUSE", 1.0)
    office, sent = watching.office, 50
    with office.loop():
        case = office.open_and_served()
        resource = f"sendflow.case.{case}"
        event = {"event": "sendflow.step.overdue", "resource": {"prefect.resource.id": resource}}
        events = [event | {"id": str(uuid4()), "occurred": datetime.now(UTC).isoformat()} for _ in range(sent)]
        office.client.request("POST", "/events", json=events).raise_for_status()
        os.kill(prefect_server.files.pid(), signal.SIGKILL)
        office.agree_meeting(case)
        until(lambda: not office.village.rows("SELECT 1 FROM outbox"), "the ledger wants the wake")
        watching.pass_time(4)
        watching.all_is_heard()
        assert "wakes" in watching.kinds()
        assert prefect_server.ensure()
        until(lambda: office.is_served(case), "served when the server is back", seconds=90)
    assert watching.bell.heard and "want to be woken" in watching.bell.heard[0]
    # Of ours alone: the worker tells Prefect of the same case's late steps meanwhile.
    filters = {"filter": {"id": {"id": [one["id"] for one in events]}}}
    kept = office.client.request("POST", "/events/filter", json=filters).json()["total"]
    assert 0 <= kept <= sent
    tally("P9", acts=1, kills=1, note=f"{sent - kept} of {sent} events lost, the alarm came from the ledger")


def test_p11_a_schedule_that_stays_silent_rings(watching: Watch, tally: Tally) -> None:
    """Should Prefect's server not find its database again, its schedules stop: the ledger sees it. (Restarts are in test_killed.py.)"""
    watching.pass_time(60)
    watching.later = timedelta(minutes=4)
    assert "schedule reconcile" in watching.kinds()
    assert "reconcile was to run at" in watching.bell.heard[-1]
    tally("P11", acts=1, note="a silent schedule rings within 10 minutes")


def test_the_ledger_itself_away_rings_too(watching: Watch) -> None:
    from db.engine import Engines

    nowhere = Engines("postgresql://nobody@127.0.0.1:9/none", 1)
    for _ in range(2):
        assert [one.kind for one in watch(watching.settings, nowhere, last_due).wrong] == ["ledger"]
    nowhere.dispose()
    assert len(watching.bell.heard) == 1 and "database does not answer" in watching.bell.heard[0]
