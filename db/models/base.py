"""What every table shares: the base class, the kinds of columns, and how its rows are scoped."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Identity, Integer, LargeBinary, MetaData, SmallInteger, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

BigId = Annotated[int, mapped_column(BigInteger)]
Small = Annotated[int, mapped_column(SmallInteger)]
NewBigId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
NewId = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
Words = Annotated[str, mapped_column(Text, server_default=text("''"), default="")]
No = Annotated[bool, mapped_column(Boolean, server_default=text("false"), default=False)]
Count = Annotated[int, mapped_column(Integer, server_default=text("0"), default=0)]


class Base(DeclarativeBase):
    """All tables of the ledger's database. Dates end in `_on` (London), instants in `_at` (UTC)."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: Integer(),
        bool: Boolean(),
        bytes: LargeBinary(),
        date: Date(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
    }
