"""Mail through Apprise to a real SMTP server on loopback."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from db.postgres_process import free_port
from notifications.channels import MailSettingsError, is_plain_address, send, tell
from notifications.message import Message, Sent
from notifications.server_words import REFUSED, overheard
from notifications.sink import MailSink
from tests.notifications.certificates import certificate_for_loopback

SENDER = "sendflow@example.org"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail", now=lambda: datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) as started:
        yield started


def message(to: str = "parent@example.org") -> Message:
    return Message(to=to, subject="AR-000007: the meeting date", html="<p>Hello <b>you</b></p>", reference="AR-000007/31")


def test_a_mail_reaches_the_server_once_with_text_html_and_reference(sink: MailSink) -> None:
    assert send(message(), sink.url, SENDER).state == "accepted"
    (mail,) = sink.mails()
    assert (mail.to, mail.sender, mail.subject, mail.reference) == ("parent@example.org", SENDER, "AR-000007: the meeting date", "AR-000007/31")
    assert "<b>you</b>" in mail.html
    assert "Hello you" in mail.text


@pytest.mark.parametrize("bad", ["a@b&to=c@d.org", "a@b.org,c@d.org", "a@b.org\r\nBcc: c@d.org", "Ann <a@b.org>", "a b@c.org", "", "@x", "a@"])
def test_an_address_cannot_bring_a_second_recipient(sink: MailSink, bad: str) -> None:
    assert not is_plain_address(bad)
    assert send(message(bad), sink.url, SENDER).code == "bad_address"
    assert sink.mails() == []


def test_an_alarm_that_rings_meanwhile_deafens_nobody_and_its_address_is_quoted_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    """It silenced Apprise for the whole process: a 550 that came then was heard by nobody, passed for a lost answer, and the mail went twice."""
    with overheard() as ear:
        assert not tell("json://127.0.0.1:9/a-secret", "The trust", "2 messages wait")
        logging.getLogger("apprise").debug("Socket Exception: (550, b'no such mailbox')")
        assert ear.refusal() == Sent("refused", REFUSED)
    assert not tell("json://127.0.0.1:9/a-secret", "The trust", "2 messages wait")
    assert "secret" not in "".join(capfd.readouterr())


def test_an_unreachable_server_is_surely_not_sent() -> None:
    assert send(message(), "smtp://127.0.0.1:9", SENDER).state == "refused"


def test_a_server_that_takes_the_mail_and_dies_is_unknown() -> None:
    class Silent:
        async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
            server.transport.close()
            return "250 never heard"

    controller = Controller(Silent(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert send(message(), f"smtp://127.0.0.1:{controller.port}", SENDER).state == "unknown"
    finally:
        controller.stop()


def test_a_mail_url_of_another_kind_is_refused_in_words() -> None:
    with pytest.raises(MailSettingsError, match="SENDFLOW_MAIL_URL must be like"):
        send(message(), "http://127.0.0.1:1", SENDER)


@pytest.mark.parametrize(
    "bad", ["smtps://me:pass[word@mail.example.org", "smtp://mail.example.org:99999", "smtps://me:pa/ss@h", "microsoft365://a:s[x@b"]
)
def test_a_password_with_letters_of_an_address_is_refused_in_words_that_do_not_quote_it(bad: str) -> None:
    with pytest.raises(MailSettingsError) as refused:
        send(message(), bad, SENDER)
    assert "pa" not in str(refused.value).replace("password", "") and "99999" not in str(refused.value)


def test_a_server_that_wants_starttls_gets_it_and_one_with_a_strange_certificate_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = certificate_for_loopback(tmp_path)
    taken: list[bool] = []

    class Takes:
        async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
            taken.append(session.ssl is not None)
            return "250 kept"

    controller = Controller(Takes(), hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    url = f"smtp+starttls://127.0.0.1:{controller.port}"
    try:
        assert send(message(), url, SENDER).state != "accepted" and taken == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send(message(), url, SENDER).state == "accepted" and taken == [True]
    finally:
        controller.stop()
