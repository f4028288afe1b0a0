"""The part of `make upgrade` that an older commit's own program plays: its schema, its cases, and acts without end while it is upgraded beneath it.

Its text is handed to a Python in the older commit's folder, so it imports that commit's packages; it may use only what both commits have. After
`ready` on its output it waits for a line, then corrects the day of a meeting again and again until its input ends. Each act that was
confirmed is a line `done CASE KEY`, each that was not `refused KIND`.
"""

from __future__ import annotations

import sys
from itertools import cycle
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

from db.chase import sweep_all
from db.engine import Engines
from db.migrate import migrate
from db.outbox import spread
from db.runs import NewRun, remember_runs
from tests.db.ledger_story import Village, day, village


def opened(url: str, cases: int) -> tuple[Village, list[str]]:
    """That many open cases, every other one with its meeting agreed, each with a run; reminders that are due are owed."""
    migrate(url)
    engines = Engines(url)
    ash = village(engines)
    found = [ash.open().case for _ in range(cases)]
    for case in found[::2]:
        ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    with engines.scheduler() as session:
        remember_runs(session, [NewRun(case, uuid4()) for case in found])
    sweep_all(engines, ash.clock.today())
    with engines.scheduler() as session:
        while spread(session, ash.clock.today()).rows:
            pass
    return ash, found[::2]


def act_without_end(ash: Village, cases: list[str], stop: Flag) -> None:
    """Move the day of each meeting to and fro; say what was confirmed and what was not."""
    days = cycle([day("2026-11-06"), day("2026-11-05")])
    for case in cycle(cases):
        if case == cases[0]:
            value = next(days)
        if stop.is_set():
            return
        key = uuid4()
        try:
            ash.ledger.correct(ash.senco, key=key, case=case, fact="meeting_on", value=value, because="the head is away", on=day("2026-09-21"))
            print("done", case, key, flush=True)
        except Exception as error:
            print("refused", type(error).__name__, flush=True)


if __name__ == "__main__":
    place, stop = opened(sys.argv[1], int(sys.argv[2])), Flag()
    print("ready", place[0].senco.person_id, place[0].school_id, flush=True)
    sys.stdin.readline()
    Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    act_without_end(place[0], place[1][: len(place[1]) // 2], stop)
