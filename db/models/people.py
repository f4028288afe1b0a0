"""Staff, families, outside contacts, pupils and their plans. Synthetic people only, outside a trust's own installation."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, NewBigId, No, Small, Words


class Person(Base):
    """Somebody who acts or is written to. `kind`: staff, family or outside (an LA officer, a therapist).

    `school_ids`: the schools whose people may see this person; `db/person_schools.py` derives it from memberships, families and
    contacts. `preferred_channel`: email, sms, phone or post. `address` is shown to nobody but those the family's rows allow.
    """

    __tablename__ = "persons"
    __table_args__ = (
        CheckConstraint("kind IN ('staff', 'family', 'outside')", name="kind"),
        CheckConstraint("preferred_channel IN ('email', 'sms', 'phone', 'post')", name="channel"),
        Index("persons_email", text("lower(email)")),
    )

    id: Mapped[NewBigId]
    kind: Mapped[str]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[Words]
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[Words]
    phone: Mapped[Words]
    address: Mapped[Words]
    language: Mapped[str] = mapped_column(server_default=text("'en'"), default="en")
    preferred_channel: Mapped[str] = mapped_column(server_default=text("'email'"), default="email")
    school_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), default=list)
    left_on: Mapped[date | None]


class Membership(Base):
    """A role (a name in `roles.yaml`) that a member of staff holds at a school, up to and including `until_on`."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "school_id", "role"),)

    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    until_on: Mapped[date | None]


class Preference(Base):
    """How one of the staff wants to hear (`db/preferences.py`). `teams_url`, kept since `set_at`, is a
    secret: only the scheduler's role reads this table."""

    __tablename__ = "preferences"
    __table_args__ = (CheckConstraint("morning_at BETWEEN 7 AND 15", name="hour"),)

    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    morning_at: Mapped[Small] = mapped_column(server_default=text("7"), default=7)
    teams_url: Mapped[Words]
    reports_in_holidays: Mapped[No]


class Pupil(Base):
    """A pupil on a school's roll. `sen_provision`: N, K or E; needs: DfE codes such as ASD (`rules` keeps the list, not this table).

    A child who moves between two schools of the trust is a pupil at each, with one UPN: cases stay with the school that opened them.
    `authority_id`: the LA responsible for the pupil's plan or assessment (where the pupil lives), not always the school's.
    """

    __tablename__ = "pupils"
    __table_args__ = (
        CheckConstraint("sen_provision IN ('N', 'K', 'E')", name="sen_provision"),
        Index(None, "school_id", "family_name"),
        Index("pupils_upn", "upn", "school_id", unique=True, postgresql_where=text("left_on IS NULL")),
    )

    id: Mapped[NewBigId]
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    upn: Mapped[str | None]
    mis_id: Mapped[Words]
    given_name: Mapped[str]
    family_name: Mapped[str]
    known_as: Mapped[Words]
    born_on: Mapped[date]
    year_group: Mapped[Small | None]
    class_name: Mapped[Words]
    sen_provision: Mapped[str] = mapped_column(server_default=text("'N'"), default="N")
    primary_need: Mapped[Words]
    secondary_need: Mapped[Words]
    looked_after: Mapped[No]
    looked_after_by: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    first_language: Mapped[Words]
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]


class Family(Base):
    """What a person is to a pupil. `parental_responsibility` decides who holds a parent's rights in law (Children Act 1989 s.3).

    `no_contact`: a court or safeguarding order; nothing is ever sent. `address_not_disclosed`: nobody outside the school learns
    this person's address or school run from us, the other parent above all. `priority`: whom to ring first, 1 before 2.
    """

    __tablename__ = "families"
    __table_args__ = (Index(None, "person_id"),)

    pupil_id: Mapped[BigId] = mapped_column(ForeignKey("pupils.id"), primary_key=True)
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    relationship: Mapped[str]
    parental_responsibility: Mapped[No]
    lives_with_pupil: Mapped[No]
    address_not_disclosed: Mapped[No]
    no_contact: Mapped[No]
    priority: Mapped[Small] = mapped_column(server_default=text("1"), default=1)


class PupilContact(Base):
    """An outside person who acts for one pupil in a role of `roles.yaml`: social worker, therapist, virtual school head."""

    __tablename__ = "pupil_contacts"
    __table_args__ = (Index(None, "person_id"),)

    pupil_id: Mapped[BigId] = mapped_column(ForeignKey("pupils.id"), primary_key=True)
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))


class AuthorityContact(Base):
    """A person who acts at an LA in a role of `roles.yaml` (`la` for the SEN caseworker, an adviser's role for its service).

    `school_id`: only for pupils of that school; null: for all pupils of the LA.
    """

    __tablename__ = "authority_contacts"

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    person_id: Mapped[BigId] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))


class Plan(Base):
    """An EHC plan. `review_due_on`: the last day of its 12 months, that is of the LA's decision on the review (CFA 2014 s.44)."""

    __tablename__ = "plans"
    __table_args__ = (Index(None, "pupil_id"), Index(None, "school_id", "review_due_on"))

    id: Mapped[NewBigId]
    pupil_id: Mapped[BigId] = mapped_column(ForeignKey("pupils.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    la_reference: Mapped[Words]
    issued_on: Mapped[date]
    last_review_on: Mapped[date | None]
    review_due_on: Mapped[date]
    ceased_on: Mapped[date | None]
