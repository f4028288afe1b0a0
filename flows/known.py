"""Which flows there are: the one list that deployments, schedules, the resident worker and the tests read."""

from __future__ import annotations

from dataclasses import dataclass

WORK_POOL = "sendflow"
DEPLOYMENT = "sendflow"  # every flow has one deployment, of this name
WORKER_TYPE = "sendflow-resident"
LONDON = "Europe/London"
UTC = "UTC"


@dataclass(frozen=True)
class KnownFlow:
    """One flow, by the name Prefect shows.

    `cron` is empty for flows that run a case. A daily schedule is in London's time at 05:00 or later: the hour that the clock repeats
    or leaves out is before that. A schedule of several times a day is in UTC: in London's time it would skip the repeated hour.
    """

    name: str
    cron: str = ""
    timezone: str = LONDON
    description: str = ""

    @property
    def entrypoint(self) -> str:
        """The module path by which any worker loads the flow; Sendflow is installed, so nothing is pulled."""
        return f"flows.{self.name}.{self.name}"

    @property
    def runs_a_case(self) -> bool:
        """Whether each run of it is one case, rather than one sweep over all of them."""
        return not self.cron


KNOWN_FLOWS: tuple[KnownFlow, ...] = (
    KnownFlow("annual_review", description="One run is one annual review of an EHC plan. It waits suspended; people decide in the console."),
    KnownFlow("complaint", description="One run is one complaint of a parent. It waits suspended; people decide in the console."),
    KnownFlow(
        "discrimination_claim", description="One run is one claim of disability discrimination. It waits suspended; people decide in the console."
    ),
    KnownFlow("ehc_needs_assessment", description="One run is one EHC needs assessment. It waits suspended; people decide in the console."),
    KnownFlow("mediation", description="One run is one mediation about an EHC decision. It waits suspended; people decide in the console."),
    KnownFlow("phase_transfer", description="One run is one change of phase with an EHC plan. It waits suspended; people decide in the console."),
    KnownFlow("support_transfer", description="One run is one change of phase on SEN support. It waits suspended; people decide in the console."),
    KnownFlow("sen_support", description="One run is one pupil's SEN support, round after round. It waits suspended; people decide in the console."),
    KnownFlow("plan_consultation", description="One run is one consultation on naming our school in a plan. It waits suspended."),
    KnownFlow("admission_of_named_pupil", description="One run is one admission of a pupil whose plan names our school. It waits suspended."),
    KnownFlow("admission_application", description="One run is one application for a place without a plan. It waits suspended."),
    KnownFlow("cease_consultation", description="One run is one plan that an LA considers ceasing. It waits suspended."),
    KnownFlow("reassessment", description="One run is one re-assessment. It waits suspended; people decide in the console."),
    KnownFlow("advice_request", description="One run is one request for advice. It waits suspended; people decide in the console."),
    KnownFlow("plan_moves_authority", description="One run is one plan that changes its LA. It waits suspended; people decide in the console."),
    KnownFlow("trust_intervention", description="One run is one school that the trust helps because it is behind. It waits suspended."),
    KnownFlow("published_information", description="One run is what one school publishes in one school year. It waits suspended."),
    KnownFlow(
        "tribunal_appeal",
        description="One run is one appeal to the SEND Tribunal, from the decision on. It waits suspended; people decide in the console.",
    ),
    KnownFlow("chase_deadlines", "0 6 * * *", description="Lets the calendar act and reminds of what falls due or is overdue."),
    KnownFlow("send_lists", "0 7 * * *", description="Sends each officer's list of what is chased, and each of the staff their morning."),
    KnownFlow("open_due_reviews", "30 5 * * *", description="Opens each annual review and change of phase that falls due, and each school's year."),
    KnownFlow(
        "escalate_trust_wide", "30 7 * * *", description="Shows and tells how schools and LAs stand, and opens help for a school that is far behind."
    ),
    KnownFlow("reconcile", "*/10 * * * *", UTC, description="Compares the ledger's open cases with Prefect's runs and mends what differs."),
    KnownFlow("heartbeat", "*/5 * * * *", UTC, description="Shows the ledger that schedules run and a worker takes them."),
)

CASE_FLOWS: tuple[KnownFlow, ...] = tuple(flow for flow in KNOWN_FLOWS if flow.runs_a_case)
SCHEDULED_FLOWS: tuple[KnownFlow, ...] = tuple(flow for flow in KNOWN_FLOWS if not flow.runs_a_case)


def known_flow(entrypoint: str) -> KnownFlow | None:
    """The flow of that entrypoint, or None: a deployment made by somebody else, which our worker must not run."""
    return next((flow for flow in KNOWN_FLOWS if flow.entrypoint == entrypoint), None)
