"""What a Prefect server of ours keeps in the data folder: its home, its port, the password of its API, its log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

MAX_LOG_BYTES = 10_000_000


class ServerFiles:
    """The folder `data_folder/prefect`, readable by our own account only."""

    def __init__(self, data_folder: Path) -> None:
        self.home = data_folder.expanduser().resolve() / "prefect"
        self.log = self.home / "server.log"

    def make(self) -> None:
        """Make the folder (mode 0700) and cut a log that has grown long."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home.chmod(0o700)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.unlink()
        self.log.touch(mode=0o600)

    def auth_string(self) -> str:
        """`sendflow:` and 32 random bytes, made once."""
        return self._kept("auth_string", lambda: "sendflow:" + secrets.token_urlsafe(32))

    def port(self) -> int:
        """The port last used; 0 when none is remembered."""
        kept = self.home / "port"
        return int(kept.read_text(encoding="ascii")) if kept.exists() else 0

    def pid(self) -> int:
        """The process id of the server last started; 0 when none is known."""
        kept = self.home / "pid"
        return int(kept.read_text(encoding="ascii")) if kept.exists() else 0

    def remember_pid(self, pid: int) -> None:
        """Keep the process id, so that a server that outlived its starter can be stopped. 0: none."""
        self._write("pid", str(pid))

    def remember_port(self, port: int) -> None:
        """Keep the port for the next start, so that bookmarks and workers find the server again."""
        self._write("port", str(port))

    def last_words(self) -> str:
        """The end of the server's log, for an error message."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        kept = self.home / name
        if not kept.exists():
            self._write(name, make())
        return kept.read_text(encoding="ascii").strip()

    def _write(self, name: str, text: str) -> None:
        draft = self.home / f"{name}.new"
        draft.touch(mode=0o600)
        draft.chmod(0o600)
        draft.write_text(text, encoding="ascii")
        draft.rename(self.home / name)
