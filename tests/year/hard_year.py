"""The second year: schedules off for days, everything off for days, a week without a mail server, and every sweep twice at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Barrier

from db.chase import sweep_all
from tasks.deliver import spread
from tests.year.automation import Worker
from tests.year.outages import Outage, lasting
from tests.year.trust import london
from tests.year.watched import Watcher
from tests.year.year import Year


@dataclass
class HardYear(Year):
    """As the first year, with these outages, looked at by `watcher`."""

    outages: Sequence[Outage] = ()
    watcher: Watcher | None = None
    hourly: bool = False
    _now: Outage | None = field(default=None, init=False)
    _well: bool = field(default=True, init=False)
    _alarmed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.other = Worker(self.place.new_parts())  # the second process of whatever runs twice

    def close(self) -> None:
        """Give the connections back."""
        super().close()
        self.other.parts.engines.dispose()

    def automation(self, at: datetime) -> None:
        """Unless it is off."""
        outage = lasting(self.outages, at)
        if outage is not self._now:
            self._turn_of_events(outage)
        if outage is None or outage.kind == "mail":
            super().automation(at)
        elif outage.kind == "schedules":
            self.say_alive()
            self.serve()
        self.look(at)

    def mail_up(self, day: date) -> bool:
        """Not in a week without."""
        return not any(one.kind == "mail" and one.has(london(day, 12)) for one in self.outages)

    def serve(self) -> None:
        """Unless no worker runs."""
        if self._now is None or self._now.kind != "everything":
            super().serve()

    def run_flow(self, name: str) -> None:
        """Twice at once; then the bare sweep of rungs, and what spreads them, twice at once."""
        self.twice(lambda worker: worker.run(name))
        if name == "chase_deadlines":
            today = self.place.clock.today()
            self.twice(lambda worker: sweep_all(worker.parts.engines, today))
            self.twice(lambda worker: spread(worker.parts))

    def twice(self, work: Callable[[Worker], object]) -> None:
        """In two threads with connections of their own, freed by one barrier."""
        barrier = Barrier(2)

        def at_once(worker: Worker) -> None:
            barrier.wait()
            work(worker)

        with ThreadPoolExecutor(2) as threads:
            for one in [threads.submit(at_once, worker) for worker in (self.worker, self.other)]:
                one.result()

    def look(self, at: datetime) -> None:
        """What the watch does: while all is well at each hour; once something is off, until a person was told; afterwards until all is well."""
        if self.watcher is None:
            return
        if self._now is not None and not self._alarmed:
            self._await_alarm(self._now)
        elif self._now is None and not self._well:
            self._await_well(at)
        elif self._now is None and at.minute == 0:
            self.watcher.look_well()

    def _await_alarm(self, outage: Outage) -> None:
        assert self.watcher is not None
        if outage.kind == "mail" and not self._mail_is_refused():
            return
        beside = (lambda: None) if outage.kind == "everything" else self.say_alive
        self.watcher.await_alarm(outage, beside)
        self._alarmed = True

    def _await_well(self, at: datetime) -> None:
        assert self.watcher is not None
        self._well = self.watcher.await_well(max(one.last for one in self.outages if one.last <= at))

    def _turn_of_events(self, outage: Outage | None) -> None:
        """An outage begins, or is over: what was off starts anew, as another process."""
        was, self._now = self._now, outage
        if outage is not None:
            self._alarmed, self._well = False, True
            self.worker.say_alive()  # all was well until this moment
            if outage.kind == "mail":
                self.place.mail.stop()
        if was is not None:
            self._well = False
            if was.kind == "mail":
                self.place.mail.start()
            else:
                self._start_anew()

    def _start_anew(self) -> None:
        for worker in (self.worker, self.other):
            worker.parts.engines.dispose()
        failed = self.worker.failed
        self.worker, self.other = Worker(self.place.new_parts()), Worker(self.place.new_parts())
        self.worker.failed = failed

    def _mail_is_refused(self) -> bool:
        """Whether a message waits that the server did not take."""
        with self.worker.parts.engines.scheduler() as session:
            return bool(session.connection().exec_driver_sql(_REFUSED).scalar())

    def say_alive(self) -> None:
        """The heartbeats of what still runs."""
        self.worker.say_alive(schedules=self._now is None or self._now.kind != "schedules")


_REFUSED = """
    SELECT EXISTS (SELECT FROM deliveries WHERE state = 'owed' AND error_code = 'server_not_reached')
        OR EXISTS (SELECT FROM mailings WHERE state = 'owed' AND error_code = 'server_not_reached')
"""
