"""The lists of all objects: one engine, the catalogue's columns, previews, counts that say when they are estimates."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.db import connection, transaction
from django.test import Client

from kalends.accounts.context import AccountContext
from kalends.catalog import OBJECTS
from kalends.crm.properties import create_property
from kalends.crm.property_terms import Choice, Definition
from kalends.query import Context, Filter, Sql, parse
from kalends.staff.index import counts, pages
from kalends.staff.index.counts import Count, count
from kalends.staff.objects import PAGES
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import CUSTOMERS, Stage, give_place, new_user

SLUGS = [page.slug for page in PAGES.values()]


def _page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode()).replace("\xa0", " ")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_object_has_its_list_with_its_standard_views_and_filters(
    client: Client, stage: Stage, slug: str
) -> None:
    about = next(page for page in PAGES.values() if page.slug == slug)
    page = _page(client, f"/{stage.ctx.id}/{slug}")
    tabs = re.findall(r'id="tab-(\w+)"', page)
    assert tabs == [view.key for view in about.views]
    for tab in tabs:
        assert "It was left out" not in _page(client, f"/{stage.ctx.id}/{slug}?view={tab}")
    assert re.findall(r'id="quick-(\w+)"', page) == [quick.word for quick in about.quick]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_property_can_be_a_column_and_sort(client: Client, stage: Stage, slug: str) -> None:
    about = next(page for page in PAGES.values() if page.slug == slug)
    names = [prop.name for prop in about.object.properties if prop.name != about.title]
    for start in range(0, len(names), 40):
        part = names[start : start + 40]
        page = _page(client, f"/{stage.ctx.id}/{slug}?cols={','.join(part)}&sort=-{part[0]}")
        assert "It was left out" not in page
        if "<table" in page:
            assert re.findall(r'data-column="(\w+)"', page) == [about.title, *part]


@pytest.mark.parametrize("slug", ["subscriptions", "invoices", "payments", "contacts", "companies"])
def test_the_preview_says_what_is_asked_for_most_and_leads_to_the_record(
    client: Client, stage: Stage, slug: str
) -> None:
    base = f"/{stage.ctx.id}/{slug}"
    id_ = re.findall(r'data-id="(\d+)"', _page(client, base))[0]
    panel = _page(client, f"{base}/{id_}/panel")
    assert f'data-previewed="{id_}"' in panel
    assert f'href="{base}/{id_}">Open record' in panel
    assert "<dt>" in panel
    assert client.get(f"{base}/1/panel").status_code == 404


def test_standard_views_of_invoices_and_payments_hold_what_they_say(client: Client, stage: Stage) -> None:
    overdue = _page(client, f"/{stage.ctx.id}/invoices?view=overdue&rows=100")
    statuses = re.findall(r'<td role="cell" class="c-status"><span class="badge" data-s="(\w+)"', overdue)
    assert statuses
    assert set(statuses) == {"overdue"}
    assert "days late" in overdue
    failed = _page(client, f"/{stage.ctx.id}/payments?view=failed")
    assert set(re.findall(r'class="badge" data-s="(\w+)"><svg[^>]*><use[^>]*/></svg>Failed', failed)) == {
        "failed"
    }
    drafts = _page(client, f"/{stage.ctx.id}/invoices?view=drafts")
    assert "No invoices yet" in drafts or "Nothing matches" in drafts


@pytest.mark.parametrize("slug", ["invoices", "payments"])
def test_below_each_invoice_and_payment_stands_who_pays(client: Client, stage: Stage, slug: str) -> None:
    page = _page(client, f"/{stage.ctx.id}/{slug}")
    under = re.findall(r'<span class="name"><a [^>]*>[^<]+</a><small class="truncate">([^<]+)</small>', page)
    assert len(under) == 25
    assert set(under) <= {company for company, *_rest in CUSTOMERS}


def test_a_stretch_of_days_can_be_chosen_freely(client: Client, stage: Stage) -> None:
    found = _page(client, f"{stage.index}?due-from=2026-07-01&due-to=2026-07-02&rows=100")
    assert "1 Jul 2026 – 2 Jul 2026" in found  # noqa: RUF001
    days = set(re.findall(r"<time>(\d+ Jul 2026)</time><span class=\"rel", found))
    assert days == {"1 Jul 2026"}
    assert "Next 7 days" in _page(client, f"{stage.index}?due=next_7_days")
    assert "It was left out: next_0_days" in _page(client, f"{stage.index}?due=next_0_days")


def test_me_is_whoever_looks(client: Client, stage: Stage, db: AnyConnection, sign_in: SignIn) -> None:
    other = new_user("Henrik Aas")
    give_place(db, other, stage.ctx.id)
    address = f"/{stage.ctx.id}/invoices?owner=me"
    assert "data-row-link" not in _page(sign_in(other), address)
    assert re.search(r"Invoice owner <b[^>]*>Me</b>", _page(client, address))


def test_columns_widths_and_frozen_columns_stand_in_the_address(client: Client, stage: Stage) -> None:
    address = f"{stage.index}?cols=hs_mrr:140,hs_status,hs_color,hs_arr:9,hs_mrr&frozen=2"
    page = _page(client, address)
    assert 'data-frozen="2"' in page
    assert re.findall(r'data-column="(\w+)"(?: data-width="(\d+)")?', page) == [
        ("hs_name", ""),
        ("hs_mrr", "140"),
        ("hs_status", ""),
        ("hs_arr", "60"),
    ]
    assert "It was left out: hs_color" in page


def test_the_chooser_keeps_the_order_and_gives_back_the_products_columns(
    client: Client, stage: Stage
) -> None:
    chosen = client.get(
        f"{stage.index}/columns/apply?col=hs_mrr&col=hs_status&width-hs_status=200&freeze=0&status=active"
    )
    assert chosen["Location"] == f"{stage.index}?status=active&cols=hs_mrr,hs_status:200&frozen=0"
    every = "&".join(f"col={name}" for name in PAGES["subscription"].columns)
    assert client.get(f"{stage.index}/columns/apply?{every}")["Location"] == stage.index
    listed = re.findall(
        r'name="col" value="(\w+)"( checked)?', _page(client, f"{stage.index}/columns?cols=hs_mrr")
    )
    assert listed[0] == ("hs_mrr", " checked")
    assert {mark for _, mark in listed[1:]} == {""}
    assert "hs_name" not in dict(listed)


def test_for_htmx_the_list_answers_with_its_inside_alone(client: Client, stage: Stage) -> None:
    response = client.get(f"{stage.index}?q=depot", headers={"HX-Request": "true", "HX-Target": "results"})
    inside = response.content.decode()
    assert "<html" not in inside
    assert 'id="results"' in inside
    assert response["HX-Replace-Url"] == f"{stage.index}?q=depot"
    assert "HX-Request" in response["Vary"]


def test_whoever_may_not_see_an_objects_records_has_no_list_of_them(
    db: AnyConnection, account: AccountContext, sign_in: SignIn
) -> None:
    user = new_user("Selma Sund")
    give_place(db, user, account.id)
    grants = json.dumps({"objects": {"contact": {"view": "all"}}})
    role = db.execute(
        "INSERT INTO role (account_id, id, name, grants, created_at, updated_at) "
        "VALUES (%s, nextval('record_id'), 'Contacts only', %s, %s, %s) RETURNING id",
        [account.id, grants, account.now, account.now],
    ).fetchone()
    assert role
    db.execute(
        "UPDATE membership SET role_id = %s WHERE account_id = %s AND user_id = %s",
        [role[0], account.id, user.id],
    )
    client = sign_in(user)
    assert client.get(f"/{account.id}/contacts").status_code == 200
    for part in ("", "/counts", "/filters", "/columns", "/views/new", "/1/panel", "/bulk/assign"):
        assert client.get(f"/{account.id}/subscriptions{part}").status_code == 403, part
    assert client.post(f"/{account.id}/subscriptions/views/new", {"name": "x"}).status_code == 403


def test_an_accounts_own_properties_are_columns_filters_and_quick_to_find(
    db: AnyConnection, account: AccountContext, sign_in: SignIn
) -> None:
    user = new_user()
    give_place(db, user, account.id)
    sizes = (Choice("s", "Small"), Choice("l", "Large"))
    wanted = Definition(
        name="shoe_size",
        label="Shoe size",
        type="enumeration",
        field_type="select",
        group="contactinformation",
        options=sizes,
    )
    create_property(db, account, OBJECTS["contact"], wanted)
    client = sign_in(user)
    assert "Shoe size" in _page(client, f"/{account.id}/contacts/columns")
    assert "add:0:shoe_size" in _page(client, f"/{account.id}/contacts/filters?draft=1&do=pick:0")
    row = _page(client, f"/{account.id}/contacts/filters?draft=1&g0=0&p0=shoe_size&o0=is_any_of&v0=s")
    assert re.search(r'value="s" checked', row)
    assert "add:0:contact.shoe_size" in _page(
        client, f"/{account.id}/subscriptions/filters?draft=1&do=pick:0"
    )
    row = _page(
        client, f"/{account.id}/subscriptions/filters?draft=1&g0=0&p0=contact.shoe_size&o0=is_any_of&v0=s"
    )
    assert re.search(r'value="s" checked', row)


# ---- counts


def _counted(stage: Stage, wanted: Filter, rows: int = 40) -> Count:
    ctx = stage.ctx
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(ctx.id)])
        asking = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)
        return count(cursor, OBJECTS["subscription"], wanted, asking, rows=rows)  # type: ignore[arg-type]


@pytest.fixture
def large(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables count as large, and few records as many."""
    monkeypatch.setattr(counts, "LARGE", 0)
    monkeypatch.setattr(counts, "EXACT_MAX", 10)
    monkeypatch.setattr(pages, "rows_of", lambda cursor, obj: 40)


def test_a_small_list_is_counted(stage: Stage) -> None:
    assert _counted(stage, Filter()) == Count(40)


def test_of_a_large_table_few_records_are_counted_and_many_are_estimated(stage: Stage, large: None) -> None:
    unpaid = {"property": "hs_status", "operator": "is_any_of", "values": ["unpaid"]}
    assert _counted(stage, parse(OBJECTS["subscription"], {"groups": [[unpaid]]})) == Count(1)
    estimate = _counted(stage, Filter())
    assert not estimate.is_exact
    assert estimate.number == 40
    assert estimate.text == "about 40"


def test_counting_that_takes_too_long_becomes_an_estimate(
    stage: Stage, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = counts.compile_filter

    def slower(*args: object, **named: object) -> Sql:
        sql = slow(*args, **named)  # type: ignore[arg-type]
        waits = "(current_setting('statement_timeout') = '0' OR pg_sleep(5) IS NOT NULL)"
        return Sql(f"{sql.text} AND {waits}", sql.params)

    monkeypatch.setattr(counts, "compile_filter", slower)
    assert not _counted(stage, Filter()).is_exact


def test_a_large_list_brings_its_counts_and_its_strip_afterwards(
    client: Client, stage: Stage, large: None
) -> None:
    page = _page(client, stage.index)
    assert f'hx-get="{stage.index}/counts?"' in page
    assert f'hx-get="{stage.index}/strip?"' in page
    assert "Counting …" in page
    later = _page(client, f"{stage.index}/counts")
    assert "about 40 subscriptions" in later
    assert re.search(r'id="tab-unpaid" hx-swap-oob="true".*?<span class="count">1</span>', later)
    assert "Falling due in June 2026" in _page(client, f"{stage.index}/strip")


def test_a_search_in_a_large_list_reads_its_newest_records_and_says_so(
    client: Client, stage: Stage, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "NEWEST", 2)
    main = stage.record("main")
    number = main.rpartition("/")[2]
    email = re.search(r"[\w.]+@customers\.test", _page(client, main))
    assert email
    for words in (number, email[0]):
        assert f'href="{main}"' in _page(client, f"{stage.index}?q={words}"), words
    invoices = f"/{stage.ctx.id}/invoices"
    assert "INV-1001<" in _page(client, f"{invoices}?q=inv-1001")
    assert "1 invoice<" in _page(client, f"{invoices}/counts?q=inv-1001")
    middle = _page(client, f"{invoices}?q=NV-1001")
    assert "Nothing matches" in middle
    assert "words are looked for in the newest 2." in middle
    assert "in the newest" not in _page(client, invoices)


NONSENSE = (
    "\x00",
    "-",
    "--",
    "0",
    "-1",
    "9" * 30,
    "é'\";--",
    "..",
    "0001-01-01..9999-12-31",
    "9999-12-31..",
    "last_9999_days",
    "{}",
    "[[[]]]",
    "%",
    "a" * 3000,
    ",,:,",
    "hs_mrr:-5",
    "me",
)
WORDS = ("view f cols frozen sort q rows after before start day month currency status due owner stage created "
         "close date method frequency type due-from").split()  # fmt: skip


AROUND = ("view", "month", "currency", "q")
"""Words that what stands around a list is about as well; of others its inside alone is asked, as the page does."""


@pytest.mark.parametrize("word", WORDS)
def test_no_address_makes_a_list_fail(client: Client, stage: Stage, word: str) -> None:
    """Every value in subscriptions; in other lists each word has some.

    What is made of such values by chance is the business of ``tests/fuzz``.
    """
    inside, place = {"HX-Request": "true", "HX-Target": "results"}, WORDS.index(word)
    some = {"deals": NONSENSE[place % 3 :: 3], "payments": NONSENSE[(place + 1) % 3 :: 3]}
    for slug, values in {"subscriptions": NONSENSE, **some}.items():
        headers = {} if slug == "subscriptions" and word in AROUND else inside
        for value in values:
            response = client.get(f"/{stage.ctx.id}/{slug}", {word: value}, headers=headers)
            assert response.status_code in (200, 302), (slug, value)


FILTERING = ("do", "p0", "g0", "o0", "v0")
FIELDS = {
    "filters": FILTERING,
    "filters/apply": FILTERING,
    "columns/apply": ("col", "freeze", "width-hs_mrr"),
    "bulk/edit": ("id", "all", "property", "value"),
}


@pytest.mark.parametrize("part", FIELDS)
def test_no_form_of_a_list_fails(client: Client, stage: Stage, part: str) -> None:
    for value in NONSENSE:
        for field in FIELDS[part]:
            words = {"draft": "1", "p0": "hs_mrr", "o0": "greater", "v0": "1", field: value}
            response = client.get(f"{stage.index}/{part}", words)
            assert response.status_code in (200, 302), (field, value)


def test_a_number_that_no_record_can_have_is_not_found(client: Client, stage: Stage) -> None:
    assert client.get(f"{stage.index}/{9**30}/panel").status_code == 404
