"""Bringing a database to the present schema, and refusing one that is not ours or is ahead of us."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from db.installation import Installation
from db.roles import OWNER, SCHEDULER, create_roles
from db.settings import Settings
from db.url import sqlalchemy_url
from db.whole_schema import lacking

LOCK = 7_365_646_866  # an advisory lock of our own, so that two starting processes migrate one after the other
SHOWN = 5
State = Literal["empty", "current", "older", "newer", "half", "prefect", "foreign"]


class DatabaseRefused(RuntimeError):
    """The database is not one that this Sendflow may use. `str()` says what was found and what to do; nothing was written."""


@dataclass(frozen=True)
class Found:
    """What a database holds: `state`, and words for people."""

    state: State
    words: str


def inspect_database(url: str) -> Found:
    """Look at the database without writing. Raises `sqlalchemy.exc.OperationalError` when no server answers."""
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return found_on(connection)


def migrate(url: str, *, demo: bool = False) -> None:
    """Bring an empty or older database to head, in one transaction: it is wholly the old schema or wholly the new one.

    `demo` marks a database made now as a demo's. Raises DatabaseRefused for a database of somebody else or of a newer Sendflow.
    """
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        found = found_on(connection)
        if found.state == "current":
            return
        if found.state not in ("empty", "older"):
            raise DatabaseRefused(found.words)
        upgrade_to(connection, "head")
        if found.state == "empty":
            _make_identity(connection, demo)


def migrate_own(url: str, settings: Settings) -> None:
    """As `migrate`, on the database of the settings; an empty one is refused on a machine that has worked with a ledger (faults.md O3).

    Raises `db.installation.OtherInstallation` for that, before anything is written.
    """
    found = inspect_database(url)
    if found.state == "empty":
        Installation(settings).refuse_empty(found.words)
    migrate(url, demo=settings.demo)


def require_current(url: str) -> None:
    """Raise DatabaseRefused unless the database is ours and at exactly this version of the schema."""
    found = inspect_database(url)
    if found.state != "current":
        raise DatabaseRefused(found.words)


def upgrade_to(connection: Connection, revision: str) -> None:
    """Bring the schema to that revision inside the caller's transaction, making the roles first. Raises DatabaseRefused."""
    try:
        create_roles(connection)
    except OperationalError:
        raise  # the connection broke: that says nothing about rights
    except DBAPIError as fault:
        raise DatabaseRefused(
            "the database role in DATABASE_URL may not make the ledger's roles. Let an administrator run `CREATE ROLE` and `GRANT` for "
            "sendflow_owner, sendflow_writer, sendflow_app, sendflow_importer and sendflow_scheduler (docs/ledger.md), or give it CREATEROLE "
            f"and the ownership of the database. PostgreSQL says: {fault.orig}"
        ) from fault
    connection.exec_driver_sql(f"SET ROLE {OWNER}")
    configuration = alembic_config()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)
    connection.exec_driver_sql("RESET ROLE")


@cache
def known_revisions() -> list[str]:
    """Every revision of the schema that this Sendflow knows, the present one first."""
    return [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()]


def _make_identity(connection: Connection, demo: bool) -> None:
    connection.exec_driver_sql(f"SET ROLE {SCHEDULER}")
    connection.exec_driver_sql("INSERT INTO instance_identity (instance, demo) VALUES (%s, %s)", (uuid4(), demo))
    connection.exec_driver_sql("RESET ROLE")


def alembic_config() -> Config:
    """Alembic's configuration, in code: there is no ini file to lose."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    configuration.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    configuration.set_main_option("path_separator", "os")
    return configuration


def found_on(connection: Connection) -> Found:
    """What the connection's database holds; reads only."""
    tables = set(connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars())
    name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    if not tables:
        return Found("empty", f"the database {name} is empty. Run `sendflow up` to make the ledger in it.")
    if {"flow_run", "deployment"} <= tables:
        return Found("prefect", f"the database {name} is Prefect's own (it has the table flow_run). Give the ledger a database of its own.")
    if not {"alembic_version", "instance_identity", "cases", "events"} <= tables:
        shown = ", ".join(sorted(tables)[:SHOWN])
        return Found("foreign", f"the database {name} belongs to something else (it holds {shown} …). Give the ledger an empty database.")
    return _compare(connection, name, tables)


def _compare(connection: Connection, name: str, tables: set[str]) -> Found:
    try:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    except OperationalError:
        raise
    except DBAPIError as fault:
        raise DatabaseRefused(f"the login role in DATABASE_URL is no member of {OWNER}; let an administrator run GRANT {OWNER} TO it.") from fault
    versions = list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    connection.exec_driver_sql("RESET ROLE")
    if len(versions) != 1:
        return Found(
            "half", f"the database {name} has no single schema version ({versions}). Restore a backup; a migration never leaves this behind."
        )
    if versions[0] not in known_revisions():
        return Found(
            "newer", f"the database {name} has schema {versions[0]}, made by a newer Sendflow. Install that version; this one writes nothing."
        )
    if versions[0] == known_revisions()[0]:
        return _current(name, versions[0], lacking(connection, tables))
    return Found("older", f"the database {name} has the older schema {versions[0]}. Run `sendflow up` once to bring it up to date.")


def _current(name: str, version: str, missing: list[str]) -> Found:
    if not missing:
        return Found("current", f"the database {name} is at schema {version}.")
    words = f"the database {name} calls itself schema {version} and lacks {', '.join(missing[:SHOWN])}{' …' if missing[SHOWN:] else ''}. "
    return Found("half", words + "A copy or a repair was broken off: a migration never leaves this behind. Restore a backup into an empty database.")
