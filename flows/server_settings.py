"""The settings of the Prefect server that Sendflow relies on, and the proof at start that they hold.

Why each is set: `docs/prefect.md`. A server that somebody else runs is asked the same questions.
"""

from __future__ import annotations

from collections.abc import Mapping

FILES_OR_REDIS = ("prefect.server.concurrency.lease_storage.filesystem", "prefect_redis.lease_storage")

SERVER_SETTINGS: Mapping[str, str] = {
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": FILES_OR_REDIS[0],
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}

# Where the server tells each setting in /api/admin/settings, what it must be (one of several, in a tuple), and what goes wrong otherwise.
RELIED_ON: Mapping[str, tuple[object, str]] = {
    "server.services.pause_expirations.enabled": (False, "every waiting case would be loaded each 5 seconds"),
    "server.services.scheduler.enabled": (True, "no scheduled flow would ever run"),
    "server.services.task_run_recorder.batch_size": (100, "each task would cost three times as much"),
    "server.services.event_persister.batch_size": (100, "each event would cost three times as much"),
    "server.services.triggers.read_batch_size": (100, "events would be read one by one"),
    "server.concurrency.lease_storage": (
        FILES_OR_REDIS,
        "a limit held when the server dies would stay taken",
    ),
    "server.analytics_enabled": (False, "the server would send usage figures to its makers"),
}


class PrefectSettingsError(RuntimeError):
    """A Prefect server runs with a setting that Sendflow cannot live with; `str()` names it, its value and the cure."""


def check_settings(told: Mapping[str, object]) -> None:
    """Compare the answer of `/api/admin/settings` with RELIED_ON. Raises PrefectSettingsError naming every setting that differs."""
    wrong = []
    for path, (needed, otherwise) in RELIED_ON.items():
        found = _at(told, path)
        allowed = needed if isinstance(needed, tuple) else (needed,)
        if found not in allowed:
            variable = "PREFECT_" + path.replace(".", "_").upper()
            wrong.append(f"{variable} is {found!r} and must be {' or '.join(map(repr, allowed))}: {otherwise}")
    if wrong:
        raise PrefectSettingsError("The Prefect server does not run with the settings Sendflow needs. Set and restart it:\n" + "\n".join(wrong))


def _at(told: Mapping[str, object], path: str) -> object:
    found: object = told
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
