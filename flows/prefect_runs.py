"""What Sendflow asks of Prefect's runs: make them in bulk, suspend them, end them, list them. Nothing here knows the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateDetails, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed

from flows.differences import LIVE, FoundRun
from flows.known import DEPLOYMENT

BULK = "/deployments/{id}/create_flow_run/bulk"  # Prefect 3.9.1 has no client method for it
AT_ONCE = 100  # runs a call; Prefect's own limit, and 10 to 14 ms of its server each
PAGE = 200
MENDED = "Waiting for Sendflow"  # a run put right, until the wake wanted with it has told whom the case waits for


@dataclass(frozen=True)
class Opening:
    """One case that needs a run. `school` is its URN, for a tag; `waits` says for whom. No name of a person or school enters Prefect."""

    case: str
    process: str
    school: str
    waits: str


@dataclass(frozen=True)
class Opened:
    """Which runs there now are, by case, and which cases Prefect refused: those are tried again at the next turn."""

    runs: dict[str, UUID]
    refused: tuple[str, ...]


def open_in_bulk(client: SyncPrefectClient, deployment_id: UUID, openings: Iterable[Opening]) -> Opened:
    """Make one waiting run a case, without running it. The case's reference is the idempotency key, so a second call finds the first's run.

    Prefect answers 200 with a status for each item; each is read. Raises httpx errors when the server itself refuses or is gone.
    """
    runs: dict[str, UUID] = {}
    refused: list[str] = []
    for some in _in_parts(openings, AT_ONCE):
        body = [_to_open(opening) for opening in some]
        answer = client.request("POST", BULK, path_params={"id": deployment_id}, json=body)  # type: ignore[arg-type]
        answer.raise_for_status()
        for opening, result in zip(some, answer.json()["results"], strict=True):
            if result["status"] == "CREATED":
                runs[opening.case] = UUID(result["flow_run_id"])
            else:
                refused.append(opening.case)
    return Opened(runs, tuple(refused))


def waiting(name: str) -> State[None]:
    """A suspended state that shows `name` in Prefect's pages. Its key is fresh: a key used once never suspends the run again."""
    return State(type=StateType.PAUSED, name=name, state_details=StateDetails(pause_reschedule=True, pause_key=uuid4().hex))


def suspend(client: SyncPrefectClient, flow_run_id: UUID, name: str, *, force: bool = False) -> State[None] | None:
    """Suspend a run under that name. With `force`, from any state, an ended one too. None when Prefect refused or has forgotten the run."""
    return _set(client, flow_run_id, waiting(name), force)


def complete(client: SyncPrefectClient, flow_run_id: UUID, ended: str) -> bool:
    """End the run of a case that has ended, without running it. `ended` is the end's name in the definition."""
    return _set(client, flow_run_id, Completed(name="Completed", message=f"The case ended: {ended}"), force=True) is not None


def cancel(client: SyncPrefectClient, flow_run_id: UUID, why: str) -> bool:
    """End a run that no case needs, without running it."""
    return _set(client, flow_run_id, Cancelled(message=why), force=True) is not None


def crash(client: SyncPrefectClient, flow_run_id: UUID, why: str) -> bool:
    """Say of a run that nobody is at it any more."""
    return _set(client, flow_run_id, Crashed(message=why), force=True) is not None


def runs_by_id(client: SyncPrefectClient, ids: Sequence[UUID]) -> dict[UUID, FoundRun]:
    """Those of these runs that Prefect still has."""
    found: dict[UUID, FoundRun] = {}
    for start in range(0, len(ids), PAGE):
        some = FlowRunFilter(id=FlowRunFilterId(any_=list(ids[start : start + PAGE])))
        found.update((run.id, _as_found(run)) for run in client.read_flow_runs(flow_run_filter=some, limit=PAGE))
    return found


def live_runs(client: SyncPrefectClient, deployment_ids: Sequence[UUID]) -> Iterator[FoundRun]:
    """Every run of those deployments that has not ended, in the order of their ids."""
    return _listed(client, _of(deployment_ids), FlowRunFilter(state=_in_states(LIVE)))


def count_live(client: SyncPrefectClient, deployment_ids: Sequence[UUID]) -> int:
    """How many runs of those deployments have not ended. One question, however many there are."""
    asked = {
        "flow_runs": FlowRunFilter(state=_in_states(LIVE)).model_dump(mode="json", exclude_unset=True),
        "deployments": _of(deployment_ids).model_dump(mode="json", exclude_unset=True),
    }
    answer = client.request("POST", "/flow_runs/count", json=asked)
    answer.raise_for_status()
    return int(answer.json())


def changed_runs(client: SyncPrefectClient, deployment_ids: Sequence[UUID], since: datetime) -> dict[UUID, FoundRun]:
    """Runs of those deployments that move (live, and not waiting), that ended since then, or that were made since then; by their ids."""
    filters = (
        FlowRunFilter(state=_in_states(LIVE - {"PAUSED"})),
        FlowRunFilter(end_time=FlowRunFilterEndTime(after_=since)),
        FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(after_=since)),
    )
    return {run.id: run for one in filters for run in _listed(client, _of(deployment_ids), one)}


def moving_runs(client: SyncPrefectClient) -> list[FoundRun]:
    """The runs that some process has begun and not ended (Pending, Running), of any of our flows. One small question, however many wait."""
    ours = DeploymentFilter(name=DeploymentFilterName(any_=[DEPLOYMENT]))
    return list(_listed(client, ours, FlowRunFilter(state=_in_states(("PENDING", "RUNNING")))))


def _of(deployment_ids: Sequence[UUID]) -> DeploymentFilter:
    return DeploymentFilter(id=DeploymentFilterId(any_=list(deployment_ids)))


def _in_states(kinds: Iterable[str]) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType(kind) for kind in sorted(kinds)]))


def _listed(client: SyncPrefectClient, deployments: DeploymentFilter, asked: FlowRunFilter) -> Iterator[FoundRun]:
    offset = 0
    while True:
        page = client.read_flow_runs(deployment_filter=deployments, flow_run_filter=asked, sort=FlowRunSort.ID_DESC, limit=PAGE, offset=offset)
        yield from map(_as_found, page)
        if len(page) < PAGE:
            return
        offset += PAGE


def _as_found(run: FlowRun) -> FoundRun:
    state = run.state
    return FoundRun(
        run.id,
        run.name,
        state.type.value if state else "",
        (state.name or "") if state else "",
        state.timestamp if state else None,
        run.expected_start_time,
    )


def _to_open(opening: Opening) -> dict[str, object]:
    details = {"pause_reschedule": True, "pause_key": uuid4().hex}
    return {
        "name": opening.case,
        "parameters": {"case": opening.case},
        "tags": [f"school:{opening.school}", f"process:{opening.process}"],
        "idempotency_key": opening.case,
        "state": {"type": "PAUSED", "name": opening.waits, "state_details": details},
    }


def _set(client: SyncPrefectClient, flow_run_id: UUID, state: State[None], force: bool) -> State[None] | None:
    try:
        answer = client.set_flow_run_state(flow_run_id, state, force=force)
    except ObjectNotFound:
        return None
    return answer.state if answer.status == SetStateStatus.ACCEPT else None


def _in_parts(openings: Iterable[Opening], size: int) -> Iterator[list[Opening]]:
    rest = iter(openings)
    while some := list(islice(rest, size)):
        yield some
