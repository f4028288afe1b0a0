"""`sendflow status`: how the automation stands, for a person. `sendflow watch`: is it at work? For a timer outside of it; `sendflow up` does the same
each minute by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from cli.arguments import Json
from cli.show import BROKEN, as_json, refusals, table

if TYPE_CHECKING:
    from db.engine import Engines
    from db.settings import Settings
    from db.watching import Queue, Seen

EVERY_SECONDS = 60.0
log = logging.getLogger("sendflow.watch")


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(status)
    app.command()(watch)


def status(json: Json = False) -> None:
    """How the automation stands: what runs by itself and when it last did, what waits to be done or sent, and what is wrong. Nobody is told.

    Read from the ledger, not from Prefect. Exit code 1 when something is wrong.
    """
    with refusals():
        from flows.due import last_due
        from tasks.watch import look_in_time

        with _ledger() as (settings, engines):
            found = look_in_time(settings, engines, last_due)
    if json:
        as_json(found)
    else:
        if found.seen is not None:
            _show(found.seen)
        print("\n".join(one.words for one in found.wrong) or "Nothing is wrong.")
        if not settings.alarm_url:
            print("Nobody would be told of what goes wrong: set SENDFLOW_ALARM_URL to an Apprise address.")
    if found.wrong:
        raise typer.Exit(BROKEN)


def watch(json: Json = False) -> None:
    """Say whether a worker is alive, wakes are taken, messages sent and schedules kept. Exit code 1 when something is wrong.

    Read from the ledger, not from Prefect. With SENDFLOW_ALARM_URL (an Apprise address) a person is told, once an incident.
    """
    with refusals():
        from flows.due import last_due
        from tasks.watch import watch as look

        with _ledger() as (settings, engines):
            found = look(settings, engines, last_due)
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


@contextmanager
def _ledger() -> Iterator[tuple[Settings, Engines]]:
    """The settings, and one connection to the ledger as it is: no schema is made and no server started."""
    from cli.working import use_demo_folder
    from db.engine import Engines
    from db.settings import get_settings

    use_demo_folder()
    settings = get_settings()
    engines = Engines(ledger_url(settings), 1)
    try:
        yield settings, engines
    finally:
        engines.dispose()


def _show(seen: Seen) -> None:
    beats = sorted(seen.beats, key=lambda one: one.name)
    table(
        ("what", "last end, UTC", "counted", "ended with"),
        ((one.name, f"{one.beat_at:%Y-%m-%d %H:%M}", one.counted, one.error_code or "no error") for one in beats),
        "What runs by itself", "Nothing has run yet.",
    )  # fmt: skip
    waiting: tuple[tuple[str, Queue], ...] = (
        ("cases that want to be woken", seen.wanted), ("acts whose consequences are not drawn yet", seen.recorded),
        ("messages that are due and not tried", seen.owed), ("messages that the mail or SMS server refused", seen.refused),
    )  # fmt: skip
    table(("what", "how many", "the first since, UTC"), ((what, queue.count, _since(queue)) for what, queue in waiting), "What waits")
    if seen.parked:
        print(f"Set aside after five failures: {', '.join(seen.parked)}.")


def _since(queue: Queue) -> str:
    return f"{queue.since:%Y-%m-%d %H:%M}" if queue.since is not None and queue.count else ""


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
