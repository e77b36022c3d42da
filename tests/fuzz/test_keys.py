"""What lets somebody in: signed links, tokens, codes, passkeys, cookies. Nothing opens but what was given out."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from kalends.accounts import integration_apps, oauth, passkeys, second_factor, signed_links, tokens
from kalends.accounts.context import AccountContext
from kalends.accounts.links import FORGOTTEN, INVITED, password_token, user_of_token
from kalends.accounts.models import User
from kalends.accounts.passkeys import Site
from kalends.messages import refusals
from kalends.platform.sealing import CannotUnseal, seal, unseal
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.fuzz.making import often, scalars, spoiled, spoiled_bytes, spoiled_tree, tells, words
from tests.staff.stage import new_user

MADE = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
PURPOSES = (signed_links.INVOICE, signed_links.METHOD, signed_links.PORTAL)


@pytest.fixture
def user(server: str, django_db_blocker: DjangoDbBlocker) -> User:
    with django_db_blocker.unblock():
        return new_user("Link Holder")


@often(70)
@given(
    data=st.data(), purpose=st.sampled_from(PURPOSES), wanted=st.sampled_from(PURPOSES),
    numbers=st.tuples(st.integers(1, 2**40), st.integers(1, 2**40), st.integers(0, 2**40)),
    after=st.timedeltas(dt.timedelta(0), dt.timedelta(days=800)),
)  # fmt: skip
def test_a_link_opens_what_it_was_made_for_until_its_time_is_over_and_nothing_else(
    data: st.DataObject, purpose: str, wanted: str, numbers: tuple[int, int, int], after: dt.timedelta
) -> None:
    account_id, record_id, contact_id = numbers
    email = "kari@example.com" if contact_id else None
    right = signed_links.token(purpose, account_id, record_id, MADE, contact_id=contact_id, email=email)
    text = data.draw(spoiled(st.just(right)))
    link = signed_links.read(text, wanted)
    assert (link is not None) == (text == right and purpose == wanted)
    if link is not None:
        assert (link.account_id, link.record_id, link.contact_id) == numbers
        assert link.holds(MADE + after, email) == (after < signed_links.LASTS[purpose])
        assert not contact_id or not link.holds(MADE, "other@example.com")


@often(28)
@given(
    data=st.data(),
    purpose=st.sampled_from((FORGOTTEN, INVITED)),
    wanted=st.sampled_from((FORGOTTEN, INVITED)),
)
def test_a_password_is_set_by_the_link_that_was_sent_and_by_no_other(
    data: st.DataObject, purpose: str, wanted: str, user: User, django_db_blocker: DjangoDbBlocker
) -> None:
    right = password_token(user, purpose)
    text = data.draw(spoiled(st.just(right)))
    with django_db_blocker.unblock():
        found = user_of_token(text, wanted)
    assert (found is not None) == (text == right and purpose == wanted)


@often(42)
@given(data=st.data())
def test_no_token_opens_an_account_but_the_one_that_was_given(
    data: st.DataObject, account: AccountContext, db: AnyConnection
) -> None:
    right = f"kal_{account.id}_{'a' * 43}"
    text = data.draw(st.one_of(spoiled(st.just(right)), words))
    named = tokens.account_of(text)
    assert named is None or text.startswith(f"kal_{named}_")
    if named == account.id:
        assert tokens.ask_for_bearer(db, account.id, text)() is None


@often(42)
@given(
    text=spoiled(
        st.sampled_from(
            (
                f"kdk_1_{'a' * 43}",
                "1-01234567-89ab-cdef-0123-456789abcdef",
                f"kalc_1_{'a' * 43}",
                f"kalr_1_{'a' * 43}",
            )
        )
    ),
)
def test_keys_of_programs_name_an_account_or_none(
    text: str, account: AccountContext, db: AnyConnection
) -> None:
    for read in (
        oauth.account_of_refresh_token,
        integration_apps.account_of_client,
        integration_apps.account_of_developer_key,
    ):
        named = read(text)
        assert named is None or 0 < named < 2**63
    oauth.held_by_refresh_token(db, account.id, text)
    oauth.held_by_access_token(db, account.id, text, FIRST_MOMENT)


@often(28)
@given(data=st.data(), secret=st.text(max_size=60))
def test_what_is_sealed_is_opened_as_it_was_or_not_at_all(data: st.DataObject, secret: str) -> None:
    plain = secret.encode("utf-8", "replace").decode()
    right = bytes(seal(plain))
    given_ = data.draw(spoiled_bytes(st.just(right)))
    try:
        opened = unseal(given_)
    except CannotUnseal as refusal:
        assert given_ != right
        tells(str(refusal))
    else:
        assert opened == plain


@often(28)
@given(data=st.data(), address=st.emails())
def test_who_leaves_is_who_the_letter_was_for(data: st.DataObject, address: str) -> None:
    right = refusals.link_to_leave(7, 12, address).rpartition("/")[2]
    text = data.draw(spoiled(st.just(right)))
    leaving = refusals.read_link(text)
    assert (leaving is not None) == (text == right)


@often(21)
@given(code=spoiled(st.one_of(st.integers(0, 999_999).map("{:06}".format), st.just("abcd-efgh-ijkl-mnop"))))
def test_a_code_that_nobody_was_given_lets_nobody_in(
    code: str, user: User, django_db_blocker: DjangoDbBlocker
) -> None:
    code = code.encode("utf-8", "replace").decode()  # a form's fields are UTF-8
    with django_db_blocker.unblock():
        second_factor.begin_app(user)
        assert not second_factor.takes_recovery_code(user.id, code, MADE)
        assert not second_factor.takes_code(user.id, code, MADE)
        second_factor.confirm_app(user.id, code, MADE)


SITE, CHALLENGE = Site("localhost", "http://localhost:8000"), b"a challenge of ours"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _packed(value: Any) -> bytes:
    """As CBOR; what it cannot write becomes a text that is no UTF-8."""
    try:
        return cbor2.dumps(value)
    except UnicodeEncodeError:
        return b"\xa1\x61\xff\x01"


def _client_data(kind: str) -> str:
    return _base64(
        json.dumps({"type": kind, "challenge": _base64(CHALLENGE), "origin": SITE.origin}).encode()
    )


KEY = {1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32}
_SEEN = hashlib.sha256(SITE.host.encode()).digest()
AUTHENTICATOR = (
    _SEEN + b"\x45" + b"\x00\x00\x00\x01" + b"\x00" * 16 + b"\x00\x10" + b"k" * 16 + cbor2.dumps(KEY)
)


@often(42)
@given(data=st.data())
def test_an_answer_of_an_authenticator_is_understood_or_refused(
    data: st.DataObject, user: User, django_db_blocker: DjangoDbBlocker
) -> None:
    seen = data.draw(spoiled_bytes(st.just(AUTHENTICATOR)))
    stated = data.draw(
        spoiled_tree(
            st.just({"fmt": "none", "attStmt": {}}),
            st.one_of(st.none(), st.just("packed"), st.integers(), st.binary(max_size=5)),
        )
    )
    whole = {**stated, "authData": seen} if isinstance(stated, dict) else stated
    attested = data.draw(spoiled_bytes(st.just(_packed(whole))))
    answer = {
        "id": _base64(b"k" * 16), "rawId": _base64(b"k" * 16), "type": "public-key",
        "response": {"clientDataJSON": _client_data("webauthn.create"), "attestationObject": _base64(attested),
                     "authenticatorData": _base64(seen), "signature": "AAAA", "userHandle": "AQ"},
    }  # fmt: skip
    told = data.draw(spoiled_tree(st.just(answer), st.one_of(scalars, words), most=1))
    with django_db_blocker.unblock():
        passkeys.keep_new(user, "Mine", told, CHALLENGE, SITE, FIRST_MOMENT)
        passkeys.who_signed(told, CHALLENGE, SITE, FIRST_MOMENT)
