"""Letters by SMTP, to a real server on this machine."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from kalends.messages.backends.interface import MailUnavailable
from kalends.messages.backends.smtp import MailServer, SmtpBackend
from kalends.messages.delivery import Delivered
from tests.business.events.test_webhook_posting import certificate  # noqa: F401 - a fixture
from tests.business.messages.post import Post

Answers = dict[str, str]


class Mailbox:
    """Takes letters, or answers what it is told to: by command, and by address for RCPT."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer == "hang up":
            server.transport.close()
            await asyncio.sleep(0)
            return "250 nobody hears this"
        if answer == "250 OK":
            self.taken.append(envelope)
        return answer


Opened = tuple[Mailbox, MailServer]


@pytest.fixture
def mail_server() -> Iterator[Callable[..., Opened]]:
    """Starts mail servers that answer as told."""
    controllers: list[Controller] = []

    def start(answers: Answers | None = None, **more: Any) -> Opened:
        mailbox = Mailbox(answers or {})
        controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), **more)
        controller.start()
        controllers.append(controller)
        return mailbox, MailServer("127.0.0.1", controller.port, timeout_seconds=5)

    yield start
    for controller in controllers:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


MailServers = Callable[..., Opened]


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_server_whose_certificate_nobody_trusts_is_told_neither_password_nor_letter(
    mail_server: MailServers,
    certificate: Path,  # noqa: F811
    way: str,
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    told: list[LoginPassword] = []

    def authenticator(_server: Any, _session: Any, _envelope: Any, _kind: str, given: Any) -> AuthResult:
        told.append(given)
        return AuthResult(success=True)

    speaks = {"ssl_context": served} if way == "tls" else {"tls_context": served}
    _mailbox, server = mail_server(authenticator=authenticator, **speaks)
    careful = replace(server, user="me", password="known", **{way: True})  # type: ignore[arg-type]
    with pytest.raises(MailUnavailable, match="certificate verify failed"):
        SmtpBackend(careful).open()
    assert told == []


def test_letters_arrive_over_one_connection_with_what_they_say(post: Post, mail_server: MailServers) -> None:
    ids = post.cancellations(3)
    mailbox, server = mail_server()
    assert post.deliver(SmtpBackend(server)) == Delivered(sent=3)
    assert len(mailbox.taken) == 3
    assert [envelope.rcpt_tos for envelope in mailbox.taken] == [
        [post.state(id_, "recipient")] for id_ in ids
    ]
    assert mailbox.taken[0].mail_from == "kalends@localhost"


def test_a_mailbox_that_does_not_exist_fails_its_letter_alone(post: Post, mail_server: MailServers) -> None:
    first, second = post.cancellations(2)
    address = "nobody@customers.test"
    post.db.execute("UPDATE message SET recipient = %s WHERE id = %s", [address, first])
    _, server = mail_server({address: "550 No such mailbox here"})
    assert post.deliver(SmtpBackend(server)) == Delivered(sent=1, failed=1)
    assert post.state(first, "status", "error") == (
        "failed",
        "The mail server refused the letter: 550 No such mailbox here",
    )
    assert post.state(second, "status") == "sent"


def test_a_server_that_wants_patience_gets_the_letter_again_later(
    post: Post, mail_server: MailServers
) -> None:
    (id_,) = post.cancellations(1)
    _, busy = mail_server({"DATA": "451 Greylisted, come back later"})
    assert post.deliver(SmtpBackend(busy)) == Delivered(postponed=1)
    assert "451 Greylisted" in post.state(id_, "error")
    mailbox, server = mail_server()
    later = post.state(id_, "next_try_at")
    assert post.deliver(SmtpBackend(server), now=later) == Delivered(sent=1)
    assert len(mailbox.taken) == 1


def test_a_connection_that_breaks_is_told_as_not_known_and_the_letter_keeps_its_message_id(
    post: Post, mail_server: MailServers
) -> None:
    (id_,) = post.cancellations(1)
    _, breaking = mail_server({"DATA": "hang up"})
    assert post.deliver(SmtpBackend(breaking)) == Delivered(postponed=1)
    assert "whether the letter arrived is not known" in post.state(id_, "error")
    mailbox, server = mail_server()
    post.deliver(SmtpBackend(server), now=post.state(id_, "next_try_at"))
    assert b"Message-ID: <" in (mailbox.taken[0].content or b"")


def test_a_server_that_is_away_is_told_with_its_place_and_loses_nothing(post: Post) -> None:
    (id_,) = post.cancellations(1)
    port = _free_port()
    with pytest.raises(MailUnavailable) as caught:
        post.deliver(SmtpBackend(MailServer("127.0.0.1", port, password="secret", timeout_seconds=2)))
    assert caught.value.where == f"mail server 127.0.0.1, port {port} (KALENDS_SMTP_URL)"
    assert "refused" in caught.value.value
    assert "KALENDS_SMTP_URL" in caught.value.remedy
    assert "secret" not in str(caught.value)
    assert post.state(id_, "status", "tries") == ("queued", 0)


def test_a_sender_that_the_server_does_not_take_stops_delivery_and_names_the_setting(
    post: Post, mail_server: MailServers
) -> None:
    ids = post.cancellations(2)
    _, server = mail_server({"MAIL": "553 Not your domain"})
    with pytest.raises(MailUnavailable, match=r"does not take letters from kalends@localhost") as caught:
        post.deliver(SmtpBackend(server))
    assert caught.value.value == "553 Not your domain"
    assert "KALENDS_MAIL_FROM" in caught.value.remedy
    assert {post.state(id_, "status", "tries") for id_ in ids} == {("queued", 0)}


def test_a_wrong_password_is_told_as_such(post: Post, mail_server: MailServers) -> None:
    def nobody(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == b"right", handled=False)

    post.cancellations(1)
    mailbox, server = mail_server(authenticator=nobody, auth_require_tls=False)
    with pytest.raises(MailUnavailable, match="does not let us sign in") as caught:
        post.deliver(SmtpBackend(MailServer(server.host, server.port, "me", "wrong", timeout_seconds=5)))
    assert "wrong" not in str(caught.value)
    right = MailServer(server.host, server.port, "me", "right", timeout_seconds=5)
    assert post.deliver(SmtpBackend(right)) == Delivered(sent=1)
    assert len(mailbox.taken) == 1
