"""`python -m benchmarks` measures everything; `python -m benchmarks NAME …` those; `--list` names them. Figures go to docs/.

`--page` measures nothing and writes docs/performance.md anew from docs/performance.json.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module

from benchmarks.figures import Figure, keep, machine
from benchmarks.page import write_page

MEASURES = {
    "record": "bytes of a waiting case; proving the chains",
    "rules": "one event on a kept position; the explorer",
    "acts": "decisions through the ledger beside raw psycopg and one PL/pgSQL call",
    "batch": "many cases advanced at once",
    "growth": "decision, inbox, page, overview and sweep at 10,000, 100,000 and 1,000,000 open steps",
    "la": "the LA ledger, the trust's week and an LA's SEN2 dates at 100,000 steps and at 100,000 duties of LAs",
    "wakes": "one wake by the resident worker beside the stock worker",
    "idle": "opening runs in bulk, an idle Prefect server with 20,000 waiting runs, both kinds of reconcile",
}


def main(asked: list[str]) -> int:
    """Run the measures asked for, each in a process and on servers of its own; a measure that fails is told, the rest still run. 0: all went well."""
    if asked == ["--page"]:
        write_page(list(MEASURES))
        return 0
    if "--list" in asked or (unknown := [name for name in asked if name not in MEASURES]):
        print("\n".join(f"{name:10} {words}" for name, words in MEASURES.items()))
        return 0 if "--list" in asked else (print(f"There is no measure {', '.join(unknown)}.") or 2)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that servers end with us; what is measured is written down
    began = time.monotonic()
    names = asked or list(MEASURES)
    failed = [name for name in names if not (_measure(name) if len(names) == 1 else _measured_apart(name))]
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _measured_apart(name: str) -> bool:
    """In a process of its own: Prefect's client remembers the first server that a process asked."""
    return subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode == 0


def _measure(name: str) -> bool:
    print(f"{name}: {MEASURES[name]}", flush=True)
    on, began = machine(), time.monotonic()
    run: Callable[[], list[Figure]] = getattr(import_module(f"benchmarks.{name}"), name)
    try:
        figures = run()
    except Exception:
        sys.excepthook(*sys.exc_info())
        return False
    keep(name, figures, on)
    write_page(list(MEASURES))
    print("\n".join(figure.line() for figure in figures) + f"\n  ({time.monotonic() - began:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
