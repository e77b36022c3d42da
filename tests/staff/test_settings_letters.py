"""Wording a letter on its page: kept with its before, refused at the field, looked at before it is kept, taken back."""

from __future__ import annotations

import re
from html import unescape

import pytest

from kalends.messages.letters.wording import PLACEHOLDERS
from tests.staff.settings_stage import Company, company  # noqa: F401

WORDS = {
    "subject": "Kvittering fra {{ seller }}",
    "opening": "Hei {{ first_name }}, vi fikk",
    "closing": "Vi sees!\r\n\r\nHilsen <oss>",
}


def kept(company: Company) -> list[tuple[object, ...]]:  # noqa: F811
    return company.rows("SELECT kind, language, subject, closing FROM letter_wording WHERE account_id = %s")


def frame(page: str) -> str:
    found = re.search(r'<iframe class="letter__page" src="([^"]+)"', page)
    assert found
    return unescape(found.group(1))


def test_own_words_are_kept_shown_and_in_the_audit_log(company: Company) -> None:  # noqa: F811
    address = company.at("letters/receipt?language=nb")
    answer = company.client.post(address, WORDS, follow=True)
    page = answer.content.decode()
    assert "The wording is kept" in page
    assert "Kvittering fra Nordlys AS" in page
    assert kept(company) == [("receipt", "nb", WORDS["subject"], "Vi sees!\n\nHilsen <oss>")]
    letter = company.client.get(frame(page)).content.decode()
    assert "Hei Ingrid, vi fikk" in letter
    assert "Hilsen &lt;oss&gt;" in letter
    assert "Kvittering fra" not in company.read("letters/receipt?language=en")
    assert "Own wording: Norsk bokmål" in company.read("letters")
    ((actor, data),) = company.events("wording.changed")
    assert actor == f"user:{company.user.id}"
    assert data["changes"]["subject"] == ["", WORDS["subject"]]
    log = company.read("audit")
    assert "Wording of a letter: receipt, nb" in log
    assert "Kvittering fra {{ seller }}" in log


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("subject", "{{ price }}", "This letter does not know {{ price }}"),
        ("opening", "{{ amount", "Write a placeholder as {{ first_name }}"),
        ("closing", "x" * 1001, "at most 1000"),
        ("subject", "{{ due_date }}", "This letter does not know {{ due_date }}"),
    ],
)
def test_what_cannot_be_said_is_told_at_its_field_and_nothing_is_kept(
    company: Company,  # noqa: F811
    field: str,
    value: str,
    said: str,
) -> None:
    answer = company.client.post(company.at("letters/receipt?language=nb"), {**WORDS, field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert said in page
    assert kept(company) == []


def test_words_are_looked_at_without_being_kept(company: Company) -> None:  # noqa: F811
    answer = company.client.post(company.at("letters/receipt?language=nb"), {**WORDS, "look": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Not saved yet" in page
    assert "Kvittering fra Nordlys AS" in page
    assert "Hei Ingrid, vi fikk" in company.client.get(frame(page)).content.decode()
    assert kept(company) == []
    assert "Hei Ingrid" not in company.client.get(company.at("letters/receipt/nb")).content.decode()


def test_nobody_is_led_to_words_that_this_page_did_not_make(company: Company) -> None:  # noqa: F811
    assert company.client.get(company.at("letters/receipt/nb?words=WyJ4IiwiIiwiIl0")).status_code == 404


def test_the_standard_wording_comes_back(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("letters/receipt?language=nb"), WORDS)
    assert "are gone" in company.read("letters/receipt/nb/standard")
    assert company.client.post(company.at("letters/receipt/nb/standard")).status_code == 303
    assert kept(company) == []
    assert len(company.events("wording.changed")) == 2
    assert company.client.get(company.at("letters/receipt/nb/standard")).status_code == 404


def test_a_trial_is_in_the_accounts_words(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("letters/receipt?language=nb"), WORDS)
    company.client.post(company.at("letters/receipt/nb/send"))
    ((subject,),) = company.rows("SELECT subject FROM message WHERE account_id = %s")
    assert subject.endswith("Kvittering fra Nordlys AS")


def test_a_letter_to_users_has_no_words_to_change(company: Company) -> None:  # noqa: F811
    assert "Your wording" not in company.read("letters/payment_failed")
    assert company.client.post(company.at("letters/payment_failed?language=nb"), WORDS).status_code == 404


def test_who_may_not_change_settings_may_not_word_letters(company: Company) -> None:  # noqa: F811
    _user, client = company.employ("reader")
    assert client.post(company.at("letters/receipt?language=nb"), WORDS).status_code == 403
    assert client.post(company.at("letters/receipt/nb/standard")).status_code == 403
    assert kept(company) == []


@pytest.mark.parametrize("kind", PLACEHOLDERS)
def test_the_page_lists_the_placeholders_of_its_letter(company: Company, kind: str) -> None:  # noqa: F811
    page = company.read(f"letters/{kind}?language=en")
    assert [f"{{{{ {name} }}}}" in page for name in PLACEHOLDERS[kind]] == [True] * len(PLACEHOLDERS[kind])
    assert page.count("<code>") == len(PLACEHOLDERS[kind])
