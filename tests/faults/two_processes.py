"""Two processes freed by one barrier (`faults.md`, tool 2x): each has a ledger of its own on the same database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.connection import Connection as Prefect

PATIENCE = 60.0


@dataclass(frozen=True)
class Call:
    """One act: a method of the ledger and its arguments; `sweep_all` and `recount_dates` are the sweeps, `reconcile_runs` compares with Prefect."""

    method: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a call: its value, or the name of its error, the error's code and its words."""

    value: Any = None
    error: str = ""
    code: str = ""
    words: str = ""


class Processes:
    """The processes, waiting for calls."""

    def __init__(self, lines: list[Connection]) -> None:
        self._lines = lines

    def at_once(self, *calls: Call) -> list[Answer]:
        """Give one call to each process; all begin at one instant. Their answers in order."""
        assert len(calls) == len(self._lines), f"there are {len(self._lines)} processes"
        for line, call in zip(self._lines, calls, strict=True):
            line.send(call)
        answers = []
        for line in self._lines:
            assert line.poll(PATIENCE), f"a process has not answered for {PATIENCE:.0f} s"
            answers.append(line.recv())
        return answers


@contextmanager
def processes(url: str, today: date, count: int = 2, example: bool = True, prefect: Prefect | None = None) -> Iterator[Processes]:
    """`count` processes with ledgers on the database at `url`, at noon of `today`; `example`: on the small definitions of tests/rules.

    `prefect`: the Prefect server that they are clients of, which `reconcile_runs` needs.
    """
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(count)
    pipes = [spawn.Pipe() for _ in range(count)]
    started = [spawn.Process(target=_serve, args=(far, barrier, url, today, example, prefect), daemon=True) for _, far in pipes]
    for one in started:
        one.start()
    try:
        yield Processes([near for near, _ in pipes])
    finally:
        for near, _ in pipes:
            near.send(None)
        for one in started:
            one.join(20)


def _serve(line: Connection, barrier: Barrier, url: str, today: date, example: bool, prefect: Prefect | None) -> None:
    if prefect is not None:
        prefect.enter()  # before Prefect is imported
    from db.engine import Engines
    from db.ledger import Ledger
    from rules.loader import PROCESS_DEFINITIONS, load_library
    from tests.db.ledger_story import EXAMPLE, MovableClock

    clock = MovableClock()
    clock.today_is = today
    engines = Engines(url)
    ledger = Ledger(engines, clock, load_library(EXAMPLE if example else PROCESS_DEFINITIONS))
    while (call := line.recv()) is not None:
        barrier.wait(PATIENCE)
        line.send(_answer(ledger, engines, call))
    engines.dispose()


def _answer(ledger: Any, engines: Any, call: Call) -> Answer:
    from db.chase import sweep_all

    try:
        if call.method == "reconcile_runs":
            return Answer(_reconcile(ledger, engines))
        if call.method == "sweep_all":
            return Answer(sweep_all(engines, *call.arguments))
        return Answer(getattr(ledger, call.method)(*call.arguments, **(call.named or {})))
    except Exception as error:  # every error is the answer of this side, and the test judges it
        return Answer(None, type(error).__name__, getattr(error, "code", ""), str(error))


def _reconcile(ledger: Any, engines: Any) -> int:
    """How many differences this process mended."""
    from prefect.client.orchestration import get_client

    from db.settings import Settings
    from flows.reconciling import reconcile_runs
    from tasks.parts import Parts

    parts = Parts(Settings(demo=True), engines, ledger.parts.clock, ledger.parts.library, ledger)
    with get_client(sync_client=True) as client:
        return len(reconcile_runs(parts, client).mended)
