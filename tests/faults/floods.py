"""Work that comes all at once, each in a process of its own beside the console: a morning on which everything is due, and a large import.

The process can be stopped and let go on (SIGSTOP, SIGCONT), so that pages are timed with and without it in turn.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from db import wakes
from db.importing.run import import_files
from db.settings import Settings
from notifications.sink import MailSink, kept_mails
from tasks.chase import chase
from tasks.deliver import deliver, owes, spread
from tasks.parts import Parts, make_parts

PAUSED, GOES_ON = signal.SIGSTOP, signal.SIGCONT


class Flood:
    """`work(*given)` in a process of its own, which stands still before its first step. What it returns is in `answer` when it has ended."""

    def __init__(self, folder: Path, work: Callable[..., Any], *given: Any) -> None:
        self._told = folder / "flood.json"
        self._process = multiprocessing.get_context("spawn").Process(target=_run, args=(self._told, work, given), daemon=True)
        self._process.start()
        assert self._process.pid and os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    @property
    def is_over(self) -> bool:
        """Whether the work is done."""
        return not self._process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        """Stop it where it is, or let it go on."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, number)

    def answer(self, seconds: float) -> Any:
        """What the work returned. Fails with its traceback, or when it takes longer."""
        self.signal(GOES_ON)
        self._process.join(seconds)
        assert self.is_over, f"the flood was not over after {seconds:.0f} s"
        found = json.loads(self._told.read_text(encoding="utf-8"))
        assert "failed" not in found, found["failed"]
        return found["returned"]

    def end(self) -> None:
        """Kill it if it still runs."""
        self._process.kill()
        self._process.join(20)


def _run(told: Path, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    os.kill(os.getpid(), PAUSED)
    try:
        found = {"returned": work(*given)}
    except BaseException:
        found = {"failed": traceback.format_exc()}
    told.write_text(json.dumps(found), encoding="utf-8")


def morning(url: str, folder: Path, today: str) -> dict[str, Any]:
    """What the automation does on that day, without Prefect: chase, spread, and serve the cases that want a wake, in the ledger's order, until
    none does or `end_of(folder)` is there.

    Returns how many reminders fired, the cases in the order served, and how many mails came out.
    """
    clock = folder / "clock"
    clock.write_text(today, encoding="ascii")
    with MailSink(folder / "mail", lambda: parts.clock.now()) as sink:
        parts = make_parts(Settings(data_folder=folder, mail_url=sink.url, origin="http://127.0.0.1:8000", demo=True, clock_file=clock), url)
        fired = chase(parts, date.fromisoformat(today))
        while spread(parts).rows:
            pass
        served: list[str] = []
        while not end_of(folder).exists() and (wanted := _wanted(parts)):
            for wake in wanted[:10]:
                _serve(parts, wake.case)
                served.append(wake.case)
        parts.engines.dispose()
        return {"fired": fired, "served": served, "mails": len(kept_mails(folder / "mail"))}


def end_of(folder: Path) -> Path:
    """The file that ends a morning early; what is not served by then stays wanted."""
    return folder / "enough"


def _wanted(parts: Parts) -> list[wakes.Wake]:
    with parts.engines.scheduler() as session:
        return wakes.wanted(session)


def _serve(parts: Parts, case: str) -> None:
    with parts.engines.scheduler() as session:
        held = wakes.lease(session, case, "morning", 60)
    assert held is not None
    while owes(parts, case):
        deliver(parts, case)
    with parts.engines.scheduler() as session:
        assert wakes.served(session, case, held.fence, held.upto)


def large_import(url: str, folder: Path, urn: str, la_code: str, pupils: int) -> dict[str, Any]:
    """A school's whole file of pupils with a plan each, in one transaction as `sendflow import` does it; then again with every name changed.

    Returns how many rows each import added and changed.
    """
    parts = make_parts(Settings(data_folder=folder, demo=True), url)
    counts = []
    for name in ("Pupil", "Renamed"):
        with parts.engines.scheduler() as session:
            report = import_files(session, pupil_files(urn, la_code, pupils, name), actor_id=None, today=parts.clock.today())
        counts.append([(one.counts.added, one.counts.changed) for one in report.files])
    parts.engines.dispose()
    return {"counts": counts}


def pupil_files(urn: str, la_code: str, pupils: int, name: str) -> dict[str, bytes]:
    """`pupils.csv` and `plans.csv` of a school with that many pupils, all synthetic."""
    head = "URN,Adno,Forename,Surname,DOB,Year,SEN status"
    rows = [f"{urn},A{n},{name},Of {n},2016-03-01,5,E" for n in range(pupils)]
    plans = [f"{urn},A{n},{la_code},2025-{n % 12 + 1:02}-01" for n in range(pupils)]
    return {"pupils.csv": "\n".join([head, *rows]).encode(), "plans.csv": "\n".join(["URN,Adno,LA code,Issued on", *plans]).encode()}
