"""What was imported from whom, how a school's columns are read, and pupils missing from a file who wait for a person's yes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, Count, NewBigId, Words


class Import(Base):
    """One file taken in. `school_id` is null for a file of the whole trust. `file_hash`: SHA-256 of its bytes."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "kind", "file_hash"),)

    id: Mapped[NewBigId]
    actor_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    kind: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[bytes]
    rows: Mapped[Count]
    added: Mapped[Count]
    changed: Mapped[Count]
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)


class ImportMapping(Base):
    """How a school's export names its columns: `{our name: theirs}`, kept from the last import that a person confirmed."""

    __tablename__ = "import_mappings"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PendingLeaver(Base):
    """A pupil who was missing from a school's file. `answer`: empty while nobody has said; `left` or `stays`."""

    __tablename__ = "pending_leavers"

    pupil_id: Mapped[BigId] = mapped_column(ForeignKey("pupils.id"), primary_key=True)
    import_id: Mapped[BigId] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    answered_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    noticed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_at: Mapped[datetime | None]
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    left_on: Mapped[date | None]
    answer: Mapped[Words]


class MissingRelative(Base):
    """Somebody with parental responsibility whom a file of the pupil's family did not name. They keep it until a person says that it is over.

    `answer`: empty while nobody has said; `gone`; `stays`, and then nobody is asked again until a file has named them; `named` by a later file;
    `returned`: was gone, and a later file said that they have it again.
    """

    __tablename__ = "missing_relatives"
    __table_args__ = (
        CheckConstraint("answer IN ('', 'gone', 'stays', 'named', 'returned')", name="answer"),
        Index("missing_relatives_asked", "pupil_id", "person_id", unique=True, postgresql_where=text("answer IN ('', 'stays')")),
    )

    id: Mapped[NewBigId]
    pupil_id: Mapped[BigId] = mapped_column(ForeignKey("pupils.id"))
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    import_id: Mapped[BigId] = mapped_column(ForeignKey("imports.id"))
    answered_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    noticed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_at: Mapped[datetime | None]
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    answer: Mapped[Words]


class MissingRow(Base):
    """A role, an LA's contact, a term or a closure that a file did not name.

    `answer`: empty while nobody has said; `left`, `stays`, or `named` by a later file. A role without a school is one of the whole trust.
    `ended_on`: the last day that a person said.
    """

    __tablename__ = "missing_rows"
    __table_args__ = (
        CheckConstraint("kind IN ('staff', 'contact', 'term', 'closure')", name="kind"),
        CheckConstraint("answer IN ('', 'left', 'stays', 'named')", name="answer"),
    )

    id: Mapped[NewBigId]
    import_id: Mapped[BigId] = mapped_column(ForeignKey("imports.id"))
    person_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    answered_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    noticed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_at: Mapped[datetime | None]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    first_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    kind: Mapped[str]
    role: Mapped[Words]
    answer: Mapped[Words]
