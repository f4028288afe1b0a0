"""The trust, its schools, and their calendars."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, NewId, Words


class Trust(Base):
    """A multi-academy trust. `uid`: the group's number in Get Information About Schools."""

    __tablename__ = "trusts"

    id: Mapped[NewId]
    uid: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]


class Authority(Base):
    """A local authority (LA) that keeps plans. `code`: its three-digit DfE number; `sen_email`: the SEN team's mailbox."""

    __tablename__ = "authorities"

    id: Mapped[NewId]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sen_email: Mapped[Words]
    phone: Mapped[Words]


class School(Base):
    """A school. `dfe_number`: seven digits, LA and establishment. `authority_id`: the LA in whose area it lies."""

    __tablename__ = "schools"

    id: Mapped[NewId]
    trust_id: Mapped[int] = mapped_column(ForeignKey("trusts.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    urn: Mapped[str] = mapped_column(unique=True)
    dfe_number: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    phase: Mapped[Words]
    email: Mapped[Words]
    phone: Mapped[Words]
    address: Mapped[Words]
    left_on: Mapped[date | None]


class SchoolTerm(Base):
    """A term: the first and the last day on which pupils attend."""

    __tablename__ = "school_terms"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="order"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date]
    name: Mapped[str]


class SchoolClosure(Base):
    """Days inside a term on which pupils do not attend: half term, INSET, snow. First and last day included."""

    __tablename__ = "school_closures"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="order"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date]
    reason: Mapped[Words]


class KeptCalendar(Base):
    """A school calendar that acts were judged by, under its version (`db/calendar_of_school.py`). Never changed."""

    __tablename__ = "calendars"

    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())
