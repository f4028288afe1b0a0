"""Which files of tests run first when two processes share them: the slow ones, so that neither is left with one at the end.

Seconds on a quiet machine of two cores, rounded. A file that is not here takes a few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SECONDS = {
    "tests/faults/test_killed.py": 75,
    "tests/faults/test_prefect_privacy.py": 70,
    "tests/faults/test_prefect_wakes.py": 60,
    "tests/acceptance/test_demo.py": 60,
    "tests/acceptance/test_plan_consultation.py": 48,
    "tests/acceptance/test_annual_review_variants.py": 50,
    "tests/acceptance/test_admission_application.py": 30,
    "tests/acceptance/test_needs_assessment_branches.py": 45,
    "tests/acceptance/test_in_the_browser.py": 40,
    "tests/faults/test_prefect_runs.py": 40,
    "tests/faults/test_watch.py": 30,
    "tests/acceptance/test_needs_assessment_to_final_plan.py": 25,
    "tests/web/test_in_chromium.py": 25,
    "tests/year/test_weeks_around_christmas.py": 30,
    "tests/faults/test_operators_definition.py": 20,
    "tests/faults/test_messages_lost_answers.py": 20,
    "tests/flows/test_stock_worker.py": 15,
    "tests/flows/test_worker_process.py": 15,
    "tests/faults/test_prefect_server.py": 15,
    "tests/faults/test_processes_left_runs.py": 15,
}


def slowest_first(files: Iterable[str]) -> dict[str, int]:
    """The place of each of these files, given in the order in which they were collected (paths from the root of the checkout)."""
    found = dict.fromkeys(Path(file).as_posix() for file in files)
    return {file: place for place, file in enumerate(sorted(found, key=lambda file: -SECONDS.get(file, 0)))}
