"""Who is away and who stands in, and the roles that nobody can act in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewBigId, Words

_STANDS = text("ended_at IS NULL")


class Absence(Base):
    """A member of staff is away from `from_on` to `to_on` (both included; null: until further notice), and `deputy_id` stands in.

    `ended_at`: taken back; the row then counts on no day any more. `school_ids`: where the person held a role when it was said.
    `db/absences.py` writes it; `db/sql/15_who_stands_in.sql` says what follows from it.
    """

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="days"),
        CheckConstraint("deputy_id <> person_id", name="somebody_else"),
        Index(None, "deputy_id", postgresql_where=_STANDS),
        Index(None, "person_id", postgresql_where=_STANDS),
    )

    id: Mapped[NewBigId]
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    deputy_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    said_by: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    said_at: Mapped[datetime]
    ended_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    ended_at: Mapped[datetime | None]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    school_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    told_by: Mapped[BigId | None] = mapped_column(ForeignKey("mailings.id"))  # the message that tells the deputy (`db/handing_over.py`)


class UnownedRole(Base):
    """Open steps that nobody can act on, of one role at one school, and when the trust was told. Gone as soon as somebody can (`db/unowned.py`).

    `about` is empty for all steps of the role, or names a case whose approval only its author could give, or one about whoever
    alone could act in it. `case_id`: the most urgent of them.
    """

    __tablename__ = "unowned_roles"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    case_id: Mapped[BigId] = mapped_column(ForeignKey("cases.id"))
    told_on: Mapped[date]
    steps: Mapped[int]
    owner: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[Words] = mapped_column(primary_key=True)
