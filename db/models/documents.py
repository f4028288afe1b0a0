"""Files that came with an answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewBigId


class Document(Base):
    """A file of a case, kept with the event that names its SHA-256 (`keep_document` in `db/sql`). Never changed; deleted only to erase.

    `kind`: its type by its own first bytes (`rules/documents.py`); `name`: as its sender called it.
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("case_id", "seq", "sha256"), CheckConstraint("size = octet_length(content)", name="size"))

    id: Mapped[NewBigId]
    case_id: Mapped[BigId] = mapped_column(ForeignKey("cases.id"))
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seq: Mapped[int]
    school_id: Mapped[int]
    size: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes]
