"""What is owed to whom: the outbox of acts, one delivery a message and recipient, and the signed links of outsiders."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, Count, NewBigId, No, Small, Words

DELIVERY_STATES = ("owed", "claimed", "handed_over", "accepted", "unknown", "delivered", "bounced", "superseded", "failed")


class OutboxRow(Base):
    """All that one act owes, as JSON text. Deleted once spread into deliveries and wakes. Take it by SKIP LOCKED, never by number."""

    __tablename__ = "outbox"

    id: Mapped[NewBigId]
    case_id: Mapped[BigId]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seq: Mapped[int]
    school_id: Mapped[int]
    messages: Mapped[str]


class Delivery(Base):
    """One message to one recipient. The address is looked up when it is sent and not kept here.

    `moment` and `template` name the text, `to_role` the reader it is written for; `person_id` is null for an LA's mailbox (`authority_id`).
    `channel`: empty for the way the reader asked for, else the one tried instead. `reference` is the same at every attempt; `may_be_twice`: the
    server's answer was lost once.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in DELIVERY_STATES)})", name="state"),
        UniqueConstraint("once_key"),
        Index("deliveries_to_send", "next_try_at", postgresql_where=text("state IN ('owed', 'claimed', 'handed_over')")),
        Index(None, "case_id"),
    )

    id: Mapped[NewBigId]
    case_id: Mapped[BigId]
    person_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_try_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_until: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    seq: Mapped[int]
    school_id: Mapped[int]
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    due_on: Mapped[date | None]
    attempts: Mapped[Count]
    no: Mapped[Small | None]
    round: Mapped[Small | None]
    rung: Mapped[Small | None]
    may_be_twice: Mapped[No]
    step: Mapped[Words]
    party: Mapped[Words]
    moment: Mapped[str]
    template: Mapped[str]
    channel: Mapped[Words]
    to_role: Mapped[str]
    severity: Mapped[Words]
    state: Mapped[str] = mapped_column(server_default=text("'owed'"), default="owed")
    holder: Mapped[Words]
    error_code: Mapped[Words]
    reference: Mapped[str] = mapped_column(unique=True)
    once_key: Mapped[str]
    details: Mapped[str] = mapped_column(server_default=text("'{}'"), default="{}")


class LinkRow(Base):
    """A signed link for somebody without an account: one step, one party, one round, one person; expires; decides once."""

    __tablename__ = "links"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[BigId]
    person_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    school_id: Mapped[int]
    expires_on: Mapped[date]
    used_seq: Mapped[int | None]
    round: Mapped[Small]
    step: Mapped[str]
    party: Mapped[Words]
    to_role: Mapped[str]
