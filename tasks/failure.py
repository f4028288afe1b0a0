"""What may leave our code into Prefect when something fails: a code and the case's reference, nothing else.

Prefect keeps an exception's text in states, logs and results, and SQLAlchemy's texts quote parameters. So every unit of work runs inside
`coded`, and the exception that Prefect sees is made afresh, outside the handler: it carries no cause and no context.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from db.acts.errors import Busy
from rules.history import Refused

T = TypeVar("T")
log = logging.getLogger("sendflow.tasks")
LEDGER_AWAY = (OperationalError, PoolEmpty, psycopg.OperationalError, Busy)
_ITS_NAMES = frozenset(one.__name__ for one in LEDGER_AWAY)
ROOT = Path(__file__).resolve().parent.parent


class TaskFailed(Exception):
    """A unit of work failed. `code` is a short word (`database.23505`, `refused.not_open`, `ConnectionRefusedError`); no text of the error itself.

    `outage`: a server was away. That is no fault of the case's, and trying again later is all there is to do.
    """

    def __init__(self, code: str, case: str, outage: bool = False) -> None:
        super().__init__(f"{case}: {code}" if case else code)
        self.code = code
        self.case = case
        self.outage = outage

    def __reduce__(self) -> tuple[type[TaskFailed], tuple[str, str, bool]]:
        return TaskFailed, (self.code, self.case, self.outage)


def coded(case: str, work: Callable[[], T]) -> T:
    """Do the work. Raises TaskFailed in place of whatever it raised, and logs where in our code that was, without its text."""
    failed: TaskFailed | None = None
    try:
        return work()
    except TaskFailed as known:
        failed = known
    except Exception as error:
        failed = TaskFailed(code_of(error), case, is_outage(error))
        log.error("%s failed with %s at %s", case or "work", failed.code, place_of(error))
    raise failed


def code_of(error: BaseException) -> str:
    """A word for the error that quotes nothing of it: the rules' code, the database's SQLSTATE, else the class's name."""
    if isinstance(error, TaskFailed):
        return error.code
    if isinstance(error, Refused):
        return f"refused.{error.code}"
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return f"database.{state}" if state else f"database.{type(error).__name__}"
    state = getattr(error, "sqlstate", None)
    return f"database.{state}" if isinstance(state, str) else type(error).__name__


def is_outage(error: BaseException) -> bool:
    """Whether a server was away, too busy or out of room: PostgreSQL, Prefect, or the way there. Says nothing about the case."""
    if isinstance(error, TaskFailed):
        return error.outage
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code in (401, 403, 408, 429)
    return isinstance(error, (*LEDGER_AWAY, httpx.TransportError))


def is_ledger_away(error: BaseException) -> bool:
    """Whether it was the ledger's database that was away or too busy, and no other server."""
    if isinstance(error, TaskFailed):
        return error.outage and (error.code.startswith("database.") or error.code in _ITS_NAMES)
    return isinstance(error, LEDGER_AWAY)


def place_of(error: BaseException) -> str:
    """Where in our own code the error came up, innermost first, for example `db/wakes.py:41 lease`. File names and lines only."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    ours = [f"{Path(f.filename).relative_to(ROOT)}:{f.lineno} {f.name}" for f in frames if _is_ours(f.filename)]
    return ", ".join(ours[:3]) or "code of a library"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts and path != Path(__file__)
