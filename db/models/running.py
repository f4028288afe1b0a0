"""What keeps cases moving: wakes, flow runs, heartbeats, the anchors of all chains, and the identity of this installation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigId, Count, NewBigId, No, Words


class Wake(Base):
    """How many wakes a case wants and how many were served. A lease (`holder` until `leased_until`) has a fence that only grows."""

    __tablename__ = "wakes"
    __table_args__ = (
        Index("wakes_wanted", "wanted_at", postgresql_where=text("wanted > served AND parked_at IS NULL")),
        Index("wakes_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    )

    case_id: Mapped[BigId] = mapped_column(primary_key=True, autoincrement=False)
    fence: Mapped[BigId] = mapped_column(server_default=text("0"), default=0)
    wanted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    school_id: Mapped[int]
    wanted: Mapped[Count]
    served: Mapped[Count]
    failures: Mapped[Count]
    holder: Mapped[Words]
    error_code: Mapped[Words]


class Run(Base):
    """The one Prefect flow run of a case, its artifact, and what Prefect was told of the case (`db/told.py`)."""

    __tablename__ = "runs"

    case_id: Mapped[BigId] = mapped_column(primary_key=True, autoincrement=False)
    flow_run_id: Mapped[UUID] = mapped_column(unique=True)
    artifact_id: Mapped[UUID | None]
    remembered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    school_id: Mapped[int]
    told_seq: Mapped[Count]
    told: Mapped[Words]


class Heartbeat(Base):
    """When a scheduled piece of work last came to its end, and how often it should. Silence is an alarm."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    every_seconds: Mapped[int]
    counted: Mapped[Count]
    error_code: Mapped[Words]


class Anchor(Base):
    """The digest of every chain's head, with the counts, at an instant. The copy that proves something is kept outside."""

    __tablename__ = "anchors"

    id: Mapped[NewBigId]
    taken_at: Mapped[datetime] = mapped_column(server_default=func.now())
    cases: Mapped[BigId]
    events: Mapped[BigId]
    digest: Mapped[bytes]


class InstanceIdentity(Base):
    """Which installation this database belongs to. A copy on another host, or a restored one, is quiet until a person confirms."""

    __tablename__ = "instance_identity"
    __table_args__ = (CheckConstraint("singleton", name="singleton"),)

    singleton: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"), default=True)
    instance: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    demo: Mapped[No]
    host_key: Mapped[Words]
    confirmed_at: Mapped[datetime | None]
