"""Takes in the mails that came back to us, and says in the ledger what became of each delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from db.deliveries import mark_bounced, mark_delivered, try_by_text
from db.engine import Engines
from db.settings import Settings
from db.signing_key import signing_keys
from notifications.bounces import NotOurs, Report, read_report


@dataclass(frozen=True)
class TakenIn:
    """Deliveries whose state changed, by reference; mails that changed nothing (told before, or still tried), and those passed over, by why."""

    bounced: tuple[str, ...] = ()
    delivered: tuple[str, ...] = ()
    unchanged: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)


def take_in(engines: Engines, settings: Settings, mails: Iterable[bytes]) -> TakenIn:
    """Read each mail, and keep what it says of a delivery of ours. The same mail again, or an older one later, changes nothing (faults.md N5).
    With an SMS service a text is owed to whoever was not reached.

    Raises db.signing_key.SigningKeyError.
    """
    keys = signing_keys(settings)
    changed: dict[str, list[str]] = {"bounced": [], "delivered": []}
    unchanged, passed_over = 0, Counter[str]()
    for mail in mails:
        try:
            report = read_report(mail, keys)
        except NotOurs as why:
            passed_over[str(why)] += 1
            continue
        if _keep(engines, report, by_text=settings.sms_url is not None):
            changed[report.became].append(report.reference)
        else:
            unchanged += 1
    return TakenIn(tuple(changed["bounced"]), tuple(changed["delivered"]), unchanged, passed_over)


def _keep(engines: Engines, report: Report, by_text: bool) -> bool:
    if report.became == "waits":
        return False
    with engines.scheduler() as session:
        if report.became == "delivered":
            return mark_delivered(session, report.reference)
        came_back = mark_bounced(session, report.reference, report.code)
        if came_back and by_text:
            try_by_text(session, report.reference)
        return came_back
