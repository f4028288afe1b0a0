"""A sender of a case's messages, to be killed."""

from __future__ import annotations

from db.clock import Clock
from db.engine import Engines
from db.settings import Settings
from notifications.dispatch import deliver


def deliver_case(database_url: str, folder: str, mail_url: str, case: str) -> None:
    """Send what the case owes, by these servers."""
    engines = Engines(database_url)
    deliver(engines, Clock(), Settings(data_folder=folder, mail_url=mail_url, demo=True), case, holder="doomed")
    engines.dispose()
