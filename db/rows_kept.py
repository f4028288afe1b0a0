"""A session that asks for no row twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def rows_kept(session: Session) -> Iterator[None]:
    """Until the block ends the session keeps what it reads: by itself it forgets each row that nobody holds, and reads it again when asked.

    For one short piece of work that asks for the same case, school and definition in many places, such as a letter.
    """
    held: list[object] = []

    def keep(_session: Session, instance: object) -> None:
        held.append(instance)

    event.listen(session, "loaded_as_persistent", keep)
    try:
        yield
    finally:
        event.remove(session, "loaded_as_persistent", keep)
