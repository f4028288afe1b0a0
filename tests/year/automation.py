"""What the worker and the schedules do, driven by the year's clock: the same functions that the flows call, without Prefect between.

Which of them runs when is read from `flows/known.py`. What only looks at Prefect (`reconcile`, showing a case's state and the week's counts
there) has no counterpart here; the heartbeat of `reconcile` is given, so that `sendflow watch` misses nothing that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from db import wakes
from db.heartbeats import beat
from flows.due import last_due
from flows.known import SCHEDULED_FLOWS
from tasks.chase import chase
from tasks.deliver import deliver, owes, spread
from tasks.does import ToDo, do, open_steps
from tasks.escalate import NAME as ESCALATE
from tasks.escalate import open_interventions, read_week
from tasks.failure import TaskFailed
from tasks.mailings import send_lists
from tasks.open_reviews import open_due_reviews
from tasks.open_school_years import open_school_years
from tasks.open_transfers import open_due_transfers
from tasks.parts import Parts, this_thread
from tasks.reports import send_reports
from tasks.sweeps import DAY, FIVE_MINUTES, TEN_MINUTES, sweep

ROUNDS = 5  # of serving one case, as in flows/case.py
OPENERS = (open_due_transfers, open_due_reviews, open_school_years)


def _open_due(parts: Parts) -> int | None:
    today = parts.clock.today()
    return sweep(parts, "open_due_reviews", DAY, lambda: sum(len(task(parts, today).opened) for task in OPENERS))


def _escalate(parts: Parts) -> int | None:
    return sweep(parts, ESCALATE, DAY, lambda: _escalated(parts))


def _escalated(parts: Parts) -> int:
    try:
        return len(open_interventions(parts, read_week(parts, parts.clock.now())))
    finally:
        send_reports(parts, parts.clock.now())


# By the flow's name: what its body calls. With those of `OFTEN` they are all flows that have a schedule, which a test holds.
SCHEDULED: Mapping[str, Callable[[Parts], object]] = {
    "open_due_reviews": _open_due,
    "chase_deadlines": lambda parts: chase(parts, parts.clock.today()),
    "send_lists": lambda parts: send_lists(parts, parts.clock.now()),
    "escalate_trust_wide": _escalate,
}
OFTEN = {"wakes": 30, "heartbeat": FIVE_MINUTES, "reconcile": TEN_MINUTES}


def due_since(before: datetime, now: datetime) -> list[str]:
    """The daily flows whose time came after `before`, at `now` at the latest, in the order of their times."""
    times = last_due(now)
    return sorted((flow.name for flow in SCHEDULED_FLOWS if flow.name in SCHEDULED and times[flow.name] > before), key=lambda name: times[name])


class Worker:
    """The loop that serves wakes and sends (`flows/wake_loop.py`), one process long. `failed`: codes of what failed, with how often."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.failed: dict[str, int] = {}

    def run(self, name: str) -> bool:
        """One scheduled flow. False: it failed, as a flow run fails; its heartbeat says so."""
        try:
            SCHEDULED[name](self.parts)
        except TaskFailed as failed:
            self._note(f"{name}: {failed.code}")
            return False
        return True

    def say_alive(self, schedules: bool = True) -> None:
        """The heartbeats of what comes oftener than the year looks: the loop's own, and of the two schedules of some minutes."""
        now = self.parts.clock.now()
        with self.parts.engines.scheduler() as session:
            for name, seconds in OFTEN.items():
                if schedules or name == "wakes":
                    beat(session, name, now, every_seconds=seconds)

    def turn(self) -> None:
        """Serve and send until nothing is left that can be done now."""
        while spread(self.parts).rows:
            pass
        while wanted := self._wanted():
            for case in wanted:
                self._serve(case)
        while owes(self.parts) and deliver(self.parts).accepted:
            pass

    def _wanted(self) -> list[str]:
        with self.parts.engines.scheduler() as session:
            return [wake.case for wake in wakes.wanted(session)]

    def _serve(self, case: str) -> None:
        with self.parts.engines.scheduler() as session:
            held = wakes.lease(session, case, this_thread(), self.parts.settings.lease_seconds)
        assert held is not None, "one worker serves the year"
        for _ in range(ROUNDS):
            version = self._do_what_software_owes(case)
            if owes(self.parts, case):
                deliver(self.parts, case)
            if self.parts.ledger.position(case)[2] == version:
                break
        with self.parts.engines.scheduler() as session:
            wakes.served(session, case, held.fence, held.upto)

    def _do_what_software_owes(self, case: str) -> int:
        done = set[int]()
        while True:
            definition, position, version = self.parts.ledger.position(case)
            todo = [one for one in open_steps(definition, position) if one.no not in done]
            if not todo:
                return version
            done.add(todo[0].no)
            do(self.parts, ToDo(case, definition, position, todo[0], self.parts.clock.today()))

    def _note(self, what: str) -> None:
        self.failed[what] = self.failed.get(what, 0) + 1
