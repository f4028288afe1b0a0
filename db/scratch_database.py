"""A database made beside the ledger's for a while, and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from db.migrate import DatabaseRefused
from db.url import psycopg_url


@contextmanager
def scratch_database(beside: str, name: str) -> Iterator[str]:
    """The URL of a new, empty database on the same server. Raises DatabaseRefused when the login role may not make one."""
    address = psycopg_url(beside)
    with psycopg.connect(address, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as fault:
            raise DatabaseRefused(
                "the login role may not make a database. Let an administrator make an empty one, and give it with --into."
            ) from fault
        try:
            yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
