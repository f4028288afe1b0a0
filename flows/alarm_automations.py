"""The watch from the other side: Prefect itself rings when Sendflow's schedules have been silent for too long (`sendflow watch` looks from outside).

Declared by code at each start, so that doing it again changes nothing. They tell flows and times, never a case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture

BLOCK = "sendflow-alarm"
# The one type of block that every Prefect server has and that hands any Apprise address on as it stands; its name says Slack, its code does not.
BLOCK_TYPE = "slack-webhook"


@dataclass(frozen=True)
class Alarm:
    """Prefect rings when no run of that flow has come to a good end within that time."""

    flow: str
    within: timedelta
    words: str

    @property
    def name(self) -> str:
        """As Prefect's pages show it."""
        return f"Sendflow: {self.flow} is silent"


ALARMS: tuple[Alarm, ...] = (
    Alarm(
        "heartbeat", timedelta(minutes=30), "No schedule has run for 30 minutes, or no worker takes what is scheduled: nobody is woken or reminded."
    ),
    Alarm("chase_deadlines", timedelta(hours=25), "Nobody has been chased for more than a day: see the runs of chase_deadlines in Prefect."),
)


def declare_alarms(client: SyncPrefectClient, alarm_url: str, alarms: Iterable[Alarm] = ALARMS) -> None:
    """Make or renew the automations, which ring at that Apprise address (`SENDFLOW_ALARM_URL`); with an empty one, take them away.

    An automation that says the same already is left alone: renewing it would begin its time anew.
    """
    wanted = {one.name: one for one in alarms}
    there = {one.name: one for name in wanted for one in client.read_automations_by_name(name)}
    if not alarm_url:
        for one in there.values():
            client.delete_automation(one.id)
        return
    block = _bell(alarm_url)
    for name, alarm in wanted.items():
        said = _automation(alarm, block)
        if name not in there:
            client.create_automation(said)
        elif _terms(there[name]) != _terms(said):
            client.update_automation(there[name].id, said)


def _automation(alarm: Alarm, block: UUID) -> AutomationCore:
    trigger = EventTrigger(
        expect={"prefect.flow-run.Completed"},
        match_related={"prefect.resource.role": "flow", "prefect.resource.name": alarm.flow},
        posture=Posture.Proactive,
        threshold=1,
        within=alarm.within,
    )
    told = SendNotification(block_document_id=block, subject=alarm.name, body=alarm.words)
    return AutomationCore(name=alarm.name, description=alarm.words, trigger=trigger, actions=[told])


def _terms(automation: Automation | AutomationCore) -> Any:
    return automation.model_dump(mode="json", include={"name", "trigger", "actions"})


def _bell(alarm_url: str) -> UUID:
    """The block that holds the address, made or renewed."""
    from prefect.blocks.notifications import SlackWebhook

    assert SlackWebhook.get_block_type_slug() == BLOCK_TYPE
    saved = SlackWebhook(url=alarm_url).save(BLOCK, overwrite=True)
    assert isinstance(saved, UUID)
    return saved
