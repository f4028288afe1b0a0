"""The database roles: who the code is while it reads or writes. They belong to the whole server, so several databases share them."""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import Connection

OWNER = "sendflow_owner"
WRITER = "sendflow_writer"
APP = "sendflow_app"
IMPORTER = "sendflow_importer"
SCHEDULER = "sendflow_scheduler"
ALL = (OWNER, WRITER, APP, IMPORTER, SCHEDULER)
# NOINHERIT: the owner may become the writer (to hand it functions), but does not see rows by the writer's policies.
_CREATE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


def create_roles(connection: Connection) -> None:
    """Make the roles that are missing, let the connection's login role become them, and open the schema `public` to them alone.

    Run again, it changes nothing. Raises `sqlalchemy.exc.ProgrammingError` when the login role may not make roles.
    """
    existing = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'sendflow\\_%%'").scalars())
    for role in ALL:
        if role not in existing:
            connection.exec_driver_sql(_CREATE.format(role=role))
    login = str(connection.exec_driver_sql("SELECT current_user").scalar_one())
    for role in ALL:
        _make_member(connection, login, role)
    _make_member(connection, OWNER, WRITER)
    _open_schema(connection)


def _make_member(connection: Connection, member: str, role: str) -> None:
    # From PostgreSQL 16 the maker of a role is its member without being allowed to become it; `SET` asks for that.
    kind = "SET" if (connection.dialect.server_version_info or (0,)) >= (16,) else "MEMBER"
    if not connection.exec_driver_sql("SELECT pg_has_role(%s, %s, %s)", (member, role, kind)).scalar():
        connection.exec_driver_sql(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)).as_string())


def _open_schema(connection: Connection) -> None:
    connection.exec_driver_sql("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}, {WRITER}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {APP}, {IMPORTER}, {SCHEDULER}")
    for role in (OWNER, WRITER):
        connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
        connection.exec_driver_sql("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        connection.exec_driver_sql("RESET ROLE")


def become(role: str) -> sql.Composed:
    """The statement that turns a session into that role. Raises ValueError for a role that is not ours."""
    if role not in ALL:
        raise ValueError(f"{role!r} is none of the ledger's roles: {', '.join(ALL)}")
    return sql.SQL("SET ROLE {}").format(sql.Identifier(role))
