"""Serves the wakes that the ledger wants: spreads the outbox, opens runs for new cases, and runs each woken case in a warm thread."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound

from db import runs as case_runs
from db import wakes
from db.heartbeats import beat
from flows.case import HELD_UP
from flows.direct_wake import THREADS, WarmThreads
from flows.known import CASE_FLOWS
from flows.lease import LONGEST_WAKE, hand_back_all
from flows.left_runs import want_left_runs
from flows.load import load
from flows.opening import open_missing_runs
from flows.under_way import UnderWay
from tasks.deliver import deliver, owes, spread
from tasks.failure import TaskFailed, code_of, coded, place_of
from tasks.parts import Parts
from tasks.quiet import why_quiet

IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.02
LONGEST_PAUSE = 15.0
LEFTOVERS_EVERY = 10.0
HEARTBEAT_EVERY = 30
GIVE_UP_AT_MOST = 5  # times; then the process ends, and whoever watches it starts another
log = logging.getLogger("sendflow.wakes")


class ThreadsHang(RuntimeError):
    """Wakes have hung so often that this process cannot go on; another one must take its place."""


class WakeLoop:
    """The loop of one process. `run` comes back after `stop`, or raises TaskFailed with the code `ThreadsHang`."""

    def __init__(self, parts: Parts, idle: float = IDLE_SECONDS) -> None:
        self._parts = parts
        self._idle = idle  # seconds between two looks when nothing is to be done
        self._flows = {known.name: load(known) for known in CASE_FLOWS}
        self._threads = WarmThreads()
        self._under_way = UnderWay(room=THREADS * 4)
        self._stopping = threading.Event()
        self._next = dict.fromkeys(("leftovers", "left runs", "heartbeat", "quiet"), 0.0)
        self._mailing = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self._leftovers: Future[object] | None = None
        self._given_up = 0
        self._turned = False

    def run(self) -> None:
        """Turn until `stop`. A turn that fails (PostgreSQL or Prefect is away) is logged by its code and tried again, ever more slowly."""
        if not self._parts.settings.mail_url:
            log.warning("no mail server is configured (SENDFLOW_MAIL_URL): messages stay owed")
        failures = 0
        while not self._stopping.is_set():
            try:
                coded("", self._turn_and_turn)
            except TaskFailed as failed:
                if failed.code == ThreadsHang.__name__:
                    raise
                failures = 0 if self._turned else failures + 1
                log.warning("a turn failed: %s", failed.code)
                self._stopping.wait(min(2.0**failures, LONGEST_PAUSE))

    def _turn_and_turn(self) -> None:
        self._turned = False
        with get_client(sync_client=True) as client:
            while not self._stopping.is_set():
                busy = self.turn(client)
                self._turned = True
                self._stopping.wait(BUSY_SECONDS if busy else self._idle)

    def turn(self, client: SyncPrefectClient) -> bool:
        """One turn. True when there was something to do, so that the next one should follow at once."""
        if self._is_quiet():
            return False
        settled = self._settle()
        spread_now = spread(self._parts)
        begun = self._begin(client)
        if self._is_time("leftovers", LEFTOVERS_EVERY):
            self._leftovers = self._send_leftovers()
        if self._is_time("left runs", self._parts.settings.lease_seconds):
            want_left_runs(self._parts, client)
        if self._is_time("heartbeat", HEARTBEAT_EVERY):
            self._say_alive(client)
        return bool(settled or spread_now.rows or begun)

    def stop(self, seconds: float) -> list[str]:
        """Begin nothing more, and wait for what is being served. Returns the cases that were not done in time."""
        self._stopping.set()
        self._threads.close(wait=False)
        self._mailing.shutdown(wait=False, cancel_futures=True)
        return self._under_way.wait(seconds)

    def hand_back(self) -> list[str]:
        """Give the leases of what was not done back to the ledger, so that another process can take those cases at once."""
        return hand_back_all()

    def _begin(self, client: SyncPrefectClient) -> int:
        with self._parts.engines.scheduler() as session:
            wanted = wakes.wanted(session, self._under_way.room + self._under_way.resting())
        ready = [wake for wake in wanted if wake.process in self._flows and self._under_way.takes(wake.case)]
        begun = 0
        for wake in ready:
            if wake.flow_run_id is not None and self._under_way.takes(wake.case):
                self._under_way.begin(wake.case, self._threads.wake(self._flows[wake.process], wake.flow_run_id))
                begun += 1
        if any(wake.flow_run_id is None for wake in wanted):  # last: what Prefect refuses a run keeps nobody else waiting
            begun += open_missing_runs(self._parts, client)
        return begun

    def _settle(self) -> int:
        """Look at what has ended: a run that Prefect has forgotten is forgotten here too, and opened anew; other failures rest."""
        ended = 0
        for case, result in self._under_way.ended():
            ended += 1
            if isinstance(result, BaseException):
                log.warning("%s was not served: %s at %s", case, code_of(result), place_of(result))
            if isinstance(result, ObjectNotFound):
                with self._parts.engines.scheduler() as session:
                    case_runs.forget_run(session, case)
            elif isinstance(result, BaseException) or (isinstance(result, State) and result.name == HELD_UP):
                self._under_way.rest(case)
            else:
                self._under_way.served(case)
        if hung := self._under_way.longer_than(LONGEST_WAKE):
            self._give_up(hung)
        return ended

    def _give_up(self, hung: list[str]) -> None:
        log.error("%s hang for more than %s seconds; other threads take over", ", ".join(hung), LONGEST_WAKE)
        self._given_up += 1
        if self._given_up > GIVE_UP_AT_MOST:
            raise ThreadsHang
        self._threads.close(wait=False)
        self._under_way.give_up()
        self._threads = WarmThreads()

    def _send_leftovers(self) -> Future[object] | None:
        """Messages whose next try is due, of cases that nobody wakes: a mail server was away, or the case has ended. In a thread of its own."""
        if (self._leftovers is not None and not self._leftovers.done()) or not owes(self._parts):
            return self._leftovers
        return self._mailing.submit(coded, "", lambda: deliver(self._parts))

    def _is_quiet(self) -> bool:
        """Whether nothing may be sent or woken: a copied or restored database that no person has confirmed. Said once a minute."""
        words = why_quiet(self._parts)
        if words and self._is_time("quiet", 60.0):
            log.warning("%s", words)
        return bool(words)

    def _say_alive(self, client: SyncPrefectClient) -> None:
        """The heartbeat of the automation: this loop turns, and Prefect answers. Without either no wake is served, and every page says so."""
        if (away := client.api_healthcheck()) is not None:
            log.warning("no heartbeat: Prefect does not answer (%s)", type(away).__name__)
            return
        with self._parts.engines.scheduler() as session:
            beat(session, "wakes", self._parts.clock.now(), every_seconds=HEARTBEAT_EVERY, counted=self._under_way.resting())

    def _is_time(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._next[what]:
            return False
        self._next[what] = now + seconds
        return True
