"""What has died under `sendflow up` and does not start at once is tried again: `up` says so and goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cli.up import Running, UpRefused, look_after, restart
from db.postgres_process import free_port
from db.settings import Settings
from flows.server import PrefectServer

pytestmark = pytest.mark.slow


def test_a_prefect_server_whose_database_died_with_it_is_tried_again_and_up_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    here = Running(Settings(data_folder=tmp_path), said.append, 0)
    here.prefect = PrefectServer(tmp_path, f"postgresql://sendflow:x@127.0.0.1:{free_port()}/prefect")
    look_after(here, None)
    assert len(said) == 1 and "the Prefect server had died and does not start; it is tried again." in said[0]


def test_a_child_that_ends_now_and_then_is_started_again_for_ever_and_one_that_keeps_ending_is_not(tmp_path: Path) -> None:
    here = Running(Settings(data_folder=tmp_path), lambda words: None, 0)
    here.restarts["worker"] = [time.monotonic() - 3601] * 5
    for _ in range(5):
        restart(here, "worker", ("-c", "pass"))
        here.children["worker"].wait(30)
    with pytest.raises(UpRefused, match="6 times within an hour"):
        restart(here, "worker", ("-c", "pass"))
