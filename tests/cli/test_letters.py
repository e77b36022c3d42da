"""``kalends letters``: the log, the words, samples, and sending again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kalends.cli.letters import LANGUAGES, STATUSES
from kalends.messages import log
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import deliver
from kalends.messages.letters import formats
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def receipt(world: World) -> int:
    """A receipt that was sent."""
    kari = world.customer(country="GB")
    world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-01")
    deliver(world.db, world.ctx, MemoryBackend(), 100)
    return world.one("SELECT id FROM message WHERE account_id = %s AND kind = 'receipt'", world.ctx.id)[0]


def test_letters_are_listed_with_what_became_of_them(here: Give, receipt: int) -> None:
    answer = here("letters", "list")
    assert answer.code == ExitCode.OK
    assert str(receipt) in answer.out
    assert "Test: Receipt: 100.00" in answer.out.replace("\N{NO-BREAK SPACE}", " ")
    (told,) = here("letters", "list", "--kind", "receipt", "--json").json()["letters"]
    assert (told["id"], told["status"]) == (receipt, "sent")
    assert here("letters", "list", "--status", "failed").out == "There is no such letter.\n"


def test_a_kind_that_nobody_knows_is_refused_with_those_that_there_are(here: Give) -> None:
    answer = here("letters", "list", "--kind", "greeting")
    assert answer.code == ExitCode.BAD_INPUT
    assert "receipt, charge_failed" in answer.err


def test_a_letter_is_shown_as_it_was_sent(here: Give, receipt: int, world: World) -> None:
    world.db.execute("UPDATE subscription SET name = 'Another' WHERE account_id = %s", [world.ctx.id])
    answer = here("letters", "show", receipt)
    assert answer.code == ExitCode.OK
    assert "Thank you, Kari. We received\n100.00 EUR" in answer.out
    assert "Fleet Core" in answer.out
    html = here("letters", "show", receipt, "--html").out
    assert html.startswith(("<!DOCTYPE html>", "<!doctype html>"))
    assert here("letters", "show", receipt, "--json").json()["written"] is True


def test_a_letter_that_is_not_there_is_told_with_where_to_look(here: Give, world: World) -> None:
    answer = here("letters", "show", 77)
    assert answer.code == ExitCode.BAD_INPUT
    assert "kalends letters list" in answer.err


def test_a_sample_has_the_accounts_name_and_can_be_written_to_a_file(
    here: Give, world: World, tmp_path: Path
) -> None:
    answer = here("letters", "preview", "charge_failed", "--language", "nb")
    assert answer.code == ExitCode.OK
    assert "Nordlys Test AS" in answer.out
    assert "Hei, Ingrid. Vi fikk ikke trukket" in answer.out
    page = tmp_path / "letter.html"
    assert here("letters", "preview", "receipt", "--out", page).code == ExitCode.OK
    assert "Nordlys Test AS" in page.read_text("utf-8")
    assert (
        here("letters", "preview", "receipt", "--out", tmp_path / "no" / "x.html").code == ExitCode.BAD_INPUT
    )


def test_sending_again_says_what_follows_and_then_does_it(here: Give, receipt: int, world: World) -> None:
    refused = here("letters", "resend", receipt)
    assert refused.code == ExitCode.BAD_INPUT
    assert "It goes out once more to kari." in refused.err
    assert "in the same words" in refused.err
    answer = here("letters", "resend", receipt, "--yes", "--json")
    assert answer.json()["status"] == "queued"
    again = here("letters", "resend", receipt, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "on its way already" in again.err


def test_the_choices_are_those_of_the_letters() -> None:
    assert STATUSES == log.STATUSES
    assert LANGUAGES == formats.LANGUAGES


def test_a_customer_is_asked_for_another_method_once_a_day(here: Give, world: World) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    asked = here("subscription", "ask-for-method", subscription, "--yes")
    assert asked.code == ExitCode.OK
    assert "is asked by letter for another payment method" in asked.err
    again = here("subscription", "ask-for-method", subscription, "--yes", "--json")
    assert again.code == ExitCode.REFUSED
    assert "already" in again.err
    assert world.letters("update_request") == [("update_request", world.letters()[0][1])]


def test_a_letter_is_worded_shown_and_worded_as_kalends_does_again(here: Give) -> None:
    own = here("letters", "wording", "receipt", "--subject", "Thanks, {{ first_name }}", "--json").json()
    assert own["subject"] == "Thanks, {{ first_name }}"
    assert "amount" in own["placeholders"]
    assert "Thanks, Ingrid" in here("letters", "preview", "receipt").out
    assert "Thanks, {{ first_name }}" in here("letters", "wording", "receipt").out
    assert here("letters", "wording", "receipt", "--standard", "--json").json()["subject"] == ""
    assert "Thanks, Ingrid" not in here("letters", "preview", "receipt").out


def test_words_that_cannot_be_are_told_by_option_value_and_remedy(here: Give) -> None:
    answer = here("letters", "wording", "receipt", "--opening", "{{ price }}")
    assert answer.code == ExitCode.BAD_INPUT
    assert "--opening" in answer.err
    assert "{{ price }}" in answer.err
    assert "first_name" in answer.err
    assert here("letters", "wording", "payment_failed").code == ExitCode.BAD_INPUT
