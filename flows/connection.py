"""How our processes reach the Prefect server: its address, the password of its API, and Prefect's home folder."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CLIENT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL": "WARNING",
    "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}


class PrefectUnreachable(RuntimeError):
    """The Prefect server does not answer, or refuses our password. People can go on deciding; the automation waits."""


@dataclass(frozen=True)
class Connection:
    """One Prefect server as our processes see it. `auth_string` is as secret as the database's password: who holds it runs code as the worker."""

    api_url: str
    auth_string: str = field(repr=False)
    home: Path

    @property
    def ui_url(self) -> str:
        """The address of Prefect's pages for a person's browser."""
        return self.api_url.removesuffix("/api")

    def environment(self) -> dict[str, str]:
        """The variables that a process of ours needs before it imports Prefect."""
        return {
            **CLIENT_SETTINGS,
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api_url,
            "PREFECT_API_AUTH_STRING": self.auth_string,
        }

    def enter(self) -> None:
        """Make this process a client of that server, for its whole life. Call before the first import of Prefect."""
        os.environ.update(self.environment())

    @contextmanager
    def settings(self) -> Iterator[None]:
        """The same for a stretch of code in a process that has imported Prefect already."""
        from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_HOME, temporary_settings

        with temporary_settings(updates={PREFECT_API_URL: self.api_url, PREFECT_API_AUTH_STRING: self.auth_string, PREFECT_HOME: self.home}):
            yield

    def ask(self, path: str, seconds: float = 5.0) -> object:
        """GET one path of the API, without importing Prefect. Raises PrefectUnreachable, in words and without the password."""
        request = urllib.request.Request(self.api_url + path)  # noqa: S310  our own http address
        if self.auth_string:
            request.add_header("Authorization", "Basic " + base64.b64encode(self.auth_string.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise PrefectUnreachable(f"The Prefect server at {self.api_url} answered {error.code} to {path}.") from None
        except (OSError, ValueError):
            raise PrefectUnreachable(f"The Prefect server at {self.api_url} does not answer.") from None

    def told_settings(self) -> Mapping[str, object]:
        """The settings that the server says it runs with. Raises PrefectUnreachable."""
        told = self.ask("/admin/settings", seconds=30.0)  # asked at the start, when a slow machine is busiest
        assert isinstance(told, Mapping)
        return told

    def is_healthy(self) -> bool:
        """Whether a server that accepts our password answers there (its `/health` answers to anybody)."""
        try:
            return isinstance(self.ask("/admin/version", seconds=5.0), str)
        except PrefectUnreachable:
            return False
