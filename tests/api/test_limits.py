"""How often programs may ask: so many requests in ten seconds for a token, so many searches a second."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalends.accounts.allowance import STEPS, take
from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.tokens import Bearer
from kalends.api import limits
from tests.api.conftest import NewApi, new_account
from tests.conftest import AnyConnection

CONTACTS = "/crm/v3/objects/contacts"
BEARER = Bearer(7, "Test", ("all",), None)
NOW = dt.datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    limits.forget()
    yield
    limits.forget()


@pytest.fixture
def limited(db: AnyConnection) -> AccountContext:
    return new_account(
        db,
        settings=AccountSettings(
            api_requests_per_ten_seconds=30, api_searches_per_second=2, api_requests_per_day=100
        ),
    )


def let_through(
    db: AnyConnection, ctx: AccountContext, at: dt.datetime, *, search: bool = False, times: int = 200
) -> int:
    return sum(limits.count_request(db, ctx, BEARER, at, search=search).refusal is None for _ in range(times))


def test_a_window_lets_through_what_is_allowed_and_more_when_it_has_passed(
    db: AnyConnection, limited: AccountContext
) -> None:
    assert let_through(db, limited, NOW) == 30
    assert let_through(db, limited, NOW + dt.timedelta(seconds=9)) == 0
    assert let_through(db, limited, NOW + dt.timedelta(seconds=10)) == 30


def test_no_border_between_windows_lets_twice_as_many_through(
    db: AnyConnection, limited: AccountContext
) -> None:
    late = NOW + dt.timedelta(seconds=9)
    assert let_through(db, limited, late) == 30
    assert let_through(db, limited, late + dt.timedelta(seconds=2)) == 0
    assert let_through(db, limited, late + dt.timedelta(seconds=10)) == 30


@given(
    pauses=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    wanted=st.integers(1, 7),
    seed=st.integers(0),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_steps_on_end_get_the_limit_at_most(
    db: AnyConnection, account: AccountContext, pauses: list[int], wanted: int, seed: int
) -> None:
    subject, step, granted = f"of {pauses} {wanted} {seed}", 1_000, dict[int, int]()
    for pause in pauses:
        step += pause
        taken = take(db, account.id, subject, step, wanted, 20)
        granted[step] = granted.get(step, 0) + taken.granted
        window = {at: count for at, count in granted.items() if step - at < STEPS}
        assert taken.used == sum(window.values()) <= 20
        assert taken.granted == wanted or taken.used == 20
        assert taken.oldest == min(at for at, count in window.items() if count)


def test_several_processes_share_one_limit(db: AnyConnection, limited: AccountContext) -> None:
    granted = 0
    for _ in range(40):  # each time a process that holds nothing yet
        limits.forget()
        granted += let_through(db, limited, NOW, times=2)
    assert 10 <= granted <= 30


def test_searches_have_a_limit_of_their_own(db: AnyConnection, limited: AccountContext) -> None:
    assert let_through(db, limited, NOW, search=True) == 2
    assert let_through(db, limited, NOW, times=10) == 10
    assert let_through(db, limited, NOW + dt.timedelta(seconds=1), search=True) == 2


def test_a_day_has_a_limit(db: AnyConnection, limited: AccountContext) -> None:
    passed = [let_through(db, limited, NOW + dt.timedelta(seconds=10 * window)) for window in range(5)]
    assert passed == [30, 30, 30, 10, 0]
    refusal = limits.count_request(db, limited, BEARER, NOW + dt.timedelta(minutes=2), search=False).refusal
    assert refusal is not None
    assert refusal.more["policyName"] == "DAILY"
    assert 86_000 <= int(refusal.headers["Retry-After"]) <= 86_400
    assert let_through(db, limited, NOW + dt.timedelta(hours=23)) == 0
    assert let_through(db, limited, NOW + dt.timedelta(days=1), times=5) == 5


def test_a_clock_that_is_set_back_holds_nobody_up(db: AnyConnection, limited: AccountContext) -> None:
    assert let_through(db, limited, NOW) == 30
    assert let_through(db, limited, NOW - dt.timedelta(hours=1)) == 30


def test_what_remains_is_told_with_each_answer(db: AnyConnection, limited: AccountContext) -> None:
    told = [limits.count_request(db, limited, BEARER, NOW, search=False).headers for _ in range(31)]

    remaining = [int(each["X-HubSpot-RateLimit-Remaining"]) for each in told]
    assert remaining == [*range(29, -1, -1), 0]
    assert {each["X-HubSpot-RateLimit-Max"] for each in told} == {"30"}
    assert {each["X-HubSpot-RateLimit-Interval-Milliseconds"] for each in told} == {"10000"}
    assert told[0]["X-HubSpot-RateLimit-Daily"] == "100"


def test_too_many_requests_are_told_in_the_words_that_clients_know(
    another: NewApi, db: AnyConnection
) -> None:
    api = another(
        new_account(db, settings=AccountSettings(api_requests_per_ten_seconds=3, api_searches_per_second=1))
    )

    answers = [api.ask("GET", CONTACTS) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    body = refused[0].json()
    assert body["category"] == "RATE_LIMITS"
    assert body["errorType"] == "RATE_LIMIT"
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 10

    searches = [api.ask("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    refused = [answer for answer in searches if answer.status_code == 429]
    assert refused
    assert refused[0].json()["message"] == "You have reached your secondly limit."
    assert refused[0].json()["policyName"] == "SECONDLY"
    assert not [name for name in refused[0].headers if "ratelimit" in name.lower()]
