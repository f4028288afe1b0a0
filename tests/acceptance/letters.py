"""All that was written about a case: the letters in the sink, and each line of a list or a morning as the letter that it stands for."""

from __future__ import annotations

from sqlalchemy import select

from db.links import Links
from db.models import Case, Delivery, Mailing
from db.rows_kept import rows_kept
from db.signing_key import signing_keys
from notifications.compose import compose
from notifications.reader import NobodyToWriteTo
from notifications.sink import KeptMail, kept_mails
from tests.flows.office import Office


def letters_of(office: Office, ref: str) -> list[KeptMail]:
    """The case's letters by the day on which they were owed. A line of a list that was sent must stand in the mail that came."""
    kept = {mail.reference: mail for mail in kept_mails(office.sink_folder)}
    found = [mail for reference, mail in kept.items() if reference.startswith(f"{ref}/")]
    with office.parts.engines.scheduler() as session, rows_kept(session):
        of_case = select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == ref)
        deliveries = {one.reference: one for one in session.scalars(of_case)}
        links = Links(signing_keys(office.parts.settings))
        for one in (one for one in deliveries.values() if one.state in ("held", "listed")):
            if one.state == "listed":
                _stands_in(kept, session.get_one(Mailing, one.mailing_id), ref)
            try:
                letter = compose(session, one, origin=office.parts.settings.origin, links=links, today=one.owed_on or office.village.clock.today_is)
            except NobodyToWriteTo:
                continue
            at = f"{one.owed_on}T12:00:00+00:00"
            found.append(KeptMail(f"line-{one.id}", letter.to, "", letter.subject, "", letter.html, one.reference, at))
        return sorted(found, key=lambda mail: (mail.taken_at[:10], deliveries[mail.reference].id))


def _stands_in(kept: dict[str, KeptMail], mailing: Mailing, ref: str) -> None:
    if mailing.state == "accepted":
        assert ref in kept[mailing.reference].subject + kept[mailing.reference].html, f"{mailing.reference} does not name {ref}"
