"""Whether the automation is at work, read from its heartbeat in the ledger and never from Prefect."""

from __future__ import annotations

from datetime import timedelta

from db.heartbeats import beats
from web.console import Console

SILENT_FOR = timedelta(minutes=5)


def is_paused(console: Console) -> bool:
    """Whether the loop that serves wakes has been silent for five minutes, or was never heard."""
    with console.engines.scheduler() as session:
        heard = [one.beat_at for one in beats(session) if one.name == "wakes"]
    return not heard or console.clock.now() - heard[0] > SILENT_FOR
