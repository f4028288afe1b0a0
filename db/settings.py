"""Settings of one installation, from the environment. What `up` alone needs to start a Prefect server it reads itself (`cli/up.py`).

Every variable stands in `docs/deploy.md`; a test holds the two equal.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has the prefix `SENDFLOW_`; the database's address is also read from the usual `DATABASE_URL`.

    `data_folder` keeps the embedded database, keys and the demo's mail. `clock_file` moves time (demo and tests only).
    `alarm_url`: whom the watch tells. `sms_url`: who takes text messages. `signing_key` and `installation_key`: without them the data folder
    keeps its own. `pool_size`: connections to the database, a role and process. `lease_seconds`: how long a worker that says nothing keeps a
    case and its messages.
    `teams_hosts`: where the addresses of staff's Teams workflows may lie, parted by spaces (`.logic.azure.com`: any below it); empty: no notes.
    `intervention_breaches`: from how many breaches of one school on the trust is asked to help it.
    `origin` is where people reach the console, for links in mails; `console_host` and `console_port` are where it listens behind a proxy.
    """

    model_config = SettingsConfigDict(env_prefix="SENDFLOW_", populate_by_name=True, extra="ignore")

    data_folder: Path = Path(".sendflow")
    database_url: SecretStr | None = Field(default=None, validation_alias=AliasChoices("database_url", "SENDFLOW_DATABASE_URL", "DATABASE_URL"))
    prefect_api_url: str | None = None
    mail_url: str | None = None
    alarm_url: SecretStr | None = None
    sms_url: SecretStr | None = None
    teams_hosts: str = ".logic.azure.com .api.powerplatform.com"
    mail_from: str = "sendflow@example.org"
    origin: str = "http://127.0.0.1:8000"
    console_host: str = "127.0.0.1"
    console_port: int | None = Field(default=None, ge=0, le=65535)
    demo: bool = False
    clock_file: Path | None = None
    signing_key: SecretStr | None = None
    installation_key: SecretStr | None = None
    pool_size: int = Field(default=10, ge=1, le=100)
    lease_seconds: float = Field(default=30.0, ge=1, le=120)
    intervention_breaches: int = Field(default=5, ge=1, le=1000)

    @property
    def folder(self) -> Path:
        """The data folder as an absolute path; it need not exist yet."""
        return self.data_folder.expanduser().resolve()


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Raises `pydantic.ValidationError` naming the variable that is wrong."""
    return Settings()
