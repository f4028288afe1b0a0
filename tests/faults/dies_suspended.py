"""`python -m tests.faults.dies_suspended`: our resident worker, which gets SIGKILL just after it has let a run wait, its wake not yet served."""

from __future__ import annotations

import os
import signal
from typing import Any

from flows import work
from flows.connection import CLIENT_SETTINGS


def main() -> None:
    """Work as `python -m flows.work` does, up to that instant."""
    os.environ.update({**CLIENT_SETTINGS, **work.POLLING})
    from flows import case  # after the settings: Prefect reads them when it is imported

    real = case.suspend  # type: ignore[attr-defined]

    def dies_after(*given: Any, **more: Any) -> None:
        real(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    case.suspend = dies_after  # type: ignore[attr-defined]
    work.main()


if __name__ == "__main__":
    main()
