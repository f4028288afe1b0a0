"""Mail by Microsoft 365's own interface, to a real HTTP server on loopback that signs in and takes mails as Graph does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.channels import MailSettingsError, send
from notifications.message import Message
from notifications.proof import HEADER
from tests.notifications.microsoft_cloud import CLIENT, TENANT, MicrosoftCloud

SENDER = "send@ash.example.org"
MAIL = Message(
    to="parent@example.org", subject="AR-000007: the meeting date", html="<p>Hello <b>you</b></p>", reference="AR-000007/31", proof="0123456789abcdef"
)


@pytest.fixture
def cloud() -> Iterator[MicrosoftCloud]:
    with MicrosoftCloud().open() as opened:
        yield opened


def test_a_mail_goes_from_the_mailbox_to_one_reader_with_our_marks(cloud: MicrosoftCloud) -> None:
    assert send(MAIL, cloud.mail_url, SENDER).state == "accepted"
    ((path, token, mail),) = cloud.mails
    assert (path, token) == (f"/v1.0/users/{SENDER}/sendMail", "Bearer token1")
    assert mail["toRecipients"] == [{"emailAddress": {"address": "parent@example.org"}}] and "ccRecipients" not in mail
    assert (mail["subject"], mail["body"]["contentType"]) == ("AR-000007: the meeting date", "HTML") and "<b>you</b>" in mail["body"]["content"]
    marks = {one["name"]: one["value"] for one in mail["internetMessageHeaders"]}
    assert (marks["X-Case-Ref"], marks[HEADER]) == ("AR-000007/31", "0123456789abcdef")


def test_an_address_that_cannot_be_is_refused_for_good_and_goes_to_nobody_else(cloud: MicrosoftCloud) -> None:
    assert send(replace(MAIL, to="parent.@example.org"), cloud.mail_url, SENDER).code == "bad_address"
    assert cloud.mails == []


def test_one_sign_in_serves_many_mails_until_the_token_is_refused(cloud: MicrosoftCloud) -> None:
    for _ in range(3):
        send(MAIL, cloud.mail_url, SENDER)
    assert (cloud.signed_in, len(cloud.mails)) == (1, 3)
    cloud.mail_answer = 401
    assert send(MAIL, cloud.mail_url, SENDER).code == "login_refused"
    cloud.mail_answer = 202
    assert send(MAIL, cloud.mail_url, SENDER).state == "accepted"
    assert (cloud.signed_in, cloud.mails[-1][1]) == (2, "Bearer token2")


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [(400, "refused", "mail_refused"), (403, "refused", "login_refused"), (429, "refused", "server_busy"), (503, "refused", "try_later"),
     (0, "unknown", "no_clear_answer")],
)  # fmt: skip
def test_what_graph_answers_is_told_apart(cloud: MicrosoftCloud, answer: int, state: str, code: str) -> None:
    cloud.mail_answer = answer
    sent = send(MAIL, cloud.mail_url, SENDER)
    assert (sent.state, sent.code, len(cloud.mails)) == (state, code, 1)


@pytest.mark.parametrize(
    ("answer", "code"), [(400, "login_refused"), (401, "login_refused"), (429, "server_busy"), (503, "try_later"), (0, "try_later")]
)
def test_who_is_not_let_in_has_surely_sent_nothing(cloud: MicrosoftCloud, answer: int, code: str) -> None:
    cloud.sign_in_answer = answer
    sent = send(MAIL, cloud.mail_url, SENDER)
    assert (sent.state, sent.code, cloud.mails) == ("refused", code, [])


def test_a_cloud_that_is_away_is_surely_not_sent() -> None:
    away = MicrosoftCloud()
    with away.open():
        url = away.mail_url
    assert send(MAIL, url, SENDER).code == "server_not_reached"


@pytest.mark.parametrize(
    "bad", [f"microsoft365://{CLIENT}@{TENANT}", f"microsoft365://{CLIENT}:s", "microsoft365://not a client:s@x", "microsoft365://"]
)
def test_an_address_that_lacks_a_part_is_refused_in_words(bad: str) -> None:
    with pytest.raises(MailSettingsError, match="microsoft365://CLIENT_ID:SECRET@TENANT_ID"):
        send(MAIL, bad, SENDER)
