"""Our resident worker as a process to be killed, and another one that has its cases then."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import flows.resident_worker
import flows.wake_loop
import flows.work
import tasks.parts  # noqa: F401  the fork server imports this module, and with it what a worker needs
from flows.connection import Connection

if TYPE_CHECKING:
    from tests.flows.office import Office

TURNS_EVERY = 0.2


def work_as_worker(connection: Connection, environment: Mapping[str, str]) -> None:
    """The worker's whole life, as `python -m flows.work` begins it."""
    os.environ.update(environment)
    with connection.settings():
        flows.work.main()


def poll_as_worker(connection: Connection, environment: Mapping[str, str]) -> None:
    """The half of a worker that polls: it asks Prefect once for runs that are due and runs them; no loop serves what the ledger wants."""
    os.environ.update(environment)
    with connection.settings():
        worker = flows.resident_worker.ResidentWorker()
        asyncio.run(worker.start(run_once=True, printer=lambda words: None))


@contextmanager
def another_worker(office: Office) -> Iterator[threading.Lock]:
    """The wake loop at work in this process until the block ends. It begins nothing while somebody holds the lock."""
    loop, turns, ended = flows.wake_loop.WakeLoop(office.parts), threading.Lock(), threading.Event()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(_turn_on, loop, turns, ended), daemon=True)
    thread.start()
    try:
        yield turns
    finally:
        ended.set()
        thread.join(20)
        left = loop.stop(20)
    assert not left and not thread.is_alive(), f"not done in time: {left}"


def _turn_on(loop: flows.wake_loop.WakeLoop, turns: threading.Lock, ended: threading.Event) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        while not ended.wait(TURNS_EVERY):
            with turns:
                loop.turn(client)
