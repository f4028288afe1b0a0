"""A note in Teams that a morning's message is there: how much is new, due and late, and the way to Sendflow. No name, no case, no need.

It goes to the address that Teams gave the reader for a workflow of theirs, by Apprise. The message itself comes by mail.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from db.mailings import lines_of_morning
from db.models import Mailing, Preference
from notifications.channels import hand_over
from notifications.lines import newest_of_each_step
from notifications.message import Message, NothingToSay, Sent
from notifications.morning import counts
from notifications.reader import reader_in
from notifications.server_words import BUSY, LOGIN, TRY_LATER, Ear

NOT_TAKEN = "teams_refused"


def compose_note(session: Session, mailing: Mailing, *, origin: str, today: date) -> Message:
    """The note of `mailing`. Raises NobodyToWriteTo when the reader has gone, NothingToSay when they want no notes or nothing is to be said."""
    reader = reader_in(session, "", mailing.person_id, None)
    kept = session.get(Preference, mailing.person_id)
    many = {"new": len(newest_of_each_step(lines_of_morning(session, mailing))), **counts(session, reader, today)}
    said = ", ".join(f"{number} {words}" for words, number in many.items() if number)
    if kept is None or not kept.teams_url or not said:
        raise NothingToSay(mailing.reference)
    return Message(
        to=kept.teams_url,
        subject=f"Sendflow this morning: {said}",
        html=f"The message in your mail has all of it. [Open Sendflow]({origin.rstrip('/')}/)",
        reference=mailing.reference,
        again=mailing.may_be_twice,
        reader_kind="staff",
        way="teams",
    )


def send_note(message: Message, before: float = float("inf")) -> Sent:
    """Hand one note to Teams, not after `before` (`time.monotonic()`). Returns what is known of it; never raises for a refusal."""
    import apprise
    from apprise.plugins.workflows import NotifyWorkflows

    parts = NotifyWorkflows.parse_native_url(message.to)  # type: ignore[no-untyped-call]
    service = apprise.Apprise.instantiate({**parts, "include_image": False}) if parts else None
    if service is None:
        return Sent("refused", NOT_TAKEN)
    return hand_over(service, _refused, before, title=message.subject, body=message.html, body_format="markdown")


def _refused(ear: Ear) -> Sent:
    """What one workflow answers is about its own address: it says nothing of the mail server, for whose words nobody's messages wait."""
    said = ear.refusal_of_service(NOT_TAKEN)
    return Sent(said.state, {LOGIN: NOT_TAKEN, BUSY: TRY_LATER}.get(said.code, said.code))
