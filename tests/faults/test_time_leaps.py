"""Clocks that leap (`faults.md` T2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cli.up import Running, start_ledger, sweep_once
from db.clock import Clock
from db.engine import Engines
from db.heartbeats import beat
from db.installation import Installation
from db.leaps import LeapWatch, record_leap
from db.messages_owed import owes_messages
from db.outbox import spread
from db.settings import Settings
from db.wakes import wanted
from tasks.chase import chase
from tasks.failure import TaskFailed
from tasks.parts import make_parts
from tasks.quiet import why_quiet
from tests.databases import TestServer
from tests.db.ledger_story import village
from tests.faults.clock_files import clock_at, numbers
from tests.faults.conftest import Tally
from tests.faults.leases import is_settled, mails_of
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
MORNING = datetime(2026, 11, 24, 9, tzinfo=UTC)


def confirm(office: Office) -> None:
    """What `sendflow confirm` does."""
    with office.parts.engines.scheduler() as session:
        Installation(office.parts.settings).confirm(session, office.parts.clock.now())


@pytest.mark.parametrize(("leap", "words"), [(timedelta(hours=-2), "leapt back by 2 hours"), (timedelta(days=8), "leapt ahead by 192 hours")])
def test_t2_a_leap_asks_before_it_sends(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally, leap: timedelta, words: str
) -> None:
    """Until a person confirms nobody is woken, written to or reminded; people decide on; then all comes once."""
    monkeypatch.setattr("tasks.quiet.LOOK_EVERY", 0.2)
    file = tmp_path / "clock"
    with clock_at(office, file, MORNING), office.loop():
        case = office.open_and_served()
        assert not why_quiet(office.parts)
        chase(office.parts, office.parts.clock.today())
        until(lambda: is_settled(office, case), "the morning's reminders are sent")
        before = len(mails_of(office, case))
        file.write_text((MORNING + leap).isoformat(), encoding="ascii")
        assert words in until(lambda: why_quiet(office.parts), "the leap is seen")
        with pytest.raises(TaskFailed, match=r"clock\.leapt"):
            chase(office.parts, office.parts.clock.today())
        office.agree_meeting(case)
        quiet = "send_invitations" in office.open_steps(case) and len(mails_of(office, case)) == before
        file.write_text(MORNING.isoformat(), encoding="ascii")
        assert words in why_quiet(office.parts), "a clock put right goes on only when a person says so"
        confirm(office)
        until(lambda: not why_quiet(office.parts), "it goes on", 30)
        chase(office.parts, office.parts.clock.today())
        until(lambda: "send_invitations" not in office.open_steps(case) and is_settled(office, case), "what was owed is sent")
    mails, acts = mails_of(office, case), numbers(office, case)
    doubled = len(mails) - len(set(mails))
    tally("T2", acts=len(acts), kills=1, lost=int(not quiet), doubled=doubled, note="back 2 hours, ahead 8 days; nothing sent until confirmed")
    assert quiet and doubled == 0 and len(mails) > before
    assert acts == sorted(acts) and office.parts.ledger.verify(case) == []


def test_t2_an_outage_and_a_machine_that_slept_are_no_leap() -> None:
    """Ten days off: a new process knows of no earlier look. Asleep: the count of seconds went on as well. A few minutes: put right by NTP."""
    seconds = [0.0]
    clock = Clock(fixed=MORNING)
    watch = LeapWatch(clock, lambda: seconds[0])
    assert not watch.leap()
    seconds[0] += 300
    assert not watch.leap(), "five minutes that the clock did not count"
    watch._clock = Clock(fixed=MORNING + timedelta(days=10))
    seconds[0] += timedelta(days=10).total_seconds()
    assert not watch.leap()
    assert not LeapWatch(Clock(fixed=MORNING + timedelta(days=20))).leap()


def test_t2_a_leap_found_while_the_database_is_away_is_told_when_it_is_back(tmp_path: Path, postgres: TestServer) -> None:
    """Both come at once when a machine is moved to another host."""
    file = tmp_path / "clock"
    file.write_text(MORNING.isoformat(), encoding="ascii")
    settings = Settings(data_folder=tmp_path, clock_file=file)
    with postgres.database() as url:
        here, name = make_parts(settings, url), url.rpartition("/")[2]
        assert not why_quiet(here)
        here.engines.dispose()
        with postgres.admin() as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        file.write_text((MORNING + timedelta(days=3)).isoformat(), encoding="ascii")
        with pytest.raises(OperationalError):
            why_quiet(here)
        with postgres.admin() as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert "leapt ahead by 72 hours" in why_quiet(here)
        here.engines.dispose()


def test_t2_up_begins_quietly_on_a_clock_that_is_behind_what_the_ledger_has_heard(tmp_path: Path, postgres: TestServer) -> None:
    """The machine's clock was set back while nothing ran: the console starts all the same, and says what is wrong."""
    with postgres.database() as url:
        here = Running(Settings(data_folder=tmp_path, database_url=SecretStr(url)), lambda words: None, 0)
        engines = Engines(url)
        with engines.scheduler() as session:
            beat(session, "wakes", Clock().now() + timedelta(hours=3), every_seconds=30)
        engines.dispose()
        sweep_once(here, start_ledger(here))
    assert here.standing is not None and here.standing.quiet and "leapt back by 3 hours" in here.standing.words


def test_t2_what_was_claimed_by_the_wrong_clock_is_free_once_a_person_confirms(tmp_path: Path, postgres: TestServer) -> None:
    """The database's own clock leapt as well: a lease and a message's next try may lie days ahead of the right time."""
    with postgres.database() as url:
        engines = Engines(url)
        ash = village(engines)
        case = ash.meeting_agreed()
        ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=date(2026, 9, 21))
        with engines.scheduler() as session:
            spread(session, MORNING)
            session.execute(text("UPDATE wakes SET leased_until = now() + interval '3 days', holder = 'dead'"))
            session.execute(text("UPDATE deliveries SET next_try_at = now() + interval '3 days'"))
            record_leap(session, MORNING, timedelta(days=3))
        with engines.scheduler() as session:
            assert not wanted(session) and not owes_messages(session, case)
            Installation(Settings(data_folder=tmp_path)).confirm(session, MORNING)
        with engines.scheduler() as session:
            assert [one.case for one in wanted(session)] == [case] and owes_messages(session, case)
        engines.dispose()
