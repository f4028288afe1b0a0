"""Which files of tests run first when three processes share them: the slow ones, so that none is left with one at the end.

Seconds on a quiet machine of two cores, rounded. A file that is not here takes a few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SECONDS = {
    "tests/faults/test_killed.py": 130,
    "tests/acceptance/test_demo.py": 70,
    "tests/faults/test_prefect_wakes.py": 60,
    "tests/acceptance/test_in_the_browser.py": 55,
    "tests/faults/test_prefect_runs.py": 55,
    "tests/faults/test_prefect_privacy.py": 50,
    "tests/acceptance/test_annual_review_variants.py": 50,
    "tests/faults/test_time_apart.py": 45,
    "tests/rules/test_check_mutants.py": 45,
    "tests/acceptance/test_needs_assessment_branches.py": 45,
    "tests/faults/test_processes_hang.py": 45,
    "tests/faults/test_processes_leases.py": 40,
    "tests/acceptance/test_appeals.py": 40,
    "tests/flows/test_worker_process.py": 35,
    "tests/flows/test_stock_worker.py": 30,
    "tests/faults/test_watch.py": 30,
    "tests/acceptance/test_plan_consultation.py": 30,
    "tests/web/test_list_in_chromium.py": 30,
    "tests/faults/test_processes_left_runs.py": 30,
    "tests/flows/test_server.py": 30,
    "tests/faults/test_worker_cut.py": 25,
    "tests/faults/test_cut_anywhere.py": 25,
    "tests/acceptance/test_trust_intervention.py": 25,
    "tests/acceptance/test_phase_transfer.py": 25,
    "tests/acceptance/test_reassessment.py": 25,
    "tests/acceptance/test_complaint.py": 25,
    "tests/acceptance/test_needs_assessment_to_final_plan.py": 25,
    "tests/acceptance/test_admission_application.py": 25,
    "tests/acceptance/test_annual_review_moved_meeting.py": 25,
    "tests/web/test_in_chromium.py": 25,
    "tests/year/test_weeks_around_christmas.py": 30,
    "tests/faults/test_operators_definition.py": 20,
    "tests/faults/test_load_pages.py": 20,
    "tests/rules/test_check_shipped.py": 20,
    "tests/faults/test_processes_outage.py": 20,
    "tests/faults/test_messages_lost_answers.py": 20,
    "tests/flows/test_deployments.py": 20,
    "tests/flows/test_reconcile_changes.py": 20,
    "tests/cli/test_migrate.py": 20,
    "tests/tasks/test_mailings.py": 20,
    "tests/faults/test_prefect_server.py": 15,
    "tests/faults/test_together_reconciles.py": 15,
    "tests/faults/test_database_histories.py": 15,
    "tests/faults/test_together_acts.py": 15,
    "tests/rules/test_explore.py": 15,
    "tests/web/test_away.py": 15,
    "tests/notifications/test_letters.py": 15,
}


def slowest_first(files: Iterable[str]) -> dict[str, int]:
    """The place of each of these files, given in the order in which they were collected (paths from the root of the checkout)."""
    found = dict.fromkeys(Path(file).as_posix() for file in files)
    return {file: place for place, file in enumerate(sorted(found, key=lambda file: -SECONDS.get(file, 0)))}
