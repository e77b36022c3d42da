"""One call to a receiver: encrypted, to an address that may be called, and over when its time is over."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kalends.events.webhooks import posting
from kalends.events.webhooks.networks import SETTING, may_call, read_networks
from kalends.events.webhooks.posting import post
from kalends.events.webhooks.signatures import Signed, v3
from tests.conftest import FIRST_MOMENT
from tests.receiver import Receiver

HERE = read_networks("127.0.0.0/8,::1", SETTING)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of our own for localhost, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[Receiver]:
    """A receiver that speaks TLS; its address is by name."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    receiver = Receiver(tls=served)
    with receiver.running():
        yield receiver


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the certificate."""
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(posting, "_trust", lambda: context)


def test_a_call_is_encrypted_and_sends_the_very_bytes(encrypted: Receiver, trusted: None) -> None:
    outcome = post(f"{encrypted.url}?a=%2F", b'["\xc3\xa6"]', {"X-Tried": "yes"}, HERE)
    assert (outcome.status, outcome.error) == (200, None)
    (received,) = encrypted.requests
    assert (received.path, received.body) == ("/told?a=%2F", b'["\xc3\xa6"]')
    assert received.headers["X-Tried"] == "yes"
    assert received.headers["Host"] == encrypted.url.split("/")[2]


def test_a_certificate_that_nobody_trusts_is_not_sent_anything(encrypted: Receiver) -> None:
    outcome = post(encrypted.url, b"[]", {}, HERE)
    assert outcome.status is None
    assert "certificate cannot be trusted" in str(outcome.error)
    assert encrypted.requests == []


def test_a_certificate_for_another_name_is_not_sent_anything(encrypted: Receiver, trusted: None) -> None:
    outcome = post(encrypted.url.replace("localhost", "127.0.0.1"), b"[]", {}, HERE)
    assert "certificate cannot be trusted" in str(outcome.error)
    assert encrypted.requests == []


def test_no_older_protocol_than_tls_1_2_is_spoken() -> None:
    assert posting._trust().minimum_version >= ssl.TLSVersion.TLSv1_2


@contextmanager
def silent() -> Iterator[int]:
    """Somebody who takes a connection and says nothing; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []
        thread = threading.Thread(target=lambda: taken.append(server.accept()[0]), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join()
        for each in taken:
            each.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_somebody_who_says_nothing_is_cut_off(scheme: str) -> None:
    with silent() as port:
        outcome = post(f"{scheme}://127.0.0.1:{port}/", b"[]", {}, HERE, seconds=0.2)
    assert outcome.error == "It did not answer within 0.2 seconds."


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 100_000],
)
def test_an_answer_that_is_none_is_a_failure_in_words(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        outcome = post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"[]", {}, HERE)
        thread.join()
    assert outcome.status is None
    assert outcome.error


def test_a_name_with_one_address_inside_is_not_called_by_its_other_ones(
    encrypted: Receiver, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(host: str, port: int, **more: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("127.0.0.1", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    outcome = post(encrypted.url, b"[]", {}, HERE)
    assert "10.0.0.1" in str(outcome.error)
    assert encrypted.requests == []


def test_a_name_that_nobody_has_is_a_failure_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, port: int, **more: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    outcome = post("https://nobody.example/", b"[]", {}, ())
    assert outcome.error == "Its name was not found: Name or service not known."


def test_the_third_signature_is_of_the_address_as_hubspot_decodes_it() -> None:
    plain = Signed("https://example.org/a/b?c=:@!", b"[]", "msg_1", FIRST_MOMENT)
    encoded = plain._replace(url="https://example.org/a%2Fb%3fc=%3A%40%21")
    assert v3("secret", plain, "1") == v3("secret", encoded, "1")
    assert v3("secret", plain, "1") != v3("secret", plain, "2")


def test_addresses_of_version_six_stand_for_those_that_they_hold() -> None:
    inside = (
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
        "fc00::1",
        "::",
        "ff02::1",
        "224.0.0.1",
    )
    assert [each for each in inside if may_call(ipaddress.ip_address(each), ())] == []
    assert may_call(ipaddress.ip_address("2606:4700::1111"), ())
