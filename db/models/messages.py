"""What is owed to whom: the outbox of acts, one delivery a message and recipient, and the signed links of outsiders."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, Count, NewBigId, No, Small, Words

SENDING_STATES = ("owed", "claimed", "handed_over", "accepted", "unknown", "delivered", "bounced", "superseded", "failed")
# held: waits for its reader's next list or morning; listed: is a line of one; told: by a person, for mail did not bring it
DELIVERY_STATES = (*SENDING_STATES, "held", "listed", "told")
_ON_ITS_WAY = text("state IN ('owed', 'claimed', 'handed_over')")


def _one_of(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(state) for state in states)})"


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
    server's answer was lost once. `owed_on`: the London day on which it was owed; `held_for`: the kind of mailing that it waits for or stands in,
    whose number is `mailing_id`. `told_way`, `told_on`, `told_by`: how, on which day and by whom its reader was told (`db/told_by_a_person.py`).
    `refused_since`: when the mail server, which takes nothing from anybody, first refused it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(_one_of(DELIVERY_STATES), name="state"),
        CheckConstraint("(state = 'told') = (told_by IS NOT NULL AND told_on IS NOT NULL AND told_way <> '')", name="told"),
        UniqueConstraint("once_key"),
        Index("deliveries_to_send", "next_try_at", postgresql_where=_ON_ITS_WAY),
        Index("deliveries_held", "owed_on", postgresql_where=text("state = 'held'")),
        Index("deliveries_mailing_id", "mailing_id", postgresql_where=text("mailing_id IS NOT NULL")),
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
    mailing_id: Mapped[BigId | None] = mapped_column(ForeignKey("mailings.id"))
    owed_on: Mapped[date | None]
    held_for: Mapped[Words]
    told_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    told_on: Mapped[date | None]
    told_way: Mapped[Words]
    refused_since: Mapped[datetime | None]


class Mailing(Base):
    """One message that holds several deliveries as its lines: a `list` of what an officer is reminded of, or the `morning` of one of the staff.
    Or a report, or a note in Teams that the morning is there, which have no lines (`db/reports.py`, `db/preferences.py`).

    One a reader, kind and day (`sent_for`). Sent as a delivery is: the same states, claims and tries.
    """

    __tablename__ = "mailings"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('list', 'morning', 'teams', 'standing_in', 'trust_week', 'trust_breaches', 'head_week', 'board_month')", name="kind"
        ),
        CheckConstraint(_one_of(SENDING_STATES), name="state"),
        CheckConstraint("num_nonnulls(person_id, authority_id) = 1", name="one_reader"),
        UniqueConstraint("kind", "person_id", "sent_for"),
        UniqueConstraint("kind", "authority_id", "sent_for"),
        Index("mailings_to_send", "next_try_at", postgresql_where=_ON_ITS_WAY),
    )

    id: Mapped[NewBigId]
    person_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_try_at: Mapped[datetime] = mapped_column(server_default=func.now())
    claimed_until: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    sent_for: Mapped[date]
    attempts: Mapped[Count]
    may_be_twice: Mapped[No]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'owed'"), default="owed")
    holder: Mapped[Words]
    error_code: Mapped[Words]
    refused_since: Mapped[datetime | None]

    @property
    def reference(self) -> str:
        """What stands in the mail's header and finds the mailing again: `LIST-000012`."""
        return f"LIST-{self.id:06}"


class LinkRow(Base):
    """A signed link for somebody without an account: one step, one party, one round, one person or LA's mailbox; expires; decides once.

    Withdrawn (`revoked_at`, by whom) no further link of that step is made for its reader, until a person allows it again (`allowed_at`, by whom).
    """

    __tablename__ = "links"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[BigId]
    person_id: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    allowed_at: Mapped[datetime | None]
    revoked_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    allowed_by: Mapped[BigId | None] = mapped_column(ForeignKey("persons.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    school_id: Mapped[int]
    expires_on: Mapped[date]
    used_seq: Mapped[int | None]
    round: Mapped[Small]
    step: Mapped[str]
    party: Mapped[Words]
    to_role: Mapped[str]


class ToldBreaches(Base):
    """All that stood as a breach at its reader's schools when a report was composed, each `case/step/party/round`, and all that was late, breaches
    among it (null in a report of before 0034). Secret: one list names cases of several schools."""

    __tablename__ = "told_breaches"

    mailing_id: Mapped[BigId] = mapped_column(ForeignKey("mailings.id"), primary_key=True, autoincrement=False)
    breaches: Mapped[list[str]] = mapped_column(ARRAY(Text))
    late: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
