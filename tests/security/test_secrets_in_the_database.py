"""A copy of the database opens nothing: what lets somebody in is hashed, sealed, or not there.

Each secret is made as it is made in real life, and then every column of every table is searched for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyotp
import pytest
from django.test import Client
from psycopg import sql
from pytest_django import DjangoDbBlocker

from kalends.accounts import oauth, second_factor, signed_links
from kalends.accounts.integration_apps import create_app
from kalends.accounts.models import SecondFactor, SignInAttempt, User
from kalends.accounts.resealing import PLACES
from kalends.accounts.session_store import kept_as
from kalends.accounts.tokens import create_token
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import deliver
from kalends.messages.log import letters, show_letter
from kalends.messages.way_in import send_portal_link
from kalends.payments.processors.stripe.connection import connect as connect_stripe
from kalends.platform.sealing import unseal
from kalends.platform.translations import compile_translations
from kalends.workflows.calls import secret_of
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.fakes.stripe_server import StripeServer
from tests.world import World

PASSWORD = "a long password of nobody's"
SIGNING_SECRET = "whsec_known_to_two_0123456789"


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    compile_translations()
    with django_db_blocker.unblock():
        SignInAttempt.objects.all().delete()
        yield


@pytest.fixture
def user(account_id: int, db: AnyConnection) -> User:
    """Somebody with a password and a place in the account."""
    made = User.objects.create_user(f"secret.{account_id}@kalends.test", "Siri Secret", PASSWORD)
    db.execute(
        "INSERT INTO membership (account_id, user_id, role) VALUES (%s, %s, 'admin')", [account_id, made.id]
    )
    return made


def found_in(superuser: AnyConnection, secret: str) -> list[str]:
    """The tables of which a row holds these words, as they are or as bytes."""
    tables = superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1"
    ).fetchall()
    looked_for = [secret, secret.encode().hex()]
    return [
        name
        for (name,) in tables
        if superuser.execute(
            sql.SQL("SELECT FROM {} AS t WHERE t::text LIKE ANY (%s) LIMIT 1").format(sql.Identifier(name)),
            [[f"%{each}%".replace("_", r"\_") for each in looked_for]],
        ).rowcount
    ]


def leaks(superuser: AnyConnection, secrets: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The secrets that are in the database in plain words, each with where."""
    return [(secret, tables) for secret in secrets if (tables := found_in(superuser, secret))]


def test_the_search_finds_what_is_there(superuser: AnyConnection, world: World, user: User) -> None:
    world.db.execute("UPDATE contact SET job_title = 'x'")
    world.customer("Known Words")
    world.db.execute(
        "INSERT INTO workflow_secret (account_id, sealed) VALUES (%s, %s)", [world.ctx.id, b"known bytes"]
    )

    assert "contact" in found_in(superuser, "Known")
    assert found_in(superuser, "known bytes") == ["workflow_secret"]


def test_passwords_and_second_factors_are_not_there(superuser: AnyConnection, user: User) -> None:
    second_factor.begin_app(user)
    totp = unseal(SecondFactor.objects.get(user_id=user.id).sealed_secret)
    assert second_factor.confirm_app(user.id, pyotp.TOTP(totp).at(FIRST_MOMENT), FIRST_MOMENT)
    codes = second_factor.new_recovery_codes(user.id)

    secrets = [PASSWORD, totp, *codes, *(code.replace("-", "") for code in codes)]
    assert leaks(superuser, secrets) == []


def test_the_key_of_a_signed_in_browser_is_not_there(superuser: AnyConnection, user: User) -> None:
    client = Client()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": "/"})
    assert client.get("/").status_code == 302
    key = client.cookies["kalends_session"].value

    assert found_in(superuser, key) == []
    assert found_in(superuser, kept_as(key)) == ["django_session", "user_session"]


def test_what_programs_come_with_is_not_there(
    superuser: AnyConnection, db: AnyConnection, account_id: int, user: User
) -> None:
    token = create_token(db, account_id, name="t", scopes=["crm.objects.contacts.read"], now=FIRST_MOMENT)
    made = create_app(
        db,
        account_id,
        name="Mirror",
        redirect_uris=["https://app.test/back"],
        scopes=["crm.objects.contacts.read"],
        now=FIRST_MOMENT,
    )
    code = oauth.give_code(
        db,
        account_id,
        made.app,
        user_id=user.id,
        redirect_uri="https://app.test/back",
        scopes=["crm.objects.contacts.read"],
        now=FIRST_MOMENT,
    )
    tokens = oauth.exchange_code(
        db, account_id, made.app, code=code, redirect_uri="https://app.test/back", now=FIRST_MOMENT
    )

    secrets = [
        token.token,
        made.client_secret,
        made.developer_key,
        code,
        tokens.access_token,
        tokens.refresh_token,
    ]
    assert leaks(superuser, secrets) == []


def test_keys_of_processors_and_of_webhooks_are_not_there(
    superuser: AnyConnection, world: World, settings: Any
) -> None:
    stripe = StripeServer()
    stripe.now = FIRST_MOMENT
    settings.STRIPE_API, settings.STRIPE_RETRIES, settings.STRIPE_ANSWER_SECONDS = stripe.url, 0, 5
    key = stripe.key_of_merchant = "rk_test_0123456789abcdef"
    with stripe.running():
        connect_stripe(
            world.db,
            world.ctx,
            key,
            address="http://localhost",
            signing_secret=SIGNING_SECRET,
            now=FIRST_MOMENT,
        )
    secrets = [key, SIGNING_SECRET, secret_of(world.db, world.ctx)]

    assert world.one("SELECT sealed_key IS NOT NULL FROM stripe_connection") == (True,)
    assert leaks(superuser, secrets) == []


def test_links_that_let_a_customer_in_are_not_there_and_are_sent_and_shown_all_the_same(
    superuser: AnyConnection, world: World
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    send_portal_link(world.db, world.ctx, kari)
    backend = MemoryBackend()
    deliver(world.db, world.ctx, backend, 100)

    (letter,) = letters(world.db, world.ctx, kind="portal_link")
    shown = show_letter(world.db, world.ctx, letter.id)
    link = shown.letter.text.partition("/portal/")[2].split()[0]
    sent = next(each for each in backend.sent if "/portal/" in each.message.as_string())

    assert shown.written
    assert signed_links.read(link, signed_links.PORTAL) is not None
    assert found_in(superuser, link) == []
    assert found_in(superuser, link.rpartition(".")[2]) == []
    plain = sent.message.get_body(("plain",))
    assert plain is not None
    assert link in plain.get_content()
    assert not superuser.execute(
        "SELECT FROM message WHERE account_id = %s AND text ~ '/(portal|invoice|method)/[^~[:space:]]+([[:space:]]|$)'",
        [world.ctx.id],
    ).rowcount


@pytest.mark.parametrize("purpose", [*signed_links.LASTS, "unsubscribe"])
def test_words_in_the_form_of_a_link_are_never_signed(world: World, purpose: str) -> None:
    """A customer may call themselves what they like: the letter shows it, and gives it no signature."""
    name = f"http://x/{purpose}/WzEsMiwzXQ~{'A' * 43}"
    kari = world.customer(name.replace(" ", ""))
    send_portal_link(world.db, world.ctx, kari)
    deliver(world.db, world.ctx, MemoryBackend(), 100)

    (letter,) = letters(world.db, world.ctx, kind="portal_link")

    assert f"/{purpose}/WzEsMiwzXQ." not in show_letter(world.db, world.ctx, letter.id).letter.text


def test_every_column_of_bytes_is_known_for_sealed_or_for_open(superuser: AnyConnection) -> None:
    """A new column of bytes is either resealed with the others, or is no secret."""
    columns = superuser.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'bytea' ORDER BY 1, 2"
    ).fetchall()

    assert set(columns) - {(place.table, place.column) for place in PLACES} == {
        ("account_logo", "content"),
        ("passkey", "credential_id"),
        ("passkey", "public_key"),
        ("quote_acceptance", "image"),
        ("quote_acceptance", "pdf"),
        ("quote_version", "pdf"),
    }
    assert not superuser.execute(
        "SELECT FROM message WHERE text LIKE '%gAAAAA%'"
    ).rowcount  # what is sealed lies in columns of bytes alone
