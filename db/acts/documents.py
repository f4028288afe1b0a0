"""Keeps the files that came with an act, in its own transaction. The act's event names them by their SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from db.acts.actor import Actor
from db.acts.errors import LedgerError
from db.acts.standing import scope
from rules.documents import SentFile

_KEEP = "SELECT keep_document(%s::int[], %s, %s, %s, %s, %s, %s)"


def keep_documents(connection: psycopg.Connection[Any], actor: Actor, ref: str, seq: int, files: Sequence[SentFile]) -> None:
    """Keep each file with event `seq` of the case; kept again it is there once. Raises LedgerError, and the caller's transaction is taken back."""
    for one in files:
        row = connection.execute(_KEEP, (scope(actor), ref, seq, one.sha256, one.kind, one.name, one.content)).fetchone()
        if row is None or not row[0]:
            raise LedgerError(f"{ref}: the file {one.name} could not be kept, so nothing has been saved. Send the form again.")
