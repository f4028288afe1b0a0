"""`sendflow watch`: is the automation at work? For a timer outside of it; `sendflow up` does the same each minute by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from cli.arguments import Json
from cli.show import BROKEN, as_json, refusals

if TYPE_CHECKING:
    from db.settings import Settings

EVERY_SECONDS = 60.0
log = logging.getLogger("sendflow.watch")


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(watch)


def watch(json: Json = False) -> None:
    """Say whether a worker is alive, wakes are taken, messages sent and schedules kept. Exit code 1 when something is wrong.

    Read from the ledger, not from Prefect. With SENDFLOW_ALARM_URL (an Apprise address) a person is told, once an incident.
    """
    with refusals():
        from cli.working import use_demo_folder
        from db.engine import Engines
        from db.settings import get_settings
        from flows.due import last_due
        from tasks.watch import watch as look

        use_demo_folder()
        settings = get_settings()
        engines = Engines(ledger_url(settings), 1)
        try:
            found = look(settings, engines, last_due)
        finally:
            engines.dispose()
    if json:
        as_json(found)
    else:
        for one in found.wrong:
            print(one.words)
        print(
            "Somebody was told just now."
            if found.told or found.over
            else "The alarm could not be sent."
            if found.not_told
            else _summary(settings, found.wrong)
        )
    if found.wrong:
        raise typer.Exit(BROKEN)


def ledger_url(settings: Settings) -> str:
    """The ledger's address. Nothing is started: a dead database is what a watch is to notice."""
    from db.embedded import EmbeddedPostgres

    return settings.database_url.get_secret_value() if settings.database_url else EmbeddedPostgres(settings.folder).url("sendflow")


def begin_watching(settings: Settings, url: str, say: Callable[[str], None], stopping: threading.Event) -> threading.Thread:
    """Look each minute beside `sendflow up`, in a thread, until `stopping`; what somebody was told is also said to the person at the keyboard."""
    thread = threading.Thread(target=_keep_watching, args=(settings, url, say, stopping), name="watch", daemon=True)
    thread.start()
    return thread


def _keep_watching(settings: Settings, url: str, say: Callable[[str], None], stopping: threading.Event) -> None:
    from db.engine import Engines
    from flows.due import last_due
    from notifications.channels import AlarmUrlError
    from tasks.watch import watch as look

    engines = Engines(url, 1)
    while not stopping.wait(EVERY_SECONDS):
        try:
            found = look(settings, engines, last_due)
            for words in (*(one.words for one in found.told), *(f"Over: {kind}." for kind in found.over)):
                say(words)
        except Exception as error:  # the watch itself must outlive whatever it meets
            say(f"the watch could not look: {error if isinstance(error, AlarmUrlError) else type(error).__name__}")
    engines.dispose()


def _summary(settings: Settings, wrong: object) -> str:
    if not wrong:
        return "Nothing is wrong."
    return "" if settings.alarm_url else "Nobody is told: set SENDFLOW_ALARM_URL to an Apprise address."
