"""The page of an invoice: its words in three languages, its amounts, its paper, and the PDF that is made of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from kalends.documents.invoice import InvoiceDocument, Party, read_invoice
from kalends.documents.samples import sample_invoice
from kalends.documents.sheet import sheet
from kalends.documents.typeset import CannotTypeset, pdf, typeset
from kalends.messages.letters.formats import LANGUAGES
from kalends.platform.translations import compile_translations
from tests.world import World

SPACE, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
A4, LETTER = (595, 842), (612, 792)


@pytest.fixture(scope="module", autouse=True)
def _compiled_translations() -> None:
    """As ``./kalends`` does before anything else."""
    compile_translations()


def opened(content: bytes) -> PdfReader:
    return PdfReader(BytesIO(content))


def words(content: bytes) -> str:
    """What stands on the pages, with single plain spaces."""
    return " ".join(" ".join(page.extract_text() for page in opened(content).pages).split())


def size(content: bytes) -> tuple[int, int]:
    box = opened(content).pages[0].mediabox
    return round(box.width), round(box.height)


def sums(document: InvoiceDocument) -> list[tuple[str, str]]:
    return [
        (row["label"].replace(SPACE, " "), row["value"].replace(SPACE, " "))
        for row in sheet(document)["sums"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_on_the_sheet_stands_on_the_page_in_the_customers_language(language: str) -> None:
    document = sample_invoice(language)
    text, page = words(pdf(document)), sheet(document)
    for said in (
        page["title"], page["badge"], page["seller"]["name"], page["buyer"]["name"], *page["buyer"]["lines"],
        *page["columns"], *page["payment"], *page["footer"],
        *(fact for facts in page["facts"] for fact in facts),
        *(cell for line in page["lines"] for cell in (line["name"], *line["details"], *line["cells"])),
        *(told for row in page["sums"] for told in (row["label"], row["value"])),
    ):  # fmt: skip
        assert " ".join(said.split()) in text, said
    titles = {"en": "Invoice", "nb": "Faktura", "fi": "Lasku"}
    assert page["title"] == titles[language]
    assert opened(pdf(document)).trailer["/Root"]["/Lang"].startswith(language)


def test_an_invoice_from_the_books_has_their_amounts_on_its_page(world: World) -> None:
    subscription = world.subscribe(world.customer(country="GB"), "19.99", tax="25", net_terms_days=15)
    world.until("2026-01-01")
    id_, total, tax = world.invoices(subscription, "id", "total_minor", "tax_minor")[0]
    document = read_invoice(world.db, world.ctx, id_)
    text = words(pdf(document))
    assert (total, tax) == (2499, 500)
    for said in ("19.99", "Tax 25 % of 19.99 5.00", "To pay 24.99 EUR", "Please pay by 16 Jan 2026"):
        assert said in text
    assert "This is a test. No real money is moved." in text


def test_equal_invoices_give_equal_bytes_and_dates_are_those_of_the_invoice() -> None:
    document = sample_invoice("en")
    first = pdf(document)
    assert first == pdf(sample_invoice("en"))
    assert first != pdf(replace(document, number="INV-2"))
    details = opened(first).metadata
    assert details is not None
    assert details.creation_date == details.modification_date == document.issued_at
    assert details.title == "Invoice INV-2026-1102 from Skarv Software AS"


def test_an_invoice_issued_between_two_seconds_is_dated_to_the_second() -> None:
    document = sample_invoice("en")
    between = document.issued_at.replace(microsecond=285_001)
    details = opened(pdf(replace(document, issued_at=between))).metadata
    assert details is not None
    assert details.creation_date == between.replace(microsecond=0)


def test_the_page_is_tagged_and_says_that_it_can_be_kept_and_read_aloud() -> None:
    root: Any = opened(pdf(sample_invoice("en"))).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    told = root["/Metadata"].get_data().decode()
    assert "pdfuaid" in told
    assert "pdfaid" in told


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (11, 1), (20, 2), (40, 3)])
def test_one_page_when_it_fits_and_the_columns_head_each_page(count: int, pages: int) -> None:
    document = sample_invoice("en")
    content = pdf(replace(document, lines=document.lines[:1] * count))
    read = opened(content)
    assert len(read.pages) == pages
    for number, page in enumerate(read.pages, 1):
        assert "Description" in page.extract_text()
        assert f"Page {number} of {pages}" in page.extract_text()


@pytest.mark.parametrize(
    ("country", "paper"), [("US", LETTER), ("CA", LETTER), ("MX", LETTER), ("NO", A4), ("GB", A4), ("Oz", A4)]
)
def test_the_paper_is_that_of_the_buyers_country(country: str, paper: tuple[int, int]) -> None:
    assert size(pdf(replace(sample_invoice("en"), buyer=Party("Buyer", country=country)))) == paper


def test_without_a_country_the_paper_is_that_of_the_seller() -> None:
    document = replace(sample_invoice("en"), buyer=Party("Buyer"), seller=Party("Seller", country="US"))
    assert size(pdf(document)) == LETTER


def test_sums_go_from_the_net_to_what_is_to_be_paid() -> None:
    assert sums(sample_invoice("en")) == [
        ("Net amount", "29,982.00"),
        ("VAT 25 % of 29,982.00", "7,495.50"),
        ("To pay", "37,477.50 NOK"),
    ]


def test_what_is_paid_or_credited_leads_from_the_total_to_what_is_left() -> None:
    document = replace(sample_invoice("en"), paid_minor=1000000, credited_minor=47750)
    assert sums(document)[-4:] == [
        ("Total", "37,477.50"),
        ("Paid", f"{MINUS}10,000.00"),
        ("Credited", f"{MINUS}477.50"),
        ("To pay", "27,000.00 NOK"),
    ]


def test_prices_with_their_tax_are_told_so_and_the_tax_comes_last() -> None:
    document = sample_invoice("en")
    lines = tuple(line._replace(tax_inclusive=True) for line in document.lines)
    included = replace(document, lines=lines)
    assert [line["cells"][-1] for line in sheet(included)["lines"]] == ["32,602.50", "4,875.00"]
    assert sums(included) == [
        ("To pay", "37,477.50 NOK"),
        ("of which VAT 25 % of 29,982.00", "7,495.50"),
    ]
    mixed = replace(document, lines=(lines[0], document.lines[1]))
    assert "the unit price includes the tax" in sheet(mixed)["lines"][0]["details"][-1]
    assert sums(mixed) == sums(document)


def test_fees_and_their_tax_have_rows_of_their_own() -> None:
    document = replace(sample_invoice("en"), fees_minor=10000, tax_minor=752050, total_minor=3760250)
    assert [label for label, _ in sums(document)] == [
        "Net amount", "Fees", "Tax on fees", "VAT 25 % of 29,982.00", "To pay",
    ]  # fmt: skip
    assert sums(document)[2] == ("Tax on fees", "25.00")


def test_without_taxes_there_is_no_column_and_no_row_for_them() -> None:
    document = sample_invoice("en")
    lines = tuple(
        line._replace(tax_rate=Decimal(0), tax_minor=0, total_minor=line.net_minor) for line in document.lines
    )
    free = replace(document, lines=lines, tax_minor=0, total_minor=2998200)
    assert sheet(free)["columns"] == ["Description", "Quantity", "Unit price", "Amount, NOK"]
    assert sums(free) == [("To pay", "29,982.00 NOK")]


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({}, "Please pay by 15 Dec 2026"),
        ({"due_date": dt.date(2026, 11, 15)}, "Please pay on receipt"),
        ({"automatic": True}, "Paid by itself"),
        ({"status": "paid", "paid_minor": 3747750}, "Paid"),
        ({"status": "paid", "credited_minor": 3747750}, "Credited"),
        ({"status": "paid", "paid_minor": 1, "credited_minor": 3747749}, "Paid"),
        ({"status": "paid", "total_minor": 0}, "Nothing to pay"),
        ({"status": "voided"}, "Voided"),
        ({"status": "draft"}, "Draft"),
    ],
)
def test_the_badge_says_what_is_to_be_done(changes: dict[str, Any], badge: str) -> None:
    assert sheet(replace(sample_invoice("en"), **changes))["badge"] == badge


@pytest.mark.parametrize("status", ["paid", "voided", "draft"])
def test_nothing_is_asked_for_where_nothing_is_to_be_paid(status: str) -> None:
    paid = 3747750 if status == "paid" else 0
    page = sheet(replace(sample_invoice("en"), status=status, paid_minor=paid))
    assert page["payment"] == []
    assert ("Total" in [row["label"] for row in page["sums"]]) is True


def test_a_discount_on_the_whole_order_is_told_though_the_amounts_hold_it_already() -> None:
    page = sheet(replace(sample_invoice("en"), order_discount_minor=5000))
    assert f"A discount of 50.00{SPACE}NOK on the whole order is taken off" in page["payment"][0]


def test_a_page_to_pay_at_becomes_a_link_and_a_code() -> None:
    address = "https://pay.example/i/1102"
    content = pdf(replace(sample_invoice("en"), pay_page=address))
    links = [note.get_object()["/A"]["/URI"] for note in opened(content).pages[0]["/Annots"]]  # type: ignore[union-attr]
    assert links == [address]
    assert "Pay online" in words(content)
    assert "Pay online" not in words(pdf(sample_invoice("en")))


def test_notes_and_an_order_number_stand_on_the_page_line_by_line() -> None:
    text = words(pdf(replace(sample_invoice("nb"), notes="Første\nAndre", purchase_order="PO-7")))
    assert "Merknader Første Andre" in text
    assert "Deres ordrenr. PO-7" in text


@pytest.mark.parametrize(
    "name", ["x" * 200, "Иван Νίκος", "עברית", "中村", "😀", "a\0b\tc", "#panic() $x$ *b* \\", "<script>", ""]
)
def test_no_name_keeps_an_invoice_from_being_made(name: str) -> None:
    document = replace(sample_invoice("en"), buyer=Party(name, country="GB"), notes=name)
    assert len(opened(pdf(document)).pages) == 1


def test_markup_in_a_name_is_only_letters() -> None:
    text = words(pdf(replace(sample_invoice("en"), buyer=Party("#panic() *b* $x$"))))
    assert "#panic() *b* $x$" in text


def test_a_long_word_is_broken_instead_of_running_into_the_next_column() -> None:
    document = sample_invoice("en")
    page = sheet(replace(document, lines=(document.lines[0]._replace(name="y" * 100),)))
    assert max(len(part) for part in page["lines"][0]["name"].split("\N{ZERO WIDTH SPACE}")) <= 28


def test_a_page_that_cannot_be_laid_out_says_so() -> None:
    with pytest.raises(CannotTypeset, match="cannot be laid out"):
        typeset({**sheet(sample_invoice("en")), "color": "no color"})
