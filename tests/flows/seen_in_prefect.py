"""What Prefect itself shows of an office's cases: their runs, their artifacts, and every word that its database keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from flows.differences import FoundRun
from tasks.parts import Parts

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun


@dataclass
class SeenInPrefect:
    """Read by Prefect's client, and from its database and its server's log."""

    parts: Parts
    client: SyncPrefectClient
    prefect_url: str
    prefect_log: Path

    def run_of(self, case: str) -> FlowRun | None:
        """The case's run as Prefect shows it; None while there is none."""
        from db.runs import run_of

        with self.parts.engines.scheduler() as session:
            known = run_of(session, case)
        return None if known is None else self.client.read_flow_run(known.flow_run_id)

    def state_of(self, case: str) -> str:
        """The name of the run's state; empty while there is no run."""
        run = self.run_of(case)
        return run.state.name or "" if run is not None and run.state is not None else ""

    def live_runs(self, case: str = "") -> list[FoundRun]:
        """Every run of that case (of any) that has not ended, whatever the ledger knows of it."""
        from flows.deployments import deployment_ids
        from flows.known import CASE_FLOWS
        from flows.prefect_runs import live_runs

        found = live_runs(self.client, list(deployment_ids(self.client, CASE_FLOWS).values()))
        return [run for run in found if case in ("", run.case)]

    def leave_no_run(self) -> None:
        """Tests share one Prefect server, and the next module's ledger knows nothing of this one's cases."""
        for run in self.live_runs():
            self.client.delete_flow_run(run.id)

    def artifact_of(self, case: str) -> str:
        """The text of the case's artifact in Prefect."""
        from db.runs import run_of

        with self.parts.engines.scheduler() as session:
            known = run_of(session, case)
        assert known is not None and known.artifact_id is not None
        return str(self.client.request("GET", "/artifacts/{id}", path_params={"id": known.artifact_id}).json()["data"])

    def latest_artifact(self, key: str) -> str:
        """The newest artifact under a key, as Prefect keeps it."""
        return str(self.client.request("GET", "/artifacts/{key}/latest", path_params={"key": key}).json()["data"])

    def everything_prefect_keeps(self) -> str:
        """Every row of every table of Prefect's database as text, and its server's log."""
        with psycopg.connect(self.prefect_url) as connection:
            tables = [row[0] for row in connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")]
            rows = [str(row[0]) for table in tables for row in connection.execute(f"SELECT t::text FROM {table} t")]
        return "\n".join(rows) + self.prefect_log.read_text(encoding="utf-8", errors="replace")
