"""Starting again what has died under a running installation: its database, its Prefect server. That neither starts at once does not end `up`."""

from __future__ import annotations

import psycopg

from db.embedded import EmbeddedPostgres
from db.postgres_files import EmbeddedPostgresError
from flows.connection import PrefectUnreachable
from flows.server import PrefectServer, PrefectServerError


def revived_database(embedded: EmbeddedPostgres) -> str:
    """Start the dead database again; what came of it, in words. One that cannot start (its disk is full) is tried again at the next look."""
    try:
        embedded.start()
    except (EmbeddedPostgresError, psycopg.OperationalError) as fault:
        return f"the database had died and does not start; it is tried again. {fault}"
    return "the database had died and was started again"


def revived_prefect(server: PrefectServer) -> str:
    """Start the Prefect server again if it has died or answers nobody; what came of it, in words, and empty when all is well.

    One that cannot start is tried again at the next look: its database may have died at the same moment, and is started there first.
    """
    try:
        had_died = server.ensure()
    except (PrefectServerError, PrefectUnreachable) as fault:
        return f"the Prefect server had died and does not start; it is tried again. {fault}"
    return "the Prefect server had died and was started again" if had_died else ""
