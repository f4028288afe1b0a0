"""Profiles of local authorities: who is written to there and when, what the LA asks for early, and what goes where."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewId, Small, Words


class LaProfileRow(Base):
    """One LA's profile (`db/la_profile/profile.py`). Never changed but for its end and `unwritten`: who was to be asked when can be read later.

    `content`: its text without officers of single pupils, as another trust may have it. `notices_to_officer`: what the law
    has sent by itself goes to the officer, not to the mailbox. `lead_times`: JSON of `[process, step, by]`. `loaded_by`
    null: the sample trust's. `unwritten`: `process/step` whose open rows still count by the profile before (`db/la_profile/unwritten.py`).
    """

    __tablename__ = "la_profiles"
    __table_args__ = (Index("la_profiles_in_force", "authority_id", unique=True, postgresql_where=text("ended_at IS NULL")),)

    id: Mapped[NewId]
    loaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    loaded_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    notices_to_officer: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    lead_times: Mapped[str] = mapped_column(server_default=text("'[]'"), default="[]")
    content: Mapped[str]
    unwritten: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list)


class LaProfilePerson(Base):
    """A person or desk of a profile, in the order in which they are asked (`place`).

    `part`: an `officer` for a pupil, for schools, surnames and years (null or empty: all), an `escalation` name of a `level` from 1, or where the
    messages of a `step` are sent. `says`: for whom, in words. `school_id`: the pupil's, where there is one.
    """

    __tablename__ = "la_profile_people"
    __table_args__ = (
        CheckConstraint("part IN ('officer', 'escalation', 'send')", name="part"),
        CheckConstraint("(pupil_id IS NULL) = (school_id IS NULL)", name="pupils_school"),
    )

    profile_id: Mapped[int] = mapped_column(ForeignKey("la_profiles.id"), primary_key=True)
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"))
    pupil_id: Mapped[BigId | None] = mapped_column(ForeignKey("pupils.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    place: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[Small] = mapped_column(server_default=text("0"), default=0)
    year_from: Mapped[Small | None]
    year_to: Mapped[Small | None]
    part: Mapped[str]
    surname_from: Mapped[Words]
    surname_to: Mapped[Words]
    process: Mapped[Words]
    step: Mapped[Words]
    says: Mapped[Words]
    school_ids: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
