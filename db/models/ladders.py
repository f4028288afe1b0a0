"""Own ladders of a trust, a school or a local authority."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewId, Words


class LadderOverride(Base):
    """A ladder that stands for the shipped one of the same name, in a scope: the trust, or one school, or the pupils of one authority.

    Never changed but for its end, so that what it chased can be read later. `rungs`: canonical JSON of `[when, tells, severity, template]`;
    `content`: the text as it was given.
    """

    __tablename__ = "ladder_overrides"
    __table_args__ = (
        CheckConstraint(
            "scope = CASE WHEN school_id IS NULL AND authority_id IS NULL THEN 'trust' "
            "WHEN authority_id IS NULL THEN 'school' WHEN school_id IS NULL THEN 'authority' ELSE 'one or the other' END",
            name="scope",
        ),
        Index(
            "ladder_overrides_in_force", "ladder", text("COALESCE(school_id, 0)"), text("COALESCE(authority_id, 0)"), unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[NewId]
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]
    set_by: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    removed_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    scope: Mapped[str]
    ladder: Mapped[str]
    rungs: Mapped[str]
    content: Mapped[str]
    because: Mapped[str]
    removed_because: Mapped[Words]
