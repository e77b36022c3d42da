"""The audit log: what users did and how they came in, narrowed and paged."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.accounts.audit import CATEGORIES, Entry, Wanted, read_audit
from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.people import add_member, add_user
from kalends.accounts.security import FAILED, SIGNED_IN, note_security
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import create_token, revoke_token
from kalends.events import journal
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect

NOON = FIRST_MOMENT.replace(hour=12)


@pytest.fixture
def maja(db: AnyConnection, account: AccountContext) -> int:
    user = add_user(db, email="maja@audit.test", name="Maja")
    add_member(db, account.id, user, "admin")
    return user


def act(db: AnyConnection, account: AccountContext, actor: str, kind: str, minutes: int) -> None:
    name = kind.partition(".")[0]
    event = journal.NewEvent(kind, name, 7, None, journal.changed(name=("a", "b")))
    journal.write(db, account.id, NOON + dt.timedelta(minutes=minutes), [event], actor)


def come_in(db: AnyConnection, account: AccountContext, user: int, kind: str, minutes: int) -> None:
    with db.transaction(), db.cursor() as cursor:
        note_security(
            cursor, user, kind, NOON + dt.timedelta(minutes=minutes), address="10.0.0.7", agent="Tester"
        )
    enter_account(db, account.id)


def log(db: AnyConnection, account: AccountContext, wanted: Wanted | None = None, **more: int) -> list[Entry]:
    with db.cursor() as cursor:
        return read_audit(cursor, account.id, wanted or Wanted(), limit=more.get("limit", 50))


@pytest.fixture
def history(db: AnyConnection, account: AccountContext, maja: int) -> int:
    come_in(db, account, maja, FAILED, 0)
    come_in(db, account, maja, SIGNED_IN, 1)
    act(db, account, f"user:{maja}", "subscription.paused", 2)
    act(db, account, "system", "invoice.issued", 3)
    act(db, account, "api:5", "contact.updated", 3)
    act(db, account, "user:999", "contact.updated", 4)
    act(db, account, f"user:{maja}", "account.settings_changed", 5)
    return maja


def test_users_actions_and_sign_ins_stand_in_one_list_newest_first(
    db: AnyConnection, account: AccountContext, history: int
) -> None:
    entries = log(db, account)
    assert [(each.kind, each.user_id) for each in entries] == [
        ("account.settings_changed", history),
        ("contact.updated", 999),
        ("subscription.paused", history),
        ("user.signed_in", history),
        ("user.sign_in_failed", history),
    ]
    assert entries[0].changes == {"name": ["a", "b"]}
    assert (entries[-1].address, entries[-1].agent) == ("10.0.0.7", "Tester")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(category="sign_in"), ["user.signed_in", "user.sign_in_failed"]),
        (Wanted(category="subscription"), ["subscription.paused"]),
        (Wanted(category="settings"), ["account.settings_changed"]),
        (Wanted(category="nothing such"), []),
        (Wanted(user_id=999), ["contact.updated"]),
        (Wanted(kind="user.signed_in"), ["user.signed_in"]),
        (Wanted(since=NOON + dt.timedelta(minutes=4)), ["account.settings_changed", "contact.updated"]),
        (Wanted(until=NOON + dt.timedelta(minutes=1)), ["user.sign_in_failed"]),
    ],
)
def test_the_log_is_narrowed(
    db: AnyConnection, account: AccountContext, history: int, wanted: Wanted, found: list[str]
) -> None:
    assert [each.kind for each in log(db, account, wanted)] == found


def test_pages_follow_one_another_without_gap_or_repetition(
    db: AnyConnection, account: AccountContext, history: int
) -> None:
    every = log(db, account)
    paged: list[Entry] = []
    with db.cursor() as cursor:
        while page := read_audit(
            cursor, account.id, Wanted(), limit=2, before=paged[-1].mark if paged else None
        ):
            paged += page
    assert paged == every


def test_each_of_a_users_accounts_is_told_and_sees_only_its_own_rows(
    db: AnyConnection, account: AccountContext, maja: int, connect: Connect
) -> None:
    other = connect()
    second = create_account(other, name="Second", time_zone="UTC", currency="EUR", now=FIRST_MOMENT)
    add_member(other, second.id, maja)
    third = connect()
    stranger = create_account(third, name="Third", time_zone="UTC", currency="EUR", now=FIRST_MOMENT)
    come_in(db, account, maja, SIGNED_IN, 0)
    assert [len(log(each, ctx)) for each, ctx in ((db, account), (other, second), (third, stranger))] == [
        1,
        1,
        0,
    ]


def test_tokens_are_made_and_revoked_under_the_users_name(
    db: AnyConnection, account: AccountContext, maja: int
) -> None:
    made = create_token(db, account.id, name="Books", scopes=["all"], now=NOON, actor=f"user:{maja}")
    revoke_token(db, account.id, "Books", NOON, actor=f"user:{maja}")
    entries = log(db, account, Wanted(category="token"))
    assert [(each.kind, each.object_id) for each in entries] == [
        ("token.revoked", made.id),
        ("token.created", made.id),
    ]
    assert made.token not in str(entries)


def test_no_kind_of_thing_is_in_two_categories() -> None:
    types = [each for kinds in CATEGORIES.values() for each in kinds]
    assert len(types) == len(set(types))
