"""The same request twice is done once: a key of the asker, taken in the transaction that does what was asked."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.events.requests import RequestKeyRefused, find_request, once
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect


class Counter:
    """Something that may be done once: how often it was."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return 1000 + self.times


def test_the_same_request_twice_is_done_once_and_answered_alike(
    db: AnyConnection, account: AccountContext
) -> None:
    do = Counter()

    answers = [once(db, account, "refund", "click-1", {"payment": 7}, do) for _ in range(2)]

    assert answers == [1001, 1001]
    assert do.times == 1


def test_another_key_or_none_is_another_request(db: AnyConnection, account: AccountContext) -> None:
    do = Counter()

    answers = [
        once(db, account, "refund", key, {"payment": 7}, do) for key in ("click-1", "click-2", None, None)
    ]

    assert answers == [1001, 1002, 1003, 1004]


def test_one_key_may_serve_once_for_each_kind_of_request(db: AnyConnection, account: AccountContext) -> None:
    do = Counter()

    assert once(db, account, "refund", "click-1", {}, do) != once(db, account, "retry", "click-1", {}, do)


def test_a_key_used_for_something_else_is_refused_by_what_differs(
    db: AnyConnection, account: AccountContext
) -> None:
    do = Counter()
    once(db, account, "refund", "click-1", {"payment": 7, "amount_minor": 2000}, do)

    with pytest.raises(RequestKeyRefused, match="its amount minor was 2000, and now it is 2500") as refused:
        once(db, account, "refund", "click-1", {"payment": 7, "amount_minor": 2500}, do)

    assert "'click-1' was used for another refund at 2026-01-01 05:00 UTC" in str(refused.value)
    assert do.times == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, " click", "click\n"])
def test_a_key_that_is_none_is_refused(db: AnyConnection, account: AccountContext, key: str) -> None:
    with pytest.raises(RequestKeyRefused, match="cannot be used"):
        once(db, account, "refund", key, {}, Counter())


def test_what_was_refused_may_be_corrected_and_asked_again_under_its_key(
    db: AnyConnection, account: AccountContext
) -> None:
    def refuse() -> int:
        raise LookupError("There is no payment 7.")

    with pytest.raises(LookupError):
        once(db, account, "refund", "click-1", {"payment": 7}, refuse)

    assert find_request(db, account, "refund", "click-1") is None
    assert once(db, account, "refund", "click-1", {"payment": 8}, Counter()) == 1001


def test_accounts_have_their_own_keys(db: AnyConnection, account: AccountContext, connect: Connect) -> None:
    other = connect()
    stranger = create_account(
        other, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    do = Counter()

    assert once(db, account, "refund", "click-1", {}, do) == 1001
    assert once(other, stranger, "refund", "click-1", {}, do) == 1002


def test_of_two_at_the_same_moment_one_does_it_and_the_other_waits_for_its_answer(
    account: AccountContext, inside: Connect
) -> None:
    first, second = inside(), inside()
    do, begun, go_on = Counter(), threading.Event(), threading.Event()
    answers: dict[str, Any] = {}

    def slowly() -> int:
        begun.set()
        assert go_on.wait(20)
        return do()

    def ask(name: str, db: AnyConnection, act: Any) -> None:
        answers[name] = once(db, account, "refund", "click-1", {"payment": 7}, act)

    slow = threading.Thread(target=ask, args=("first", first, slowly))
    quick = threading.Thread(target=ask, args=("second", second, do))
    slow.start()
    assert begun.wait(20)
    quick.start()
    quick.join(0.3)
    assert quick.is_alive(), "the second did not wait"
    go_on.set()
    slow.join(20)
    quick.join(20)

    assert answers == {"first": 1001, "second": 1001}
    assert do.times == 1
