"""Settings that accounts declare: each stands on a page, is saved with its before in the journal, and says why not."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape

from kalends.accounts.change import RULES
from kalends.messages.letters.kinds import KINDS
from kalends.staff.settings.letters import NAMES
from kalends.staff.settings.places import PLACES
from kalends.staff.settings.words import BY_HAND_ELSEWHERE, SECTIONS, WORDS
from tests.staff.settings_stage import Company, company  # noqa: F401

PAGES = (
    "company",
    "subscriptions",
    "payments",
    "invoices",
    "links",
    "quotes",
    "letters",
    "security",
    "limits",
)


def test_every_declared_setting_stands_on_a_page_in_words() -> None:
    assert set(WORDS) | BY_HAND_ELSEWHERE == set(RULES)
    assert {words.page for words in WORDS.values()} == set(PAGES)
    assert {words.section for words in WORDS.values()} == set(SECTIONS)
    assert {words.page for words in WORDS.values()} <= set(PLACES)


def test_every_letter_has_a_name_on_the_page_of_templates() -> None:
    assert set(NAMES) == set(KINDS)


@pytest.mark.parametrize("page", PAGES)
def test_a_form_that_is_saved_as_it_is_changes_nothing(company: Company, page: str) -> None:  # noqa: F811
    before = company.settings()
    answer = company.client.post(company.at(page), company.fields(page))
    assert answer.status_code == 303, answer.content.decode()
    assert company.settings() == before
    assert company.events("account.settings_changed") == []


def test_what_is_changed_is_kept_told_and_in_the_journal_with_its_before(company: Company) -> None:  # noqa: F811
    fields = {**company.fields("payments"), "retry_days": "2, 4", "cancel_after_last_retry": "on"}
    answer = company.client.post(company.at("payments"), fields, follow=True)
    assert "Saved: 2 settings" in answer.content.decode()
    assert company.settings()["retry_days"] == (2, 4)
    ((actor, data),) = company.events("account.settings_changed")
    assert actor == f"user:{company.user.id}"
    assert data["changes"] == {"retry_days": [[1, 3, 5, 7], [2, 4]], "cancel_after_last_retry": [False, True]}


@pytest.mark.parametrize(
    ("page", "field", "value", "said"),
    [
        ("payments", "retry_days", "3, 1", "each larger than the one before"),
        ("payments", "charges_per_second", "0", "greater than or equal to 1"),
        ("subscriptions", "billing_hour", "24", "less than or equal to 23"),
        ("invoices", "invoice_prefix", "A B", "Up to 12 letters"),
        ("company", "brand_color", "blue", "Give a color"),
        ("company", "support_email", "nobody", "Give an email address"),
        ("company", "time_zone", "Mars/Base", "Mars/Base"),
        ("company", "country", "Norway", "Norway"),
        ("letters", "letters", "burned", "burned"),
        ("letters", "invoice_reminder_days", "8", "less than or equal to 7"),
    ],
)
def test_a_value_that_cannot_be_is_told_at_its_field_and_nothing_is_saved(
    company: Company,  # noqa: F811
    page: str,
    field: str,
    value: str,
    said: str,
) -> None:
    before = company.settings()
    answer = company.client.post(company.at(page), {**company.fields(page), field: value})
    assert answer.status_code == 422
    content = answer.content.decode()
    assert f'id="id_{field}_error"' in content
    assert said in content
    assert company.settings() == before


def test_the_time_zone_is_changed(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("company"), {**company.fields("company"), "time_zone": "Europe/Helsinki"})
    assert company.settings()["time_zone"] == "Europe/Helsinki"


def test_the_country_is_chosen_by_its_name(company: Company) -> None:  # noqa: F811
    assert re.search(r'<option value="NO"[^>]*>Norway</option>', company.read("company"))
    company.client.post(company.at("company"), {**company.fields("company"), "country": "FI"})
    assert company.settings()["country"] == "FI"


def test_a_color_that_hardly_stands_out_is_told(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("company"), {**company.fields("company"), "brand_color": "#ffe14d"})
    assert "hard to see" in company.read("company")


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10">'
    b'<rect width="40" height="10" fill="#12464f"/></svg>'
)


def test_a_logo_is_uploaded_shown_and_removed(company: Company) -> None:  # noqa: F811
    answer = company.client.post(company.at("company/logo"), {"picture": SimpleUploadedFile("logo.svg", SVG)})
    assert answer.status_code == 303, answer.content.decode()
    name = company.settings()["logo"]
    picture = company.client.get(company.at(f"company/logo/{name}.png"))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert f"{name}.png" in company.read("company")
    assert company.client.post(company.at("company/logo/remove")).status_code == 303
    assert company.settings()["logo"] == ""


def test_a_file_that_is_no_picture_is_refused_at_the_field(company: Company) -> None:  # noqa: F811
    answer = company.client.post(
        company.at("company/logo"), {"picture": SimpleUploadedFile("x.png", b"no picture")}
    )
    assert answer.status_code == 422
    assert "id_picture_error" in answer.content.decode()


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_letter_is_previewed_as_it_would_be_sent(company: Company, kind: str) -> None:  # noqa: F811
    page = company.read(f"letters/{kind}?language=nb")
    assert escape(NAMES[kind]()) in page
    body = company.client.get(company.at(f"letters/{kind}/nb"))
    assert body.status_code == 200
    assert "sandbox" in body["Content-Security-Policy"]
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert 'lang="nb"' in body.content.decode()


def test_a_letter_is_sent_to_oneself_marked_as_a_test(company: Company) -> None:  # noqa: F811
    assert company.client.post(company.at("letters/receipt/fi/send")).status_code == 303
    rows = company.rows(
        "SELECT recipient, language, status, subject FROM message WHERE account_id = %s AND object_id = 0"
    )
    ((recipient, language, status, subject),) = rows
    assert (recipient, language, status) == (company.user.email, "fi", "queued")
    assert subject
    assert len(company.events("message.tried")) == 1


def test_a_letter_that_is_not_there_is_not_found(company: Company) -> None:  # noqa: F811
    for path in ("letters/love", "letters/receipt/se", "letters/receipt?language=se"):
        assert company.client.get(company.at(path)).status_code == 404


def test_a_new_subscription_begins_with_what_the_account_set(company: Company) -> None:  # noqa: F811
    fields = {
        **company.fields("subscriptions"),
        "net_terms_days": "21",
        "invoice_comments": "Takk for handelen!",
    }
    del fields["email_invoices"]
    assert company.client.post(company.at("subscriptions"), fields).status_code == 303
    wizard = company.client.get(f"/{company.ctx.id}/create/subscription").content.decode()
    assert "Takk for handelen!" in wizard
    assert 'value="21"' in wizard
    assert not re.search(r'name="email_invoices"[^>]*checked', wizard)


def test_how_new_subscriptions_are_paid_begins_with_what_the_account_set(company: Company) -> None:  # noqa: F811
    fields = {
        **company.fields("payments"),
        "accepted_methods": ["credit_or_debit_card", "sepa"],
        "collect_shipping_address": "on",
    }
    del fields["payment_links"]
    assert company.client.post(company.at("payments"), fields).status_code == 303
    assert company.settings()["accepted_methods"] == ("credit_or_debit_card", "sepa")
    wizard = company.client.get(f"/{company.ctx.id}/create/subscription").content.decode()
    chosen = re.findall(r'name="(accepted|collect)" value="(\w+)"[^>]*checked', wizard)
    assert chosen == [
        ("accepted", "credit_or_debit_card"),
        ("accepted", "sepa"),
        ("collect", "shipping_address"),
    ]
    assert not re.search(r'name="online_payment"[^>]*checked', wizard)


@pytest.mark.parametrize("sent", [[], ["shells"]])
def test_at_least_one_payment_method_that_there_is_has_to_be_accepted(
    company: Company,  # noqa: F811
    sent: list[str],
) -> None:
    fields = {**company.fields("payments"), "accepted_methods": sent}
    answer = company.client.post(company.at("payments"), fields)
    assert answer.status_code == 422
    assert 'id="id_accepted_methods_error"' in answer.content.decode()
