"""Text messages by the SMS service of an Apprise address (`SENDFLOW_SMS_URL`), or any HTTP gateway (`jsons://`).

A text holds no letter: it says that there is something to read or answer, by when, and where. One number a text, validated, and handed to the
plugin as a value, so that no number can bring another recipient (faults.md A16).
"""

from __future__ import annotations

import re

from notifications.channels import hand_over
from notifications.message import Sent
from notifications.server_words import Ear

NO_SERVICE = "no_sms_service"
_BRITISH_MOBILE = re.compile(r"^(?:\+44|0044|0)(7\d{9})$")
_GATEWAYS = ("json", "jsons")


class SmsUrlError(ValueError):
    """The address of the SMS service (`SENDFLOW_SMS_URL`) cannot be used; the message says what to write and never quotes it: it holds a secret."""


def mobile_number(text: str) -> str:
    """The number as +447700900123, or empty where it is no British mobile number: nothing is sent to a landline or abroad."""
    found = _BRITISH_MOBILE.match(re.sub(r"[\s().-]", "", text))
    return f"+44{found[1]}" if found else ""


def send_text(number: str, words: str, sms_url: str, reference: str, before: float = float("inf")) -> Sent:
    """Hand one text to the service, not after `before` (`time.monotonic()`). Returns what is known of it; never raises for a refusal.

    `number` as `mobile_number` gives it. Raises SmsUrlError for an address that no service of Apprise knows.
    """
    import apprise
    from apprise.plugins import url_to_dict

    from notifications import govuk_notify  # noqa: F401  makes its address known to Apprise

    if not mobile_number(number):
        return Sent("refused", "bad_number")
    parts = url_to_dict(sms_url)  # type: ignore[no-untyped-call]
    service = None
    if parts:
        to_whom = (
            {"payload": {**parts.get("payload", {}), "to": number, "reference": reference}} if parts["schema"] in _GATEWAYS else {"targets": [number]}
        )
        service = apprise.Apprise.instantiate({**parts, **to_whom})
    if service is None:
        raise SmsUrlError(
            "SENDFLOW_SMS_URL is no SMS service that Apprise knows. Write one without a number, such as clicksend://user:key or jsons://gateway.example.org/sms."
        )
    return hand_over(service, Ear.refusal_of_service, before, body=words, body_format="text")
