"""`make ten-minutes`: eight people decide for ten minutes while worker, Prefect server, PostgreSQL and mail server are killed in turn.

Real parts, each a process of its own, started again at once as a supervisor would. At the end one reconcile, and the oracle Z looks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from db.postgres_files import EmbeddedPostgresError
from flows.server import PrefectServerError
from tests.faults.clients_at_work import Notebook
from tests.faults.killable import Killable, killable
from tests.faults.load_figures import LoadFigures, mails_of, write_down
from tests.faults.mail_process import MailProcess, mail_process

EVERY_SECONDS, PAUSE_SECONDS = 20.0, 1.5
CALLERS, READERS = 4, 4
PATIENCE = 900.0
_ENDED = "SELECT ended FROM cases WHERE ref = ANY(%s)"


@dataclass
class InTurn:
    """Kills one part after another. `killed` counts by part; `slowest` is the longest that a part took to be up again, in seconds;
    `failed_starts`: starts that failed, since something they need was dead; `died_by_itself`: times that the worker was found dead.
    """

    place: Killable
    mail: MailProcess
    killed: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    failed_starts: int = 0
    died_by_itself: int = 0
    supervisors: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def parts(self) -> dict[str, tuple[Callable[[], None], Callable[[], object]]]:
        """Each part: how it is killed, and how it is started again."""
        place, mail = self.place, self.mail
        return {
            "worker": (lambda: place.kill(place.worker.pid), place.worker.ensure),
            "Prefect server": (lambda: place.kill(place.server.files.pid()), place.server.ensure),
            "PostgreSQL": (lambda: place.kill(*place.postgresql), place.postgres.start),
            "mail server": (lambda: place.kill(mail.pid), mail.ensure),
        }

    def kill(self, part: str) -> None:
        """Kill that part and start it again at once, as often as it takes: what it needs may be dead too. One that still starts is let start."""
        die, start = self.parts()[part]
        with self.supervisors[part]:
            die()
            self.killed[part] += 1
            began = time.monotonic()
            while not _started(start):
                self.failed_starts += 1
            self.slowest[part] = max(self.slowest.get(part, 0.0), time.monotonic() - began)

    def go_on(self, seconds: float, every: float, say: Callable[[str], None]) -> None:
        """Kill a part each `every` seconds until `seconds` are over and all are started again."""
        began, order, killing = time.monotonic(), list(self.parts()), list[threading.Thread]()
        for turn in range(1, int(seconds / every) + 1):
            time.sleep(max(0.0, began + turn * every - time.monotonic()))
            part = order[(turn - 1) % len(order)]
            self.died_by_itself += not self.place.worker.is_alive()
            killing.append(threading.Thread(target=self.kill, args=(part,)))
            killing[-1].start()
            say(f"{time.monotonic() - began:4.0f} s  {part} killed")
        for one in killing:
            one.join()


def _started(start: Callable[[], object]) -> bool:
    try:
        start()
    except (PrefectServerError, EmbeddedPostgresError):
        return False
    return True


def load(
    place: Killable, seconds: float, *, every: float, callers: int, readers: int, pause: float, longest: float = 0.0,
    say: Callable[[str], None] = lambda words: None,
) -> LoadFigures:  # fmt: skip
    """The load, the kills, one reconcile, and what the oracle saw. `every`: seconds between kills; `pause`: between a person's acts, growing
    to `longest`."""
    notebook = Notebook(place.folder / f"acts-{uuid4().hex}.jsonl")
    with mail_process(place.office) as mail:
        turns = InTurn(place, mail)
        with place.under_load(callers, readers, pause, longest, notebook) as clients:
            began = time.monotonic()
            turns.go_on(seconds, every, say)
            lasted = time.monotonic() - began
        say(f"{len(notebook.read()):,} acts are confirmed; settling")
        place.start_again()
        noted, began = notebook.read(), time.monotonic()
        place.settle(PATIENCE)
        z = place.z_after_one_reconcile([UUID(one.key) for one in noted], PATIENCE)
        ended = [bool(row.ended) for row in place.office.village.rows(_ENDED, sorted({one.case for one in noted}))]
        return LoadFigures(
            seconds=lasted,
            clients={"page": readers, "API": callers},
            noted=noted,
            looks=notebook.looks,
            sent_again=sum(client.sent_again for client in clients),
            killed=turns.killed,
            slowest=turns.slowest,
            failed_starts=turns.failed_starts,
            died_by_itself=turns.died_by_itself,
            opened=len(ended),
            ended=sum(ended),
            mails=mails_of(place.office),
            settled=time.monotonic() - began,
            z=z,
        )


def main() -> int:
    """Run it, print the table, write it into docs/reliability.md. The exit status is 1 when the oracle found anything."""
    parser = argparse.ArgumentParser(description="Load with kills in turn, and what the oracle Z found after it.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--folder", type=Path, help="where everything is kept (default: a folder that is removed)")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="sendflow-ten-minutes-"))
    folder.mkdir(parents=True, exist_ok=True)
    with killable(folder) as place:
        figures = load(
            place,
            given.minutes * 60,
            every=EVERY_SECONDS,
            callers=CALLERS,
            readers=READERS,
            pause=PAUSE_SECONDS,
            say=lambda words: print(words, flush=True),
        )
    table, faults = figures.table(datetime.now(UTC).date().isoformat()), figures.z.faults()
    print("\n".join([table, *faults[:100]]))
    if given.minutes >= 10:
        write_down(table)
    if given.folder is None:
        shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
