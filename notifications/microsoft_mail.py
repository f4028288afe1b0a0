"""Mail by Microsoft 365's own interface (Graph), for trusts whose tenant takes no password by SMTP: `microsoft365://CLIENT_ID:SECRET@TENANT`.

The application needs the permission Mail.Send, held to the one mailbox of `SENDFLOW_MAIL_FROM` (`docs/deploy.md`). Apprise's plugin signs in and
asks; here it learns to set our headers, to keep its token between mails, and to tell a sign-in that failed from a mail that was not taken.
"""

from __future__ import annotations

from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from apprise.plugins.office365 import NotifyOffice365, Office365Mode

from notifications.message import Message
from notifications.proof import HEADER

_SIGN_IN = "https://login.microsoftonline.com"
_tokens: dict[tuple[str, str, str], tuple[Any, Any]] = {}  # by sign-in address, client and secret: the token and until when it holds
_one_at_a_time = Lock()


class MicrosoftMail(NotifyOffice365):  # type: ignore[no-untyped-call]  # Apprise ships no types
    """One mail from one mailbox. `signed_in`: whether Microsoft let us in; `base` and `sign_in`: other clouds than the public one."""

    request_rate_per_sec = 0  # a token and one mail; Microsoft itself says when it is too much (429)

    def __init__(self, *, headers: dict[str, str], base: str, sign_in: str, **rest: Any) -> None:
        super().__init__(mode=Office365Mode.ORG, savesent=False, **rest)  # type: ignore[no-untyped-call]
        self.headers, self.graph_url, self.auth_url = headers, base, f"{sign_in}/{{tenant}}/oauth2/v2.0/token"
        self.signed_in = False

    def authenticate(self) -> bool:
        """Sign in, or go on with the token of an earlier mail while it holds."""
        key = (self.auth_url.format(tenant=self.tenant), self.client_id, self.secret)
        with _one_at_a_time:
            self.token, self.token_expiry = _tokens.get(key, (self.token, self.token_expiry))
            self.signed_in = bool(super().authenticate())  # type: ignore[no-untyped-call]
            if self.signed_in:
                _tokens[key] = (self.token, self.token_expiry)
        return self.signed_in

    def forget_token(self) -> None:
        """Sign in anew for the next mail: Microsoft did not take the token that it gave."""
        _tokens.pop((self.auth_url.format(tenant=self.tenant), self.client_id, self.secret), None)

    def _fetch(self, url: Any, payload: Any = None, *arguments: Any, **rest: Any) -> Any:
        if isinstance(payload, dict) and "message" in payload:
            payload["message"]["internetMessageHeaders"] = [{"name": name, "value": value} for name, value in self.headers.items()]
        return super()._fetch(url, payload, *arguments, **rest)  # type: ignore[no-untyped-call]


def whom_to_reach(mail_url: str) -> tuple[str, int]:
    """Host and port that must answer before a mail is handed over."""
    parts = urlsplit(_asked(mail_url, "sign_in", _SIGN_IN))
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


def microsoft_mail(message: Message, mail_url: str, sender: str) -> MicrosoftMail | None:
    """The plugin ready to send this one from the mailbox `sender`, or None where the address lacks a part. Its secret may be percent-encoded."""
    parts = urlsplit(mail_url)
    if not (parts.username and parts.password and parts.hostname):
        return None
    try:
        return MicrosoftMail(
            tenant=parts.hostname,
            client_id=unquote(parts.username),
            secret=unquote(parts.password),
            source=sender,
            targets=[message.to],
            headers={"X-Case-Ref": message.reference, HEADER: message.proof, "X-Auto-Response-Suppress": "All"},
            base=_asked(mail_url, "graph", NotifyOffice365.graph_url),
            sign_in=_asked(mail_url, "sign_in", _SIGN_IN),
        )
    except TypeError:  # what Apprise raises for a client or tenant that cannot be one
        return None


def _asked(mail_url: str, name: str, default: str) -> str:
    return parse_qs(urlsplit(mail_url).query).get(name, [default])[0]
