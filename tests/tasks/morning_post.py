"""A school, its council's officer and a mail sink, and mornings that come without Prefect: what the tests of lists and mornings stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from db.engine import Engines
from db.ledger import Ledger
from db.models import SchoolTerm
from db.settings import Settings
from notifications.sink import KeptMail, MailSink
from rules.loader import load_library
from tasks.chase import chase
from tasks.deliver import deliver, spread
from tasks.mailings import send_lists
from tasks.parts import Parts
from tests.acceptance.people import settle
from tests.databases import TestServer
from tests.db.ledger_story import MovableClock, Village, day, village

LIBRARY = load_library()


@dataclass
class HourClock(MovableClock):
    """A clock that a test sets to an hour (London's, in winter)."""

    hour: int = 7

    def now(self) -> datetime:
        """That hour of the test's day."""
        return datetime.combine(self.today_is, time(self.hour), UTC)


@dataclass
class MorningPost:
    """One school whose mornings come. The installation is no demo, so it keeps hours."""

    village: Village
    clock: HourClock
    parts: Parts
    sink: MailSink

    def comes(self, on: str, hour: int = 7) -> list[KeptMail]:
        """That morning comes: chasing, spreading, lists, and letters; the mails that came of it, in the order they came."""
        before = {mail.id for mail in self.sink.mails()}
        self.is_now(on, hour)
        chase(self.parts, self.clock.today())
        send_lists(self.parts, self.clock.now())
        deliver(self.parts)
        return [mail for mail in reversed(self.sink.mails()) if mail.id not in before]

    def is_now(self, on: str, hour: int = 7) -> None:
        """It is that hour, and the worker was started since: a clock that leapt under a running one is told to a person first."""
        self.clock.today_is, self.clock.hour = day(on), hour
        self.parts = replace(self.parts)

    def review(self, meeting_on: str) -> str:
        """A review with its meeting agreed; nothing of it was chased yet."""
        case = self.village.open(rights_held_by="parent", year_group=5, looked_after=False).case
        self.village.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day(meeting_on))
        return case

    def spread(self) -> None:
        """Make deliveries of all that acts owe."""
        while spread(self.parts).rows:
            pass

    def states(self, case: str, role: str = "") -> list[tuple[str, str, str]]:
        """(role, state, kind of mailing) of the case's messages."""
        query = (
            "SELECT d.to_role, d.state, d.held_for FROM deliveries d JOIN cases c ON c.id = d.case_id "
            "WHERE c.ref = %s AND d.state <> 'superseded' AND %s IN ('', d.to_role) ORDER BY d.id"
        )
        return [tuple(row) for row in self.village.rows(query, case, role)]


@contextmanager
def post_of_its_own(postgres: TestServer, folder: Path, terms: tuple[tuple[str, date, date], ...] = ()) -> Iterator[MorningPost]:
    """The same in a ledger of one test's own: a sweep takes whatever is due, of any case."""
    with postgres.database() as url:
        engines = Engines(url)
        with morning_post(engines, folder, terms) as opened:
            yield opened
        engines.dispose()


@contextmanager
def morning_post(engines: Engines, folder: Path, terms: tuple[tuple[str, date, date], ...] = ()) -> Iterator[MorningPost]:
    """A new school in this module's database, on the shipped definitions, with its mail sink at work until the block ends."""
    clock = HourClock()
    place = village(engines)
    settle(place)
    place.clock, place.ledger = clock, Ledger(engines, clock, LIBRARY)
    with engines.scheduler() as session:
        session.add_all(SchoolTerm(school_id=place.school_id, name=name, first_on=first, last_on=last) for name, first, last in terms)
    with MailSink(folder / "mail", clock.now) as sink:
        settings = Settings(data_folder=folder, mail_url=sink.url, origin="http://127.0.0.1:8000", demo=False, teams_hosts="127.0.0.1")
        yield MorningPost(place, clock, Parts(settings, engines, clock, LIBRARY, place.ledger), sink)
