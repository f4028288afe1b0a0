"""A Prefect server of our own: `prefect server start` as a child process with the settings of `flows/server_settings.py`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from db.postgres_process import free_port, port_is_free
from flows.connection import Connection
from flows.server_files import ServerFiles
from flows.server_settings import SERVER_SETTINGS, check_settings

PATIENCE_SECONDS = 120.0
SILENT_SECONDS = 60.0  # a living server that answers nobody for so long is taken for hung; a busy one is not
ATTEMPTS = 3
Progress = Callable[[str], None]


class PrefectServerError(RuntimeError):
    """The Prefect server cannot be started or stopped; `str()` says why and shows the end of its log."""


class PrefectServer:
    """One Prefect server on 127.0.0.1, with a password, on the PostgreSQL database `database_url`.

    It runs in a session of its own: Ctrl-C in a terminal does not reach it, and one that outlived its starter is taken over.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.files = ServerFiles(folder)
        self.database_url = asynchronous(database_url)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def connection(self) -> Connection:
        """Address and password for the clients of this server."""
        return Connection(f"http://127.0.0.1:{self.files.port()}/api", self.files.auth_string(), self.files.home)

    def start(self, progress: Progress = lambda words: None) -> Connection:
        """Start the server unless ours runs already, wait until it answers, and check its settings.

        Raises PrefectServerError, or PrefectSettingsError when a setting we rely on does not hold.
        """
        self.files.make()
        if not self._runs_already():
            self._launch(progress)
        check_settings(self.connection.told_settings())
        return self.connection

    def ensure(self, progress: Progress = lambda words: None) -> bool:
        """Start the server again if it has died or stopped answering. True when that was needed."""
        if self._is_alive() and self._answers_within(SILENT_SECONDS):
            return False
        self.stop()
        self.start(progress)
        return True

    def stop(self, seconds: float = 20.0) -> None:
        """Ask the server to end, and end it the hard way after `seconds`. What it accepted is in its database either way."""
        pid = self._pid()
        for order in (signal.SIGTERM, signal.SIGKILL):
            if not pid or not self._is_ours(pid):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            self._wait_for_end(pid, seconds)
        self._child = None
        if self.files.home.exists():
            self.files.remember_pid(0)

    def environment(self, port: int) -> dict[str, str]:
        """The server's own variables; those of Prefect that the caller has are left out."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return {
            **ours,
            **SERVER_SETTINGS,
            "PREFECT_HOME": str(self.files.home),
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_SERVER_API_AUTH_STRING": self.files.auth_string(),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self.database_url,
            "PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api",
        }

    def _runs_already(self) -> bool:
        if not self.files.port() or not self.connection.is_healthy():
            return False
        if self.connection.ask("/admin/version") == version("prefect"):
            return True
        self.stop()
        return False

    def _launch(self, progress: Progress) -> None:
        for _ in range(ATTEMPTS):
            remembered = self.files.port()
            port = remembered if remembered and port_is_free(remembered) else free_port()
            self.files.remember_port(port)
            command = [sys.executable, "-m", "flows.server_process", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
            with self.files.log.open("ab") as log:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.files.home,
                    env=self.environment(port),
                    start_new_session=True,
                )
            self.files.remember_pid(self._child.pid)
            if self._wait_until_healthy(progress):
                return
            if port_is_free(port):
                break  # it did not fail for want of the port: another one would not help
        raise PrefectServerError(f"The Prefect server did not start. The end of {self.files.log}:\n{self.files.last_words()}")

    def _wait_until_healthy(self, progress: Progress) -> bool:
        began = time.monotonic()
        told_at = 0
        while (passed := time.monotonic() - began) < PATIENCE_SECONDS:
            if self.connection.is_healthy():
                return True
            if self._child is not None and self._child.poll() is not None:
                return False
            if int(passed) > told_at:
                told_at = int(passed)
                progress(f"Prefect server: {told_at} s")
            time.sleep(0.1)
        self.stop()
        return False

    def _answers_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.connection.is_healthy():
                return True
            if not self._is_alive():
                return False
            time.sleep(0.5)
        return False

    def _pid(self) -> int:
        return self._child.pid if self._child is not None else self.files.pid()

    def _is_alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return bool(self.files.pid()) and self._is_ours(self.files.pid())

    def _is_ours(self, pid: int) -> bool:
        """Whether that process is a Prefect server on our port: a number found in a file may belong to somebody else by now."""
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        found = _command_of(pid)
        return "prefect server start" in found and f"--port {self.files.port()}" in found

    def _wait_for_end(self, pid: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._is_ours(pid):
            time.sleep(0.05)


def _command_of(pid: int) -> str:
    """The command line of a living process, empty if there is none."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
        except OSError:
            return ""
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def asynchronous(url: str) -> str:
    """The URL as Prefect wants it: `postgresql://` or `postgresql+psycopg://` becomes `postgresql+asyncpg://`.

    Raises PrefectServerError for anything else, naming the kind only (a URL holds a password). SQLite is refused because it locks as
    soon as two write: 30 of 130 runs opened in bulk were lost inside a 200, and a second worker makes it worse (PrefectHQ/prefect#18934).
    """
    kind, _, rest = url.partition("://")
    if kind.split("+")[0] in ("postgresql", "postgres"):
        return f"postgresql+asyncpg://{rest}"
    raise PrefectServerError(
        f"Prefect's database must be PostgreSQL, not {kind[:20]!r}: a second worker, or many runs at once, need a server that several may write to. "
        "Give a URL that begins with postgresql://, or none, and Sendflow starts a PostgreSQL of its own."
    )
