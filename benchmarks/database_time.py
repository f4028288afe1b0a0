"""The time that a reading spends in statements: from sending each until its rows are here, without what Python makes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Spent:
    """Seconds spent in statements so far."""

    seconds: float = 0.0
    began: float = 0.0


@contextmanager
def database_time() -> Iterator[Spent]:
    """Count every statement of every engine of this process until the block ends."""
    spent = Spent()

    def before(*_: Any) -> None:
        spent.began = time.perf_counter()

    def after(*_: Any) -> None:
        spent.seconds += time.perf_counter() - spent.began

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
