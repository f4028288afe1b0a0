"""GOV.UK Notify as a service of Apprise: `govuknotify://KEY_NAME-SERVICE_ID-SECRET@TEMPLATE_ID`. Importing this file makes the address known.

The key is one of the service's API keys as Notify shows it; the template a text-message template of that service whose only field is
`((words))`. Notify's REST API, version 2: a token signed with the secret (HS256) and one POST a message. Whether a trust may have a
service there is for the trust to ask (state-funded schools may).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import unquote

import requests
from apprise.manager_plugins import NotificationManager
from apprise.plugins import NotifyBase

from db.clock import Clock

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"^(?:.*-)?(?P<service>{_UUID})-(?P<secret>{_UUID})$", re.I)
_TEMPLATE = re.compile(rf"^{_UUID}$", re.I)
BASE = "https://api.notifications.service.gov.uk"


def token(service_id: str, secret: str, now: int) -> str:
    """The JSON web token for one call at `now` (seconds since 1970)."""
    head, body = ({"typ": "JWT", "alg": "HS256"}, {"iss": service_id, "iat": now})
    signed = b".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, body))
    return (signed + b"." + _base64(hmac.new(secret.encode(), signed, hashlib.sha256).digest())).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class NotifyGovukNotify(NotifyBase):  # type: ignore[no-untyped-call]  # Apprise is typed in part
    """One text message by a template of the service. `base`: another address than Notify's own, as its other environments have."""

    service_name = "GOV.UK Notify"  # type: ignore[assignment]
    service_url = "https://www.notifications.service.gov.uk"  # type: ignore[assignment]
    secure_protocol = "govuknotify"  # type: ignore[assignment]
    title_maxlen = 0
    body_maxlen = 918
    templates = ("{schema}://{key}@{template}",)  # type: ignore[assignment]

    def __init__(self, key: str, template: str, targets: list[str], base: str = BASE, **rest: Any) -> None:
        super().__init__(**rest)  # type: ignore[no-untyped-call]
        found = _KEY.match(key)
        if found is None or not _TEMPLATE.match(template):
            raise TypeError("GOV.UK Notify needs an API key and the id of a template")
        self.service_id, self.secret, self.template, self.targets, self.base = found["service"], found["secret"], template, targets, base

    def send(self, body: str, title: str = "", notify_type: Any = None, **rest: Any) -> bool:
        """POST one message a number. False, with the answer's number in the log, when Notify does not take it."""
        head = {"Authorization": f"Bearer {token(self.service_id, self.secret, int(Clock().now().timestamp()))}"}
        for number in self.targets:
            asked: dict[str, Any] = {"phone_number": number, "template_id": self.template, "personalisation": {"words": body}}
            try:
                answer = requests.post(
                    f"{self.base}/v2/notifications/sms", json=asked, headers=head, timeout=self.request_timeout, allow_redirects=False
                )
            except requests.RequestException:
                self.logger.debug("GOV.UK Notify gave no answer")
                return False
            if answer.status_code != requests.codes.created:
                self.logger.warning("GOV.UK Notify did not take it: error=%s.", answer.status_code)
                return False
        return True

    def url(self, privacy: bool = False, *arguments: Any, **rest: Any) -> str:
        """The address without its secret."""
        return f"{self.secure_protocol}://****@{self.template}"

    @staticmethod
    def parse_url(url: str, *arguments: Any, **rest: Any) -> Any:
        """The address in parts; targets are given beside it."""
        parts = NotifyBase.parse_url(url, verify_host=False)
        if parts:
            base = {"base": unquote(parts["qsd"]["base"])} if parts["qsd"].get("base") else {}
            parts |= {"key": unquote(parts["user"] or ""), "template": parts["host"], "targets": [], **base}
        return parts


_KNOWN = NotificationManager()  # type: ignore[no-untyped-call]
if NotifyGovukNotify.secure_protocol not in _KNOWN:
    _KNOWN.add(NotifyGovukNotify, schemas=NotifyGovukNotify.secure_protocol)  # type: ignore[no-untyped-call]
