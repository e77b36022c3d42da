"""The test cards and bank accounts: what a token says, and the numbers that stand for tokens."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalends.core.dunning import may_be_retried
from kalends.payments.processors.sandbox import cards, charges, fees
from kalends.payments.processors.sandbox.cards import (
    FAILURES,
    OUTCOMES,
    UnknownToken,
    describe_tokens,
    new_token,
    numbers_of,
    script_of,
    token_for_number,
)

EVERY_TOKEN = sorted((method, name) for name, outcome in OUTCOMES.items() for method in outcome.methods)


@pytest.mark.parametrize("module", [cards, charges, fees])
def test_the_worked_examples_in_the_docstrings_are_true(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert (result.failed, result.attempted > 0) == (0, True)


@given(st.sampled_from(EVERY_TOKEN), st.data(), st.text(max_size=12))
def test_a_token_says_the_same_whatever_its_label(
    kind: tuple[str, str], data: st.DataObject, label: str
) -> None:
    method, outcome = kind
    wanted = [data.draw(st.integers(number.least, number.most)) for number in numbers_of(method, outcome)]
    assert script_of(new_token(method, outcome, *wanted, label=label)) == script_of(
        new_token(method, outcome, *wanted)
    )


@pytest.mark.parametrize(
    "token",
    [
        "4242424242424242",
        "tok_visa",
        "tok_card_approve",
        "tok_giro_approved",
        "tok_ach_expired",
        "tok_card_approved.3",
        "tok_sepa_approved.15",
        "tok_sepa_approved.0",
        "tok_card_approved_after.1",
        "tok_card_dispute_won.1.2.3",
        "",
    ],
)
def test_anything_else_is_no_token_and_the_error_says_what_would_be(token: str) -> None:
    with pytest.raises(UnknownToken, match=r"tok_|has no outcome|takes \d numbers|lies from"):
        script_of(token)


@pytest.mark.parametrize(
    ("number", "token"),
    [
        ("4242 4242 4242 4242", "tok_card_approved"),
        ("5555 5555 5555 4444", "tok_card_approved"),
        ("3782 822463 10005", "tok_card_approved"),
        ("6011 1111 1111 1117", "tok_card_approved"),
        ("3056 9300 0902 0004", "tok_card_approved"),
        ("3566 0020 2036 0505", "tok_card_approved"),
        ("6200 0000 0000 0005", "tok_card_approved"),
        ("4000 0000 0000 0036", "tok_card_postal_code"),
        ("4000 0000 0000 0002", "tok_card_declined"),
        ("4000 0000 0000 9995", "tok_card_insufficient_funds"),
        ("110000000/000222222227", "tok_ach_insufficient_funds"),
        ("AT61 1904 3002 3457 3201", "tok_sepa_approved"),
    ],
)
def test_a_well_known_test_number_stands_for_a_token(number: str, token: str) -> None:
    known = token_for_number(number, label="anna")
    assert (known.token, known.last4) == (f"{token}-anna", number[-4:])


def test_any_other_number_is_refused_and_never_repeated() -> None:
    with pytest.raises(UnknownToken) as refusal:
        token_for_number("4929 1234 5678 9012")
    assert "4929" not in str(refusal.value)


def test_the_list_of_tokens_names_every_outcome_with_a_token_that_works() -> None:
    rows = describe_tokens()
    assert len(rows) == len(OUTCOMES)
    assert all(script_of(row.token).method in row.methods.split() for row in rows)
    listed = {number for row in rows for number in row.numbers.split(", ") if number}
    assert all(token_for_number(number) for number in listed)
    assert "4242424242424242" in listed


@pytest.mark.parametrize(
    "code", [code for code in FAILURES if code not in ("refund_failed", "charge_failed")]
)
def test_hard_and_soft_mean_the_same_to_the_processor_and_to_dunning(code: str) -> None:
    if code == "debit_not_authorized":
        assert not may_be_retried("ach", code)
    else:
        assert may_be_retried("card", code) == (FAILURES[code].decline == "soft")
