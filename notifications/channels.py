"""The one place from which mails and alarms leave, by Apprise (texts: `text_messages.py`).

Apprise answers false where others raise, and swallows the reason; so the server is knocked at first (not reachable: surely not sent), and overheard
(`server_words.py`). Neither knows more: the answer may have been lost (RFC 1047), so the state is `unknown` and a second copy is possible.
"""

from __future__ import annotations

import logging
import re
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from notifications.message import Message, Sent
from notifications.proof import HEADER
from notifications.server_words import BUSY, LOGIN, REFUSED, TRY_LATER, Ear, overheard

if TYPE_CHECKING:
    import apprise

log = logging.getLogger("sendflow.channels")
TOO_LATE = "too_late"  # surely not sent: our claim on the message is over
NO_SERVICE = "no_service"  # surely not sent: no mail service takes the settings of this installation (faults.md N4)
_PLAIN_ADDRESS = re.compile(r"^[A-Za-z0-9.!#$%'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
NOT_REACHED = "server_not_reached"  # surely not sent: nobody greeted us
_SECONDS_TO_CONNECT = 5.0
MICROSOFT = "microsoft365"
_WAYS = {"smtp": ("insecure", 25), "smtp+starttls": ("starttls", 587), "smtps": ("ssl", 465)}


class MailSettingsError(ValueError):
    """The mail address of the installation (`SENDFLOW_MAIL_URL`) cannot be used; the message says what to write."""


class AlarmUrlError(ValueError):
    """The address for alarms (`SENDFLOW_ALARM_URL`) cannot be used; the message says what to write and never quotes it: it holds a secret."""


def is_plain_address(address: str) -> bool:
    """Whether `address` is one e-mail address and nothing else. `a@b&to=c@d`, lists, names and line breaks are not (faults.md A16)."""
    return len(address) <= 254 and bool(_PLAIN_ADDRESS.match(address)) and "&" not in address


def send(message: Message, mail_url: str, sender: str, before: float = float("inf")) -> Sent:
    """Hand one message to the mail server at `mail_url` (`smtp://host:port`, `smtp+starttls://` or `smtps://user:password@host`, or
    `microsoft365://`, `microsoft_mail.py`), from the plain address `sender`.

    Not after `before` (`time.monotonic()`): a process that was stopped meanwhile must not send what another has sent since (faults.md C7).
    Returns what is known of it; never raises for a server's refusal. Raises MailSettingsError for a mail_url that cannot be used.
    """
    if not is_plain_address(message.to):
        return Sent("refused", "bad_address")
    if _read(mail_url).scheme == MICROSOFT:
        return _send_by_microsoft(message, mail_url, sender, before)
    where = _server(mail_url)
    if not _answers(where["host"], where["port"], where["secure_mode"] == "ssl"):
        return Sent("refused", NOT_REACHED)
    service = _service(message, where, sender)
    if service is None:
        return Sent("refused", NO_SERVICE)
    return hand_over(service, Ear.refusal, before, title=message.subject, body=message.html, body_format="html")


def hand_over(service: apprise.NotifyBase, refusal: Callable[[Ear], Sent], before: float, **words: str) -> Sent:
    """Let one service of Apprise send `words` (`title`, `body`, `body_format`), not after `before`. What was overheard goes to `refusal`.

    A fresh Apprise object a message: a reused one waits 5.5 s between mails.
    """
    import apprise

    sender = apprise.Apprise()
    if not sender.add(service):
        return Sent("refused", NO_SERVICE)
    if time.monotonic() > before:
        return Sent("refused", TOO_LATE)
    with overheard() as ear:
        took = sender.notify(**words)  # type: ignore[arg-type]
    return Sent("accepted", "accepted") if took else refusal(ear)


def _send_by_microsoft(message: Message, mail_url: str, sender: str, before: float) -> Sent:
    from notifications.microsoft_mail import microsoft_mail, whom_to_reach

    service = microsoft_mail(message, mail_url, sender)
    if service is None:
        raise MailSettingsError(
            "SENDFLOW_MAIL_URL must be like microsoft365://CLIENT_ID:SECRET@TENANT_ID, and SENDFLOW_MAIL_FROM a mailbox of that tenant"
        )
    if not service.targets:
        return Sent("refused", "bad_address")  # one that Apprise leaves out
    if not _answers(*whom_to_reach(mail_url), True):
        return Sent("refused", NOT_REACHED)
    refused = partial(Ear.refusal_of_service, not_taken=REFUSED)
    said = hand_over(service, refused, before, title=message.subject, body=message.html, body_format="html")
    if said.code == LOGIN:
        service.forget_token()
    if service.signed_in or said.code in (TOO_LATE, BUSY, TRY_LATER):
        return said
    return Sent("refused", LOGIN if said.state == "refused" else TRY_LATER)  # who was not let in has sent nothing, whatever was lost on the way


def tell(alarm_url: str, title: str, words: str) -> bool:
    """Tell an operator something by the service of an Apprise address (`SENDFLOW_ALARM_URL`): counts and case references, never a person.

    Whether a service took it: of several addresses each is told by itself, and one that is away does not let the others ring at each look. Raises
    AlarmUrlError when no service knows the address, which Apprise itself passes over in silence.
    """
    import apprise

    service = apprise.Apprise()
    if not service.add(alarm_url):
        raise AlarmUrlError(
            "SENDFLOW_ALARM_URL is no address that Apprise knows. Write one as its documentation shows, such as mailto:// or json://."
        )
    took = [bool(apprise.Apprise(one).notify(title=title, body=words, body_format=apprise.NotifyFormat.TEXT)) for one in service]
    if any(took) and not all(took):
        log.warning("%d of %d addresses of SENDFLOW_ALARM_URL did not take the alarm", took.count(False), len(took))
    return any(took)


def _read(mail_url: str) -> SplitResult:
    try:
        parts = urlsplit(mail_url)
        if parts.scheme != MICROSOFT:
            parts.port  # noqa: B018  raises for one that cannot be
    except ValueError:  # whose words may quote the password
        raise MailSettingsError("SENDFLOW_MAIL_URL cannot be read. Percent-encode what its password has beside letters, digits and -._~") from None
    return parts


def _server(mail_url: str) -> dict[str, object]:
    parts = _read(mail_url)
    if parts.scheme not in _WAYS or not parts.hostname:
        raise MailSettingsError(
            "SENDFLOW_MAIL_URL must be like smtp://mail.example.org:25, smtp+starttls://user:password@mail.example.org:587 "
            "or smtps://user:password@mail.example.org:465"
        )
    secure_mode, port = _WAYS[parts.scheme]
    return {
        "host": parts.hostname,
        "port": parts.port or port,
        "secure_mode": secure_mode,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }


def _answers(host: object, port: object, secure: object) -> bool:
    """Whether a server takes the connection and greets. One that keeps silent has taken nothing, so nothing can have come twice (faults.md C10)."""
    try:
        with socket.create_connection((str(host), int(str(port))), timeout=_SECONDS_TO_CONNECT) as connection:
            return bool(secure or connection.recv(1))  # under TLS the greeting comes later
    except OSError:
        return False


def _service(message: Message, where: dict[str, object], sender: str) -> apprise.NotifyBase | None:
    """The plugin ready to send this one, or None when it does not take these settings. It is built by its constructor, never from a URL, so that no
    address can smuggle in another recipient."""
    from apprise.plugins.email import NotifyEmail

    try:
        return NotifyEmail(  # type: ignore[no-untyped-call]  # Apprise ships no types
            smtp_host=where["host"],
            host=where["host"],
            port=where["port"],
            secure=where["secure_mode"] != "insecure",
            secure_mode=where["secure_mode"],
            user=where["user"],
            password=where["password"],
            from_addr=sender,
            targets=[message.to],
            headers={"X-Case-Ref": message.reference, HEADER: message.proof, "Auto-Submitted": "auto-generated"},
        )
    except TypeError:  # what Apprise raises for a sender that is no address
        return None
