"""What the texts of every mailing may say: its reference, its reader, the day, and whether it may have come before."""

from __future__ import annotations

from datetime import date

from db.models import Mailing
from notifications.reader import Reader


def mailing_values(mailing: Mailing, reader: Reader, today: date) -> dict[str, object]:
    """The values that the templates `mailings/*.j2` share."""
    return {
        "reference": mailing.reference,
        "reader": {"kind": reader.kind, "name": reader.name},
        "today": today,
        "again": mailing.may_be_twice,
    }
