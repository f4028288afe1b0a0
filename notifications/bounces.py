"""Reads a mail that came back to us: which delivery it is about, and what became of it (RFC 3464). Anything else is passed over, never answered.

A report counts only with our own mark beside the reference (`proof.py`): anybody can write a mail that looks like a bounce (faults.md N6).
"""

from __future__ import annotations

import email
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Literal

from notifications.proof import HEADER, is_proof

REFERENCE = "X-Case-Ref"
CODES = (
    ("5.1.", "no_such_mailbox"),
    ("5.2.2", "mailbox_full"),
    ("4.2.2", "mailbox_full"),
    ("5.7.", "refused_as_unwanted"),
    ("4.4.7", "not_reached_for_days"),
)
OTHERWISE = "came_back"


@dataclass(frozen=True, slots=True)
class Report:
    """What the mail says of our delivery `reference`: it bounced (`code` says why), arrived, or only (`waits`) is tried for longer."""

    reference: str
    became: Literal["bounced", "delivered", "waits"]
    code: str = ""


class NotOurs(ValueError):
    """No report on a mail of ours: `str()` is `no_report` (an answer, an absence note, anything else), `no_reference` or `forged`."""


def read_report(mail: bytes, keys: Sequence[str]) -> Report:
    """The report in one mail as it came, headers and all. `keys`: those that our marks are made with. Raises NotOurs."""
    parsed = email.message_from_bytes(mail)
    fields = next((group for group in _status_groups(parsed) if group["Action"]), None)
    if parsed.get_content_type() != "multipart/report" or fields is None:
        raise NotOurs("no_report")
    returned = next(_returned(parsed), None)
    reference = str(returned[REFERENCE] or "").strip() if returned is not None else ""
    if returned is None or not reference:
        raise NotOurs("no_reference")
    if not is_proof(keys, reference, str(returned[HEADER] or "")):
        raise NotOurs("forged")
    action = str(fields["Action"]).strip().lower()
    if action == "failed":
        return Report(reference, "bounced", _code(str(fields["Status"] or "").strip()))
    return Report(reference, "delivered" if action == "delivered" else "waits")


def _status_groups(parsed: Mail) -> Iterator[Mail]:
    """The groups of fields of the report: one about the mail, then one a recipient."""
    for part in parsed.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            yield from (group for group in payload if isinstance(group, Mail)) if isinstance(payload, list) else ()


def _returned(parsed: Mail) -> Iterator[Mail]:
    """The headers of the mail that came back, whole or by themselves."""
    for part in parsed.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (one for one in payload if isinstance(one, Mail))
            else:
                yield email.message_from_string(str(payload))


def _code(status: str) -> str:
    return next((code for start, code in CODES if status.startswith(start)), OTHERWISE)
