"""`python -m tests.faults.hungry`: our resident worker with little memory, all of which one case eats (`SENDFLOW_HUNGRY_CASE`)."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

from flows import work
from flows.connection import CLIENT_SETTINGS

CASE = "SENDFLOW_HUNGRY_CASE"
ROOM = 4_000_000_000  # bytes of address space above what the worker holds once all is imported; each thread reserves some 70 MB of it
BITE = 100_000_000


def main() -> None:
    """Work as `python -m flows.work` does, with short rests and no room for that case's work."""
    os.environ.update({**CLIENT_SETTINGS, **work.POLLING})
    from flows import steps, under_way, wake_loop  # after the settings: Prefect reads them when it is imported

    real = steps.do  # type: ignore[attr-defined]

    def eats(parts: Any, todo: Any) -> Any:
        eaten = []
        while todo.case == os.environ[CASE]:
            eaten.append(bytes(BITE))
        return real(parts, todo)

    assert wake_loop
    steps.do = eats  # type: ignore[attr-defined]
    steps.do_step.retry_delay_seconds = [0.0, 0.0, 0.0]
    under_way.FIRST_REST = 0.05
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    work.main()


if __name__ == "__main__":
    main()
