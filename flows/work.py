"""`python -m flows.work`: our resident worker as a process of its own. Ends by SIGTERM or SIGINT: done or handed back within half a minute."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flows.connection import CLIENT_SETTINGS

if TYPE_CHECKING:
    from flows.resident_worker import ResidentWorker

PATIENCE_SECONDS = 20.0
ENDS_WITH_PARENT = "SENDFLOW_WORKER_ENDS_WITH_PARENT"  # set by whoever keeps it: a worker must not outlive an `up` that was killed
POLLING = {"PREFECT_WORKER_QUERY_SECONDS": "10", "PREFECT_WORKER_PREFETCH_SECONDS": "0"}
QUIET = ("httpx", "prefect.flow_runs", "prefect.task_runs", "apprise")
log = logging.getLogger("sendflow.worker")


def main() -> None:
    """Work until a signal comes. The exit status is 0 when everything begun was done, 1 when something was handed back or hung."""
    for name, value in {**CLIENT_SETTINGS, **POLLING}.items():
        os.environ.setdefault(name, value)
    _log_plainly()
    # After the settings: Prefect reads them when it is imported.
    from flows.resident_worker import ResidentWorker
    from flows.wake_loop import WakeLoop
    from tasks.parts import parts

    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    worker, loop = ResidentWorker(), WakeLoop(parts())
    _in_thread("wakes", lambda: _ends_the_process(loop.run, asked))
    _in_thread("polling", lambda: _poll(worker, asked))
    log.info("at work")
    parent = os.getppid()
    while not asked.wait(1.0):
        if os.environ.get(ENDS_WITH_PARENT) and os.getppid() != parent:
            asked.set()
    log.info("asked to end: nothing new is begun")
    until = time.monotonic() + PATIENCE_SECONDS
    left = loop.stop(PATIENCE_SECONDS)
    left += worker.wait(max(0.0, until - time.monotonic()))
    loop.hand_back()
    log.info("ended%s", f"; handed back {', '.join(left)}" if left else "")
    logging.shutdown()
    os._exit(1 if left else 0)  # a thread that hangs must not keep the process


def _poll(worker: ResidentWorker, asked: threading.Event) -> None:
    """Poll Prefect for scheduled runs. Prefect's own loop gives up after a long outage, and by a signal of Prefect's (which is no Exception,
    nor is the group that several come in); it is begun again."""
    from prefect.exceptions import PrefectSignal

    while not asked.is_set():
        try:
            asyncio.run(worker.start(printer=log.debug))
        except (Exception, PrefectSignal, BaseExceptionGroup) as error:
            log.warning("polling stopped: %s", type(error).__name__)
        asked.wait(10)


def _ends_the_process(run: Callable[[], None], asked: threading.Event) -> None:
    try:
        run()
    except Exception as error:
        log.error("the wake loop ended: %s", type(error).__name__)
    finally:
        asked.set()


def _in_thread(name: str, run: Callable[[], None]) -> None:
    threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name, daemon=True).start()


def _log_plainly() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
