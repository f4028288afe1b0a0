"""Gives every open case its flow run: in bulk, waiting, without running it."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound

from db import runs as case_runs
from db.runs import CaseWithoutRun, NewRun
from flows.deployments import deployment_ids, register
from flows.known import CASE_FLOWS
from flows.prefect_runs import Opening, open_in_bulk
from flows.standing import waiting_name
from tasks.parts import Parts

AT_ONCE = 100  # as many as Prefect takes in one call: what is made is remembered before the next, should the server die meanwhile


class RunsRefused(RuntimeError):
    """Prefect refused to make runs for these cases; they are tried again at the next turn. `cases` are references."""

    def __init__(self, cases: tuple[str, ...]) -> None:
        super().__init__(f"Prefect made no run for {len(cases)} cases, the first of them {cases[0]}")
        self.cases = cases


def open_missing_runs(parts: Parts, client: SyncPrefectClient, most: int = 100_000) -> int:
    """Make a run for each open case without one and remember it in the ledger. Returns how many there are now more.

    Safe to repeat and to kill: the case's reference is Prefect's idempotency key, so a run made and not remembered is found again.
    Raises RunsRefused after having opened the rest.
    """
    opened, refused = 0, set[str]()
    deployments = _deployments(client)
    while opened < most:
        with parts.engines.scheduler() as session:
            found = case_runs.cases_without_run(session, AT_ONCE + len(refused))
        waiting = [one for one in found if one.case not in refused][:AT_ONCE]
        if not waiting:
            break
        for process, cases in _by_process(waiting).items():
            answer = open_in_bulk(client, deployments[process], [_opening(parts, one) for one in cases])
            with parts.engines.scheduler() as session:
                case_runs.remember_runs(session, [NewRun(case, run) for case, run in answer.runs.items()])
            opened += len(answer.runs)
            refused.update(answer.refused)
    if refused:
        raise RunsRefused(tuple(sorted(refused)))
    return opened


def _opening(parts: Parts, one: CaseWithoutRun) -> Opening:
    definition, position, _ = parts.ledger.position(one.case)
    return Opening(one.case, one.process, one.school_urn, waiting_name(definition, position))


def _deployments(client: SyncPrefectClient) -> dict[str, UUID]:
    try:
        return deployment_ids(client, CASE_FLOWS)
    except ObjectNotFound:
        return register(client)  # Prefect's database was rebuilt, and has forgotten them


def _by_process(cases: list[CaseWithoutRun]) -> dict[str, list[CaseWithoutRun]]:
    grouped: dict[str, list[CaseWithoutRun]] = defaultdict(list)
    for one in cases:
        grouped[one.process].append(one)
    return grouped
