"""`/health`: whether this console can serve people, in words, for a monitor or for whoever runs the installation. It names no person and no case.

It takes no place and waits for no connection, so it answers while everything else is sent away.
"""

from __future__ import annotations

from functools import partial

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from psycopg import Error as DatabaseError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from web.automation import is_paused
from web.console import Console, console_of
from web.places import Places

router = APIRouter()
LOOK_SECONDS = 2.0
AWAY = (DBAPIError, DatabaseError, PoolEmpty, TimeoutError)


@router.get("/health")
async def health(request: Request) -> Response:
    """200 when people can work, else 503; each line is one thing, what is wrong comes first."""
    console, places = console_of(request), request.app.state.places
    wrong = _crowded(console, places)
    automation = "not asked for: no connection is free"
    if not wrong:
        try:
            with anyio.fail_after(LOOK_SECONDS):
                paused = await run_sync(partial(is_paused, console), abandon_on_cancel=True)
            automation = "paused: nobody serves wakes, and people can go on deciding" if paused else "at work"
        except AWAY:
            wrong = ["The database does not answer. Is it running? Pages say so too, and nothing that was recorded is lost."]
    lines = [*wrong, *_figures(console, places), f"Automation: {automation}."]
    return PlainTextResponse("\n".join([f"Sendflow's console: {'not well' if wrong else 'well'}.", *lines, ""]), 503 if wrong else 200)


def _crowded(console: Console, places: Places) -> list[str]:
    full = [name for name, (taken, size) in console.engines.taken().items() if taken >= size]
    said = [f"No connection to the database is free for {', '.join(full)}: something holds them all."] if full else []
    if places.waiting and places.taken >= places.size:
        said.append(
            f"All {places.size} places are taken and {places.waiting} requests wait: more people than this console can serve, or a slow database."
        )
    return said


def _figures(console: Console, places: Places) -> list[str]:
    pools = [f"Connections of {name}: {taken} of {size} taken." for name, (taken, size) in console.engines.taken().items()]
    here = f"Requests: {places.taken} of {places.size} places taken, {places.waiting} wait, {places.refused} were sent away in the last minute."
    return [here, *pools]
