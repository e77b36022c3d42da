"""Quotes: made of a deal, locked once they are published, approved where the account wants that, taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace

import pytest

from kalends.sales.quote_course import approve, archive_quotes, publish, recall, reject
from kalends.sales.quote_letters import send_quote
from kalends.sales.quote_versions import pdf_of, version_of_key
from kalends.sales.quotes import QuoteRefused, make_quote
from kalends.sales.trouble import Refused
from tests.business.sales.quoting import MONTHLY, ONCE, Desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_quote_copies_the_lines_of_its_deal_with_numbers_of_their_own(desk: Desk) -> None:
    deal = desk.deal(MONTHLY, ONCE)
    quote = make_quote(desk.world.db, desk.world.ctx, deal)
    lines = "SELECT id, name FROM line_item WHERE parent_type = %s AND parent_id = %s ORDER BY position"
    of_deal, of_quote = desk.world.rows(lines, "deal", deal), desk.world.rows(lines, "quote", quote)
    assert [name for _id, name in of_quote] == ["Fleet Core", "Setup"]
    assert not {id_ for id_, _name in of_quote} & {id_ for id_, _name in of_deal}


def test_quote_is_in_the_currency_of_its_deal_and_expires_after_the_days_of_the_account(desk: Desk) -> None:
    deal = desk.deal(MONTHLY, currency="NOK")
    found = desk.read(make_quote(desk.world.db, desk.world.ctx, deal))
    assert found.currency == "NOK"
    assert found.expiration_date == desk.world.ctx.today + dt.timedelta(days=30)


def test_same_request_makes_one_quote(desk: Desk) -> None:
    deal = desk.deal(MONTHLY)
    made = {make_quote(desk.world.db, desk.world.ctx, deal, request_key="one") for _ in range(2)}
    assert len(made) == 1


def test_quote_without_a_name_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="title"):
        desk.quote(title=" ")


@pytest.mark.parametrize("lacks", ["no_contact", "no_line"])
def test_quote_that_lacks_something_is_not_published(desk: Desk, lacks: str) -> None:
    deal = desk.deal(
        *(() if lacks == "no_line" else (MONTHLY,)), contact=0 if lacks == "no_contact" else None
    )
    quote = make_quote(desk.world.db, desk.world.ctx, deal)
    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == lacks
    assert desk.read(quote).status == "DRAFT"


def test_published_quote_is_kept_word_for_word(desk: Desk) -> None:
    quote = desk.published()
    version = desk.version(quote)
    assert version.number == 1
    assert hashlib.sha256(version.document.encode()).hexdigest() == version.document_hash
    pdf = pdf_of(desk.world.db, desk.world.ctx, version.id)
    assert hashlib.sha256(pdf).hexdigest() == version.pdf_hash
    assert pdf.startswith(b"%PDF")
    assert version_of_key(desk.world.db, desk.world.ctx, desk.read(quote).public_key).id == version.id


def test_published_quote_is_locked(desk: Desk) -> None:
    quote = desk.published()
    with pytest.raises(QuoteRefused) as refused:
        desk.edit(quote, title="Other")
    assert refused.value.code == "published"


def test_quote_that_was_taken_back_is_another_version_at_another_address(desk: Desk) -> None:
    quote = desk.published()
    first = desk.version(quote)
    recall(desk.world.db, desk.world.ctx, quote)
    assert desk.read(quote).status == "DRAFT"
    desk.edit(quote, title="Better")
    publish(desk.world.db, desk.world.ctx, quote)
    second = desk.version(quote)
    assert (second.number, second.public_key != first.public_key) == (2, True)
    assert version_of_key(desk.world.db, desk.world.ctx, first.public_key).withdrawn_at is not None
    assert second.document_hash != first.document_hash


def test_account_that_wants_approval_gets_it_before_anything_is_published(desk: Desk) -> None:
    world = desk.world
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, quotes_need_approval=True))
    quote = desk.published()
    assert desk.read(quote).status == "PENDING_APPROVAL"
    with pytest.raises(AssertionError):
        desk.version(quote)
    approve(world.db, world.ctx, quote)
    assert desk.read(quote).status == "APPROVED"
    assert desk.version(quote).number == 1
    assert [each for each in desk.kinds(quote) if "appro" in each] == [
        "quote.approval_requested",
        "quote.approved",
    ]


def test_rejected_quote_says_why_and_can_be_handed_in_again(desk: Desk) -> None:
    world = desk.world
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, quotes_need_approval=True))
    quote = desk.published()
    with pytest.raises(QuoteRefused):
        reject(world.db, world.ctx, quote, "  ")
    reject(world.db, world.ctx, quote, "Too cheap")
    assert (desk.read(quote).status, desk.read(quote).rejection) == ("REJECTED", "Too cheap")
    desk.edit(quote, title="Dearer")
    assert (desk.read(quote).status, desk.read(quote).rejection) == ("DRAFT", None)


def test_expired_quote_is_not_published(desk: Desk) -> None:
    quote = desk.quote(expiration_date=desk.world.ctx.today - dt.timedelta(days=1))
    with pytest.raises(QuoteRefused) as refused:
        publish(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "expired"


def test_quote_is_sent_once_a_day(desk: Desk) -> None:
    quote = desk.published()
    email = send_quote(desk.world.db, desk.world.ctx, quote)
    assert desk.world.letters("quote_sent") == [("quote_sent", email)]
    with pytest.raises(QuoteRefused):
        send_quote(desk.world.db, desk.world.ctx, quote)


def test_draft_is_not_sent(desk: Desk) -> None:
    with pytest.raises(QuoteRefused) as refused:
        send_quote(desk.world.db, desk.world.ctx, desk.quote())
    assert refused.value.code == "not_published"


def test_archived_quote_is_closed(desk: Desk) -> None:
    quote = desk.published()
    assert archive_quotes(desk.world.db, desk.world.ctx, [quote]) == 1
    with pytest.raises(LookupError):
        recall(desk.world.db, desk.world.ctx, quote)
