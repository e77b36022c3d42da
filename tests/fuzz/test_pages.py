"""Every page and every form, with words in their addresses and values in their fields that nobody foresaw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt
from kalends.accounts.sql import enter_account
from tests.fuzz.company import Company, SentForm, forms_of, open_company, patterns, vocabulary
from tests.fuzz.making import often, spoiled, words
from tests.fuzz.rows import rows_of

PATTERNS = patterns()
VOCABULARY = vocabulary()
OF_STAFF = [each for each in PATTERNS if each.startswith("<int:account_id>")]
OF_BUYERS = [
    each for each in PATTERNS if not each.startswith("<int:account_id>") and not each.startswith("sandbox")
]
LEAVING = re.compile(
    r"sign-out|/delete$|/remove$|/archive$|portal/.*/sign-out|billing/(run|rehearse)|/clock|setup$|you/"
)
"""What would end the visit, or take away what the others need, or run for long: looked at, and not pressed."""
KEPT_ANYWAY = {"checkout"}
"""What a buyer began is kept while they correct what was wrong."""
_PLACE = re.compile(r"<(\w+):(\w+)>")


@pytest.fixture(scope="module")
def company(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    with django_db_blocker.unblock(), open_company() as made:
        yield made


@pytest.fixture(autouse=True)
def _pages(company: Company, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


KNOWN_WORDS = ("edit", "archive", "contact", "deal", "all", "monthly", "EUR", "receipt", "en", "hs_name", "email",
               "default", "appointmentscheduled", "mrr", "invoice_issued", "1", "status", "hs_status",
               "subscription")  # fmt: skip


@st.composite
def addresses(draw: st.DrawFn, company: Company, known: list[str]) -> str:
    """An address of ours, most of whose places name something that is there."""
    pattern = draw(st.sampled_from(known))
    slug = pattern.split("/")[1] if "/" in pattern else ""

    def fill(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if name == "account_id":
            return str(company.world.ctx.id)
        if draw(st.integers(0, 12)) == 0 and kind != "uuid":
            return draw(words).replace("/", "").replace("?", "").replace("#", "") or "0"
        if kind == "int":
            own = company.ids.get(slug) or [number for numbers in company.ids.values() for number in numbers]
            if name != "id":
                own = [number for numbers in company.ids.values() for number in numbers]
            return draw(st.sampled_from(own))
        if kind == "uuid":
            return "0f8fad5b-d9cb-469f-a165-70867728950e"
        return draw(st.sampled_from(KNOWN_WORDS))

    return "/" + _PLACE.sub(fill, pattern)


def sent_values(there: list[str], now: str = "") -> st.SearchStrategy[str]:
    """What a field is sent with."""
    right = st.sampled_from([*there, now, "1", "12.50", "2026-03-01", "09:00", "kari@example.com", "true", "on",
                             "contact",
                             "hs_name", "100", "monthly", "NO", "EUR"])  # fmt: skip
    return st.one_of(spoiled(right), right).map(lambda text: text.encode("utf-8", "replace").decode())


def ask(client: Client, company: Company, method: str, address: str, fields: Any, **headers: Any) -> Any:
    """An answer that is no failure of ours; where it is a refusal, nothing has changed."""
    path, _, query = address.partition("?")
    sent = path.replace("\x00", "%00").encode("utf-8", "replace").decode()
    before = rows_of(company.world.db, company.world.ctx.id) if method == "post" else {}
    if method == "post":
        answer = client.post(sent + (f"?{query}" if query else ""), fields, **headers)
    else:
        answer = client.get(sent, fields, **headers)
    assert answer.status_code < 500, (address, fields)
    if method == "post" and answer.status_code in (400, 403, 404, 405, 422):
        enter_account(company.world.db, company.world.ctx.id)
        after = rows_of(company.world.db, company.world.ctx.id)
        changed = {name for name, count in after.items() if count != before[name]}
        assert changed <= KEPT_ANYWAY, (address, fields, answer.status_code, changed)
    return answer


@often(21)
@given(data=st.data())
def test_no_words_of_an_address_make_a_page_fail(data: st.DataObject, company: Company) -> None:
    address = data.draw(addresses(company, OF_STAFF))
    there = [number for numbers in company.ids.values() for number in numbers]
    said = data.draw(st.dictionaries(st.sampled_from(VOCABULARY), sent_values(there), max_size=4))
    language = data.draw(st.sampled_from(("en", "nb", "fi")))
    if company.user.language != language:
        company.user.language = language
        company.user.save()
    headers = data.draw(st.sampled_from(({}, {"HTTP_HX_REQUEST": "true"})))
    ask(company.staff, company, "get", address, said, **headers)


def _spoiled_form(rnd: Random, form: SentForm, texts: list[str]) -> dict[str, list[str]]:
    """A form as a browser sends it, with some fields left out, one button pressed, and some values that are not right.

    What is drawn of a form hangs on what the database holds. So the form's own is chosen by a seed that was drawn.
    """
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        if rnd.random() > 0.15:
            sent.setdefault(name, []).append(value)
    if form.buttons and rnd.random() > 0.5:
        name, value = rnd.choice(form.buttons)
        sent[name] = [value]
    names = [name for name, _ in form.fields] or ["do"]
    for text in texts:
        sent[rnd.choice(names)] = [text]
    return sent


def _texts(company: Company) -> st.SearchStrategy[list[str]]:
    there = [number for numbers in company.ids.values() for number in numbers]
    return st.lists(sent_values(there), max_size=3)


def _forms_on(page: Any) -> list[SentForm]:
    is_page = page.status_code == 200 and "html" in page.headers.get("Content-Type", "")
    return forms_of(page.content) if is_page else []


@often(18)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_no_values_of_a_form_make_it_fail_and_what_is_refused_changes_nothing(
    data: st.DataObject, seed: int, company: Company
) -> None:
    address = data.draw(addresses(company, OF_STAFF))
    texts, said = data.draw(_texts(company)), data.draw(st.lists(st.sampled_from(VOCABULARY), max_size=3))
    client, rnd = company.staff, Random(seed)
    forms = _forms_on(ask(client, company, "get", address, {}))
    form = rnd.choice(forms) if forms else SentForm(address, "post", [(word, "") for word in said])
    action = form.action or address
    if not LEAVING.search(action.partition("?")[0]):
        method = "post" if form.method == "post" else "get"
        ask(client, company, method, action, _spoiled_form(rnd, form, texts))


@often(18)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_no_buyer_makes_a_page_fail(data: st.DataObject, seed: int, company: Company) -> None:
    SignInAttempt.objects.all().delete()
    company.world.db.execute("DELETE FROM request_count WHERE account_id = %s", [company.world.ctx.id])
    own = st.sampled_from(company.links)
    address = data.draw(st.one_of(own, spoiled(own), addresses(company, OF_BUYERS)))
    texts = data.draw(_texts(company))
    if not address.startswith("/") or LEAVING.search(address):
        return
    client, rnd = Client(), Random(seed)
    page = ask(client, company, "get", address, {})
    for _ in range(3):
        if page.status_code in (302, 303) and page["Location"].startswith("/"):
            address = page["Location"]
            page = ask(client, company, "get", address, {})
    forms = _forms_on(page)
    if forms:
        form = rnd.choice(forms)
        method = "post" if form.method == "post" else "get"
        ask(client, company, method, form.action or address, _spoiled_form(rnd, form, texts))
