"""The year itself: half hour by half hour, what the schedules do and what people do, in the order of a day."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from db.chase import sweep_all
from rules.hours import LONDON
from tasks.parts import Parts
from tests.year.automation import Worker, due_since
from tests.year.days import Calendars, KnownDays
from tests.year.happenings import Happenings
from tests.year.openings import Openings
from tests.year.people import People
from tests.year.trust import Place, london

TICK = timedelta(minutes=30)
BY_DAY = range(5, 20)  # hours with a half: schedules begin, people act
PEOPLE_AT = ((9, 30), (11, 30), (14, 30), (16, 30), (19, 0))


@dataclass
class Diary:
    """What the driver did and when. `sweeps`: when the rungs due had been fired, and by which day; `lists`: when lists and mornings had been made;
    `seconds` and `runs`: what each piece of work took on this machine, and how often it was done."""

    sweeps: list[tuple[datetime, date]] = field(default_factory=list)
    lists: list[datetime] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)

    def timed(self, what: str, work: Callable[[], object]) -> object:
        """Do it, and count what it took."""
        began = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[what] += time.perf_counter() - began
            self.runs[what] += 1


@dataclass
class Year:
    """From `first` to `last`, both days included. `hourly`: the rungs are swept at each hour, too."""

    place: Place
    first: date
    last: date
    seed: int
    hourly: bool = True
    say: Callable[[str], None] = lambda words: None
    diary: Diary = field(default_factory=Diary)

    def __post_init__(self) -> None:
        self.worker = Worker(self.place.new_parts())
        self.days = KnownDays([(self.place.clock.now(), read_calendars(self.worker.parts))])
        self.people = People(self.place.new_parts(), self.days.versions[0][1], Random(self.seed), links=self.place.mail.links)
        self.openings = Openings(self.people, Random(self.seed + 1))
        self.happenings = Happenings(self.people, self.place.mail)
        self._before = self.place.clock.now()
        self._chased_on: date | None = None

    def close(self) -> None:
        """Give the connections back."""
        self.worker.parts.engines.dispose()
        self.people.parts.engines.dispose()

    def run(self) -> None:
        """Live it."""
        month = 0
        for at in ticks(self.first, self.last):
            here = at.astimezone(LONDON)
            if here.month != month:
                month = here.month
                self.say(f"{here:%d %B %Y}  {len(self.place.mail.arrived):,} mails, {sum(self.people.done.values()):,} acts of people")
            self.tick(at)

    def tick(self, at: datetime) -> None:
        """One half hour."""
        self.place.time.to(at)
        self.automation(at)
        self.by_people(at)
        self._before = at

    def automation(self, at: datetime) -> None:
        """What is due by the schedules, and what the worker finds to do."""
        for name in due_since(self._before, at):
            self.flow(name)
        if self.hourly and at.minute == 0:
            self.diary.timed("sweep", self.sweep)
        self.say_alive()
        self.serve()

    def say_alive(self) -> None:
        """The heartbeats that come by themselves."""
        if self.place.clock.now().minute == 0:
            self.worker.say_alive()

    def sweep(self) -> None:
        """The rungs' sweep alone, once more for the day that was chased last."""
        if self._chased_on is not None:
            now = self.place.time.on()
            sweep_all(self.worker.parts.engines, self._chased_on)
            self.diary.sweeps.append((now, self._chased_on))
            self.place.time.on()

    def flow(self, name: str) -> None:
        """One scheduled flow, and in the diary when it had done its work."""
        self.place.time.on()
        now, today = self.place.clock.now(), self.place.clock.today()
        self.diary.timed(name, lambda: self.run_flow(name))
        if name == "chase_deadlines" or (name == "send_lists" and self._chased_on != today):  # the lists chase first if nobody has
            self.diary.sweeps.append((now, today))
            self._chased_on = today
        if name == "send_lists":
            self.diary.lists.append(now)
        self.place.time.on()

    def run_flow(self, name: str) -> None:
        """As the schedule runs it."""
        self.worker.run(name)

    def by_people(self, at: datetime) -> None:
        """At some hours of the day people do what they have to do, and the worker serves them at once."""
        here = at.astimezone(LONDON)
        if (here.hour, here.minute) not in PEOPLE_AT:
            return
        self.place.time.on(60)
        self.diary.timed("people look", self.people.look)
        if (here.hour, here.minute) == PEOPLE_AT[0]:
            self.diary.timed("people open", self.openings.of_the_day)
            if self.diary.timed("happenings", self.happenings.of_the_day):
                self.days.versions.append((self.place.clock.now(), read_calendars(self.people.parts)))
        if self.diary.timed("people act", self.people.act):
            self.place.time.on(60)
            self.serve()

    def mail_up(self, day: date) -> bool:
        """Whether the mail server took mails on that day."""
        return True

    def serve(self) -> None:
        """The worker finds what there is to do."""
        self.diary.timed("turn", self.worker.turn)


def ticks(first: date, last: date) -> Iterator[datetime]:
    """Each hour from midnight in London of `first` to the end of `last`, in true time, and by day each half hour."""
    at, end = london(first).astimezone(UTC), london(last + timedelta(days=1)).astimezone(UTC)
    while at < end:
        if at.minute == 0 or at.astimezone(LONDON).hour in BY_DAY:
            yield at
        at += TICK


def read_calendars(parts: Parts) -> Calendars:
    """The trust's term dates and closures as they are stored now."""
    with parts.engines.scheduler() as session:
        read = session.connection().exec_driver_sql
        terms = read("SELECT school_id, first_on, last_on FROM school_terms").all()
        closures = read("SELECT school_id, first_on, last_on FROM school_closures").all()
    return Calendars.read([tuple(row) for row in terms], [tuple(row) for row in closures])
