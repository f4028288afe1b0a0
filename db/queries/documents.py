"""The files of a case, and one of them to be read. Reads only; row-level security shows those of cases that the reader may read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

_OF_CASE = text("""
    SELECT k.id, k.seq, k.name, k.kind, k.size, k.sha256 FROM documents k JOIN cases c ON c.id = k.case_id WHERE c.ref = :case ORDER BY k.seq, k.id
""")
_ONE = text("SELECT k.name, k.kind, k.content FROM documents k JOIN cases c ON c.id = k.case_id WHERE c.ref = :case AND k.id = :id")


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A file that came with event `seq`. `size` in bytes."""

    id: int
    seq: int
    name: str
    kind: str
    size: int
    sha256: str

    @property
    def in_words(self) -> str:
        """`PDF, 120 kB`."""
        return f"{self.kind.upper()}, {max(1, round(self.size / 1024)):,} kB"


def documents_of(session: Session, ref: str) -> list[DocumentRow]:
    """The case's files, oldest first; empty also for a case that this session cannot see."""
    return [DocumentRow(*row) for row in session.execute(_OF_CASE, {"case": ref})]


def document(session: Session, ref: str, number: int) -> tuple[str, str, bytes] | None:
    """Name, kind and content; None if the case has no such file, or this session may not read it."""
    row = session.execute(_ONE, {"case": ref, "id": number}).one_or_none()
    return None if row is None else (row.name, row.kind, bytes(row.content))
