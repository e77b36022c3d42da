"""What operators write into the environment: read as it is meant, or named with the variable and a remedy."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from kalends.events.webhooks.networks import SETTING, BadUrl, check_url, read_networks
from kalends.platform import database
from kalends.platform.addresses import read_address
from kalends.platform.errors import UserFacing
from kalends.platform.home import home_path
from kalends.platform.settings import mail_settings
from tests.fuzz.making import often, spoiled, tells, words


@often(28)
@given(
    text=spoiled(
        st.sampled_from(("https://billing.example.com", "http://localhost:8000", "http://[::1]:8000/path"))
    )
)
@example(text="http://[::1")
@example(text="http://a:b:99999")
@example(text="http://a:99999")
@example(text="billing.example.com")
def test_the_public_address_is_one_or_named(text: str) -> None:
    try:
        parts = read_address(text, "KALENDS_PUBLIC_URL", ("http", "https"), "https://billing.example.com")
    except UserFacing as refusal:
        tells("KALENDS_PUBLIC_URL" in (refusal.where or ""), refusal.remedy)
    else:
        assert parts.hostname


@often(28)
@given(
    text=spoiled(
        st.sampled_from(
            ("smtp://mail.example", "smtp://me:s%40cret@mail.example:587", "smtps://me:secret@[::1]:465")
        )
    )
)
@example(text="smtp://me:secret@mail.example:x")
@example(text="mail.example:25")
def test_the_mail_server_is_one_or_named_and_its_password_is_not_repeated(text: str) -> None:
    try:
        mail = mail_settings(text)
    except UserFacing as refusal:
        tells("KALENDS_SMTP_URL" in (refusal.where or ""), "cret" not in str(refusal))
    else:
        assert not text or 0 < mail["EMAIL_PORT"] < 65_536


@often(28)
@given(
    text=spoiled(
        st.sampled_from(
            (
                "postgresql://me:secret@db.example:5432/kalends?sslmode=require",
                "host=/run dbname=kalends",
                "dbname='a b' port=5432",
            )
        )
    )
)
def test_the_database_is_one_or_named_and_its_password_is_not_repeated(text: str) -> None:
    try:
        dsn = database._from_url(text.replace("\x00", ""))
    except UserFacing as refusal:
        tells("DATABASE_URL" in (refusal.where or ""), "secret" not in str(refusal))
    except UnicodeEncodeError:
        return  # the commands say that a text is no UTF-8
    else:
        assert database._from_url(dsn) == dsn


@often(35)
@given(
    networks=spoiled(st.sampled_from(("127.0.0.0/8,10.20.0.0/16", "::1, fe80::/10", "10.0.0.1/255.0.0.0"))),
    url=spoiled(
        st.sampled_from(
            ("https://example.com/hook?a=b", "http://127.0.0.1:80/", "https://[::ffff:10.0.0.1]:8443/x")
        )
    ),
)
def test_networks_and_addresses_of_webhooks_are_read_or_refused(networks: str, url: str) -> None:
    known = ()
    with contextlib.suppress(UserFacing):
        known = read_networks(networks, SETTING)
    try:
        parts = check_url(url, known)
    except BadUrl as bad:
        tells(str(bad))
    else:
        assert parts.hostname
        assert check_url(parts.geturl(), known) == parts


@often(21)
@given(
    text=spoiled(st.one_of(words, st.sampled_from(("/srv/kalends", "~/kalends", "~nobody-here/x", "../x"))))
)
@example(text="~nobody-here/x")
def test_the_home_is_a_folder_whatever_it_is_called(text: str) -> None:
    path = home_path({"KALENDS_HOME": text.replace("\x00", "")})
    assert isinstance(path, Path)
    assert path.is_absolute()
