"""A quote as a document: the sheet in words from which its PDF is made, and the canonical form that is hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from django.utils import translation
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.options import FREQUENCIES
from kalends.core.adjustments import DISCOUNT, Adjustments, price_quote
from kalends.core.checkout import DueLine, FutureCharge, Offer
from kalends.core.choices import OfferedLine
from kalends.core.terms import FEE, TAX
from kalends.documents.invoice import Party, seller_of
from kalends.documents.logo import read_logos
from kalends.documents.sheet import LETTER_PAPER, LineOnSheet, Sheet, Sum, breakable, party_on_sheet
from kalends.documents.typeset import typeset
from kalends.messages.letters.formats import Formats, country_code, language_of, locale_of
from kalends.sales.link_lines import SoldLine, sold_lines
from kalends.sales.quote_amounts import adjustments_of, named
from kalends.sales.quotes import Quote

Db = Connection[Any]
_BUYER = """
    SELECT c.first_name, c.last_name, c.email, o.name,
        coalesce(o.address, c.address), coalesce(o.zip, c.zip), coalesce(o.city, c.city), coalesce(o.country, c.country)
    FROM contact AS c
    LEFT JOIN company AS o ON o.account_id = c.account_id AND o.id = %s AND o.archived_at IS NULL
    WHERE c.account_id = %s AND c.id = %s AND c.archived_at IS NULL
"""


class Written(NamedTuple):
    """A document to be kept: its canonical JSON and its page, each with its hash."""

    document: str
    document_hash: str
    pdf: bytes
    pdf_hash: str


def canonical(value: Mapping[str, Any]) -> str:
    """The one text of a JSON value: keys in order, no spaces, every letter as it is.

    >>> canonical({"b": 1, "a": "ø"})
    '{"a":"ø","b":1}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(content: str | bytes) -> str:
    """The SHA-256 of a text or a file, in hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def sold_digests(lines: Sequence[SoldLine], adjustments: Adjustments) -> dict[str, str]:
    """What stands for everything that a quote sells: another price, day or name, or another discount, fee or tax, has
    another one."""
    without = adjustments == Adjustments()
    return {
        "lines": fingerprint(repr([(each.offered, each.new) for each in lines])),
        "adjustments": "" if without else fingerprint(repr(adjustments)),
    }


def is_as_shown(db: Db, ctx: AccountContext, quote_id: int, content: Mapping[str, Any]) -> bool:
    """Whether a quote still sells what the published ``content`` says."""
    sold = sold_lines(db, ctx, "quote", quote_id)
    digests = sold_digests(sold, adjustments_of(db, ctx, quote_id))
    return all(content.get(name, "") == digest for name, digest in digests.items())


def buyer_of(db: Db, ctx: AccountContext, contact_id: int, company_id: int | None) -> Party:
    """The buyer as on an envelope."""
    row = db.execute(_BUYER, [company_id, ctx.id, contact_id]).fetchone()
    assert row is not None, "a quote is written to a contact who is there"
    first, last, email, company, street, code, city, country = row
    person = " ".join(part for part in (first, last) if part)
    name = company or person or email or ""
    place = " ".join(part for part in (code, city) if part)
    return Party(
        name,
        person if person != name else "",
        tuple(line for line in (street, place) if line),
        country_code(country or "") or country or "",
        email=email if email and email != name else "",
    )


def write_document(
    db: Db,
    ctx: AccountContext,
    quote: Quote,
    number: int,
    *,
    contact_id: int,
    company_id: int | None,
    language: str,
) -> Written:
    """A quote as it is published now, in its buyer's language."""
    sold = sold_lines(db, ctx, "quote", quote.id)
    buyer = buyer_of(db, ctx, contact_id, company_id)
    adjustments = adjustments_of(db, ctx, quote.id)
    offer = price_quote(
        [line.offered for line in sold],
        named(adjustments, language, buyer.country or seller_of(ctx).country),
        quote.currency or ctx.currency,
        ctx.today,
    )
    sheet = quote_sheet(ctx, quote, number, [line.offered for line in sold], offer, buyer, language)
    content = {
        "format": 1,
        "quote": quote.id,
        "version": number,
        **sold_digests(sold, adjustments),
        "first_minor": offer.due_minor,
        "recurs": offer.recurs,
        "expires": quote.expiration_date.isoformat(),
        "acceptance": quote.acceptance_method,
        "payment": quote.payment_enabled,
        "billing": quote.billing_enabled,
        "net_terms_days": quote.net_terms_days,
        "sheet": sheet,
    }
    document = canonical(content)
    pdf = typeset(cast("Mapping[str, Any]", sheet), logo_of(db, ctx, sheet["logo"]))
    return Written(document, fingerprint(document), pdf, fingerprint(pdf))


def logo_of(db: Db, ctx: AccountContext, name: str) -> bytes | None:
    """The picture that a sheet names, if it names one."""
    return read_logos(db, ctx.id, [name]).get(name) if name else None


def quote_sheet(
    ctx: AccountContext,
    quote: Quote,
    number: int,
    lines: Sequence[OfferedLine],
    offer: Offer,
    buyer: Party,
    language: str,
) -> Sheet:
    """A quote in words, as its buyer's language and country write them."""
    currency, spoken = quote.currency or ctx.currency, language_of(language)
    seller = seller_of(ctx)
    country = buyer.country or seller.country
    locale = locale_of(spoken, country)
    formats = Formats(locale)
    with translation.override(spoken):
        facts = [
            [_("Quote no."), quote.number()],
            [_("Date"), formats.short_day(ctx.today)],
            [_("Valid until"), formats.short_day(quote.expiration_date)],
            [_("Currency"), currency],
        ]
        if number > 1:
            facts.insert(1, [_("Version"), str(number)])
        return Sheet(
            file_name=f"{quote.number()}-{number}.pdf",
            language=spoken,
            region=locale.territory or "",
            paper="us-letter" if country in LETTER_PAPER else "a4",
            title=_("Quote"),
            subject=_("Quote %(number)s from %(seller)s")
            % {"number": quote.number(), "seller": breakable(seller.name)},
            issued_at=ctx.now.astimezone(UTC).replace(microsecond=0).isoformat(),
            color=ctx.letterhead.brand_color,
            ink=ctx.letterhead.ink,
            logo=ctx.letterhead.logo,
            seller=party_on_sheet(_("From"), seller, formats),
            buyer=party_on_sheet(_("For"), buyer, formats),
            badge=breakable(quote.title),
            test=_("This is a test. No real money is moved.") if ctx.is_sandbox else "",
            facts=facts,
            columns=[
                _("Description"),
                _("Quantity"),
                _("Unit price"),
                _("Amount, %(currency)s") % {"currency": currency},
            ],
            lines=[
                _row(line, of, currency, formats) for line, of in zip(offer.lines, _taken(lines), strict=True)
            ],
            sums=list(sums_of(offer, formats)),
            payment_title=_("Payments to come"),
            payment=[future_words(each, offer, formats) for each in offer.future],
            notes_title=_("Terms"),
            notes=[breakable(line) for line in (quote.terms or "").splitlines()],
            pay_label="",
            pay_page="",
            pay_code="",
            footer=[_("Questions: %(email)s") % {"email": seller.email}] if seller.email else [],
            page=_("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        )


def _taken(lines: Sequence[OfferedLine]) -> list[OfferedLine]:
    return [line for line in lines if not line.optional]


def _row(line: DueLine, of: OfferedLine, currency: str, formats: Formats) -> LineOnSheet:
    return LineOnSheet(
        name=breakable(line.name),
        details=[breakable(each) for each in line_details(line, of, currency, formats)],
        cells=[
            formats.number(line.quantity),
            formats.price(line.unit_price, currency),
            formats.figure(line.priced.net_minor, currency),
        ],
    )


def line_details(line: DueLine, of: OfferedLine, currency: str, formats: Formats) -> Iterator[str]:
    """What the columns of a line do not tell: how often, how many times, from when, and what was taken off."""
    if line.frequency is not None:
        yield often_words(line.frequency.value)
        if line.payments is not None:
            yield _("%(count)s payments") % {"count": line.payments}
        if not line.due_now:
            yield _("from %(day)s") % {"day": formats.short_day(line.starts)}
    terms = of.terms
    if terms.discount_percent:
        yield _("less %(discount)s") % {"discount": formats.percent(terms.discount_percent)}
    elif terms.discount_per_unit:
        yield _("less %(discount)s each") % {"discount": formats.price(terms.discount_per_unit, currency)}


def often_words(frequency: str) -> str:
    """How often, in the language that is spoken."""
    label = next(each.label for each in FREQUENCIES if each.value == frequency)
    return label.in_language(translation.get_language() or "en")


def sums_of(offer: Offer, formats: Formats) -> Iterator[Sum]:
    """From the lines to what is due on acceptance: what is taken off and added as a whole, then the taxes."""
    currency = offer.currency

    def added(kind: str) -> Iterator[Sum]:
        for each in offer.added:
            if each.kind == kind:
                value = formats.figure(each.amount_minor, currency)
                yield Sum(label=breakable(each.label), value=value, weight="line")

    taxes = [each.amount_minor for each in offer.added if each.kind == TAX]
    if offer.added:
        yield Sum(label=_("Subtotal"), value=formats.figure(offer.subtotal_minor, currency), weight="line")
    yield from added(DISCOUNT)
    yield from added(FEE)
    if offer.tax_minor or taxes:
        net = offer.due_minor - offer.tax_minor - sum(taxes)
        yield Sum(label=_("Net amount"), value=formats.figure(net, currency), weight="line")
        for tax in offer.taxes:
            if tax.tax_minor:
                words = {
                    "tax": f"{_('Tax')} {formats.percent(tax.rate)}",
                    "base": formats.figure(tax.base_minor, currency),
                }
                label = _("%(tax)s of %(base)s") % words
                yield Sum(label=label, value=formats.figure(tax.tax_minor, currency), weight="line")
    yield from added(TAX)
    yield Sum(label=_("First payment"), value=formats.money(offer.due_minor, currency), weight="big")


def future_words(charge: FutureCharge, offer: Offer, formats: Formats) -> str:
    """A payment to come and what follows it, in a sentence."""
    words = {
        "day": formats.day(charge.day),
        "amount": formats.money(charge.amount_minor, offer.currency),
        "often": often_words(charge.frequency.value).lower(),
        "count": charge.payments,
    }
    if charge.payments is None:
        return _("%(amount)s on %(day)s, then %(often)s until canceled") % words
    if charge.payments == 1:
        return _("%(amount)s on %(day)s") % words
    return _("%(amount)s on %(day)s, then %(often)s, %(count)s payments in all from that day") % words


class Evidence(NamedTuple):
    """What the evidence page of a signed quote tells; ``signature`` is the SVG of what was drawn, or empty."""

    name: str
    email: str | None
    verified_at: datetime | None
    at: datetime
    address: str
    agent: str
    agreed_text: str
    document_hash: str
    pdf_hash: str
    kind: str
    signature: bytes | None


def signed_pdf(db: Db, ctx: AccountContext, sheet: Mapping[str, Any], evidence: Evidence) -> bytes:
    """The published page with a page of evidence behind it, in the language of the page."""
    with translation.override(sheet["language"]):
        told = {**sheet, "issued_at": evidence.at.astimezone(UTC).replace(microsecond=0).isoformat(),
                "evidence": _evidence(evidence)}  # fmt: skip
    return typeset(told, logo_of(db, ctx, sheet["logo"]), evidence.signature)


def _evidence(evidence: Evidence) -> dict[str, Any]:
    def moment(at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    kinds = {
        "clickwrap": _("Accepted by a click"),
        "esignature": _("Signed electronically"),
        "payment": _("Accepted by paying"),
    }
    rows = [
        [_("How"), kinds[evidence.kind]],
        [_("Name"), breakable(evidence.name)],
        [_("When"), moment(evidence.at)],
    ]
    if evidence.email:
        rows.append([_("Email"), breakable(evidence.email)])
    if evidence.verified_at:
        rows.append([_("Email verified by a code"), moment(evidence.verified_at)])
    rows += [
        [_("Network address"), evidence.address],
        [_("Browser"), breakable(evidence.agent[:300])],
        [_("Agreed to"), breakable(evidence.agreed_text)],
        [_("SHA-256 of the document"), breakable(evidence.document_hash)],
        [_("SHA-256 of the page as published"), breakable(evidence.pdf_hash)],
    ]
    return {
        "title": _("Evidence of acceptance"),
        "rows": rows,
        "signature": _("Signature"),
        "typed": "" if evidence.signature else breakable(evidence.name),
    }
