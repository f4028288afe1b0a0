"""One address, two readers: SQLAlchemy wants the driver's name in a URL, psycopg wants none."""

from __future__ import annotations


def sqlalchemy_url(url: str) -> str:
    """`postgresql+psycopg://…` from any usual form. Raises ValueError for another kind of database."""
    return "postgresql+psycopg://" + _rest(url)


def psycopg_url(url: str) -> str:
    """`postgresql://…` from any usual form. Raises ValueError for another kind of database."""
    return "postgresql://" + _rest(url)


def _rest(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {scheme[:20]!r}: the ledger needs PostgreSQL")
    return rest
