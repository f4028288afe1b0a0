"""The sample trust at the beginning of its year, in a database of its own whose time is the year's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import psycopg

from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.importing.run import import_folder
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.ledger import Ledger
from db.migrate import migrate
from db.sample.la_profiles import write_sample_profiles
from db.sample.recent_past import play_recent_past
from db.sample.trust import TRUST_NAME, write_sample_trust
from db.settings import Settings
from rules.hours import LONDON
from rules.library import Library
from rules.loader import load_library
from tasks.parts import Parts
from tests.year.mail import YearMail
from tests.year.moved_time import MovedClock, MovedTime

PUPILS = 3000
LIBRARY: Library = load_library()


@dataclass
class Place:
    """The trust, its time and its mail. `new_parts`: as a process has them that starts now."""

    folder: Path
    url: str
    clock: MovedClock
    time: MovedTime
    mail: YearMail
    settings: Settings

    @property
    def profiles(self) -> Path:
        """The folder in which the LAs' profiles lie as they were loaded."""
        return self.folder / "sample"

    def new_parts(self) -> Parts:
        """Parts with connections of their own: to be disposed of (`parts.engines.dispose()`) when that process ends."""
        engines = Engines(self.url)
        return Parts(self.settings, engines, self.clock, LIBRARY, Ledger(engines, self.clock, LIBRARY))


def london(on: date, hour: int = 0, minute: int = 0) -> datetime:
    """That time of that day in London."""
    return datetime.combine(on, time(hour, minute), LONDON)


@contextmanager
def sample_trust(server: EmbeddedPostgres, database: str, folder: Path, first: date, seed: int, pupils: int = PUPILS) -> Iterator[Place]:
    """The trust as `make demo` loads it, on `first` at midnight, its recent past played. `database`: a new one, made and migrated already."""
    clock = MovedClock(london(first))
    moved = MovedTime(server.superuser_url(database), clock)
    mail = YearMail(clock)
    settings = Settings(data_folder=folder / "data", mail_url=mail.url, origin="http://127.0.0.1:8000", demo=False)
    place = Place(folder, server.url(database), clock, moved, mail, settings)
    parts = place.new_parts()
    try:
        mail.start()
        _fill(parts, folder / "sample", first, seed, pupils)
        yield place
    finally:
        parts.engines.dispose()
        mail.stop()
        moved.close()


def _fill(parts: Parts, folder: Path, first: date, seed: int, pupils: int) -> None:
    write_sample_trust(folder, first, seed, pupils)
    with parts.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE instance_identity SET made_at = %s", (parts.clock.now(),))
        import_folder(session, folder, actor_id=None, today=first, trust_name=TRUST_NAME)
        for file in write_sample_profiles(folder, first):
            # Without what moves reminders: the oracle counts rungs from dates alone.
            profile = replace(read_profile(file.read_text(encoding="utf-8"), file.name), lead_times=(), panels=())
            load_profile(session, profile, file.name, by=None)
    play_recent_past(parts.engines, parts.ledger, first)


@contextmanager
def new_database(server: EmbeddedPostgres, name: str) -> Iterator[None]:
    """A migrated, empty database of that name, dropped at the end."""
    with psycopg.connect(server.url("prefect"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        migrate(server.url(name))
        yield
    finally:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
