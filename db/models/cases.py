"""The legal record: cases, their history, and the steps that are open now. Columns stand in storage order; `docs/ledger.md` says why.

Only `db/ledger.py` writes here, through functions that run as `sendflow_writer`.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewBigId, NewId, No, Small, Words


class PinnedDefinition(Base):
    """The exact text of a definition (`source` as `rules.loader.from_pinned` reads it) and its content hash. Never changed."""

    __tablename__ = "definitions"

    id: Mapped[NewId]
    process: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    pinned_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Case(Base):
    """One statutory process for one pupil, or (`about` is `school`) for a school. `position`: canonical text of
    `rules.position.position_to_text`; `head`: the hash of the last event; `ended`: the end's name, empty while the case runs;
    `calendar_version`: the school calendar that the dates of its open steps were counted with.

    `opening_key` makes an opening sent twice one case; `natural_key` (process, pupil or school, period) makes two openers open one case.
    `opened_from`: the case whose decision opened this one. `readers`: the roles at its school that may read it, None for all of them.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index(None, "pupil_id"),
        Index(None, "school_id"),
        Index(None, "opened_from", postgresql_where=text("opened_from IS NOT NULL")),
        Index("cases_readers", "school_id", postgresql_where=text("readers IS NOT NULL")),
        CheckConstraint("about IN ('pupil', 'school') AND (about = 'pupil') = (pupil_id IS NOT NULL)", name="about"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[NewBigId]
    pupil_id: Mapped[BigId | None] = mapped_column(ForeignKey("pupils.id"))
    opened_from: Mapped[BigId | None]
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("definitions.id"))
    opened_on: Mapped[date]
    version: Mapped[int] = mapped_column(server_default=text("0"))
    opening_key: Mapped[UUID] = mapped_column(unique=True)
    ref: Mapped[str] = mapped_column(unique=True)
    natural_key: Mapped[str | None] = mapped_column(unique=True)
    ended: Mapped[Words]
    head: Mapped[bytes]
    calendar_version: Mapped[Words]
    position: Mapped[str]
    about: Mapped[str] = mapped_column(server_default=text("'pupil'"), default="pupil")
    readers: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


class CaseWait(Base):
    """A `case` step of one case (`parent_id`), by step, party and round, and the case of another process whose end it waits for."""

    __tablename__ = "case_waits"
    __table_args__ = (Index(None, "child_id"),)

    parent_id: Mapped[BigId] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    child_id: Mapped[BigId] = mapped_column(ForeignKey("cases.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    round: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[Words] = mapped_column(primary_key=True)


class EventRow(Base):
    """One business act. Append-only, hash-chained per case; `content` is the exact text that was hashed."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("case_id", "act_key"),)

    case_id: Mapped[BigId] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[BigId | None]
    seq: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int]
    act_key: Mapped[UUID]
    kind: Mapped[str]
    hash: Mapped[bytes]
    content: Mapped[str]


class PrivateText(Base):
    """Personal words of an event. The chain holds `sha256(salt || value)` only, so erasing the row leaves the chain whole."""

    __tablename__ = "private_texts"

    case_id: Mapped[BigId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int]
    name: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes]
    value: Mapped[str]


class StepRow(Base):
    """A step that is open, or waiting with a date of law already running, and later how it closed. Derived from the events.

    `status` `certain`: it waits and will be owed; `perhaps`: it may never be; `answered`: it is recorded already; `waiting`: an older program wrote
    it, which did not ask.

    `no`: its number in the case, given by the fold. `owner`: the role that owes it. `why`: compact JSON of the due date's
    explanation. `chase_on`: every rung's date; `rung`: how many have been fired. `wakes_on`: when the calendar itself acts.
    """

    __tablename__ = "steps"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'certain', 'perhaps', 'answered', 'waiting')", name="status"),
        Index("steps_chase", "next_chase_on", postgresql_where=text("closed_seq IS NULL")),
        Index("steps_inbox", "school_id", "owner", "due_on", postgresql_include=["case_id", "status"], postgresql_where=text("closed_seq IS NULL")),
        Index("steps_wake", "wakes_on", postgresql_where=text("closed_seq IS NULL AND wakes_on IS NOT NULL")),
    )

    case_id: Mapped[BigId] = mapped_column(primary_key=True)
    no: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[Small] = mapped_column(server_default=text("1"), default=1)
    school_id: Mapped[int]
    due_on: Mapped[date | None]
    next_chase_on: Mapped[date | None]
    opened_seq: Mapped[int]
    closed_seq: Mapped[int | None]
    closed_on: Mapped[date | None]
    safe_on: Mapped[date | None]
    target_on: Mapped[date | None]
    wakes_on: Mapped[date | None]
    lifted_review_on: Mapped[date | None]
    rung: Mapped[Small] = mapped_column(server_default=text("0"), default=0)
    step: Mapped[str]
    party: Mapped[Words]
    owner: Mapped[Words]
    status: Mapped[str] = mapped_column(server_default=text("'open'"), default="open")
    outcome: Mapped[Words]
    lifted: Mapped[Words]
    why: Mapped[Words]
    chase_on: Mapped[list[date] | None] = mapped_column(ARRAY(Date))
    ladder_id: Mapped[int | None]  # the own ladder (`ladder_overrides`) that `chase_on` is of; null: the one of the case's text
    lead_on: Mapped[date | None]  # the day by which the LA asks for it (`la_profiles`), where its reminders count from that


class DateMove(Base):
    """The date of an open step that moved, noted by the database whichever way the row was written. `seq`: the act that moved it, unless `put_right`:
    then a row that was wrong was written again, after that act. `now_on` null: the step has no date any more. `told`: whoever had been told
    the old date has a message of the new one (`db/moved_words.py`).
    """

    __tablename__ = "date_moves"
    __table_args__ = (Index(None, "case_id"), Index("date_moves_untold", "case_id", postgresql_where=text("NOT told")))

    id: Mapped[NewBigId]
    case_id: Mapped[BigId]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seq: Mapped[int]
    school_id: Mapped[int]
    was_on: Mapped[date]
    now_on: Mapped[date | None]
    no: Mapped[Small]
    round: Mapped[Small]
    put_right: Mapped[No]
    told: Mapped[No]
    step: Mapped[str]
    party: Mapped[Words]
