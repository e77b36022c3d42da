"""Why a document comes to its total: the rules of :mod:`kalends.core.pricing` told step by step, in plain words.

The steps read from top to bottom like a sum on paper: every '+' and '-' changes the amount reached so far, every
'=' repeats it. Rounding is mentioned only where something was rounded. ``rule`` is a short stable name of the
rule that was applied and ``params`` the values in it, so that a face can tell the same in another language.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kalends.core.money import EXACT, format_minor, minor_digits
from kalends.core.pricing import PricedDocument, price_document
from kalends.core.terms import TAX, Fee, LineTerms, OrderDiscount


class Step(NamedTuple):
    """One step of an explanation. ``amount_minor`` is never negative; ``sign`` says what to do with it.

    ``kind`` is one of line, discount, included_tax, subtotal, order_discount, fee, tax and total.
    """

    kind: str
    sign: str
    text: str
    rule: str
    amount_minor: int
    params: Mapping[str, str]


def explain_document(
    lines: Sequence[tuple[str, LineTerms]],
    currency: str,
    order_discounts: Sequence[OrderDiscount] = (),
    fees: Sequence[Fee] = (),
) -> list[Step]:
    """Explain the total of lines (each with its name), order discounts and fees.

    >>> terms = LineTerms(Decimal("11.90"), Decimal(1), discount_percent=Decimal(15))
    >>> for step in explain_document([("Fiber", terms)], "EUR"):
    ...     print(step.sign, format_minor(step.amount_minor, "EUR"), step.text)
    + 11.90 EUR Fiber: 1 x 11.90 is 11.90
    - 1.79 EUR 15 % discount of 11.90 is 1.785, rounded half up to 1.79
    = 10.11 EUR Subtotal
    = 10.11 EUR Total
    """
    priced = price_document([terms for _, terms in lines], currency, order_discounts, fees)
    money = _Money(currency)
    steps: list[Step] = []
    for (name, terms), line in zip(lines, priced.lines, strict=True):
        if terms.levy == TAX:
            continue
        steps.append(_line(money, name, terms, line.gross_minor))
        if line.discount_minor:
            steps.append(_discount(money, terms, line.discount_minor))
    steps += _included_tax(money, priced)
    steps.append(Step("subtotal", "=", "Subtotal", "sum-of-lines", priced.subtotal_minor, {}))
    steps += _order_discounts(money, priced, order_discounts)
    discounted = priced.subtotal_minor - priced.order_discount_minor
    for fee, result in zip(fees, priced.fees, strict=True):
        steps.append(_fee(money, fee, discounted, result.amount_minor))
    steps += _taxes(money, [terms for _, terms in lines], priced)
    for (name, terms), line in zip(lines, priced.lines, strict=True):
        if terms.levy == TAX:
            steps.append(Step("tax", "+", name, "tax-on-the-whole", line.tax_minor, {"name": name}))
    steps.append(Step("total", "=", "Total", "subtotal-discounts-fees-taxes", priced.total_minor, {}))
    return steps


_MOST_DECIMALS = 20  # of price x quantity x percentage, six decimals each and two for the percent
_DECIMALS_WHEN_ENDLESS = 6


class _Money:
    """Writes amounts of one currency without its code, and tells when an exact one was rounded."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.scale = 10 ** minor_digits(currency)

    def write(self, minor: int) -> str:
        return format_minor(minor, self.currency).removesuffix(f" {self.currency}")

    def exact(self, value: Fraction) -> str:
        """A major amount in full, or cut with an ellipsis where its decimals go on for too long."""
        minor = value * self.scale
        if minor.denominator == 1:
            return self.write(minor.numerator)
        scaled = value * 10**_MOST_DECIMALS
        if scaled.denominator == 1:
            return f"{Decimal(scaled.numerator).scaleb(-_MOST_DECIMALS, EXACT):,f}".rstrip("0")
        cut = int(value * 10**_DECIMALS_WHEN_ENDLESS)
        return f"{Decimal(cut).scaleb(-_DECIMALS_WHEN_ENDLESS, EXACT):,f}..."

    def result(self, exact: Fraction, minor: int) -> tuple[str, dict[str, str]]:
        """'is 1.785, rounded half up to 1.79', or 'is 1.79' when nothing was rounded, with the values in it."""
        params = {"exact": self.exact(exact), "amount": self.write(minor)}
        if exact * self.scale == minor:
            return f"is {params['amount']}", params
        return f"is {params['exact']}, rounded half up to {params['amount']}", {**params, "rounded": "yes"}


def _plain(value: Decimal) -> str:
    """A number as people write it: without an exponent, and without zeros at the end of its decimals."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _price(money: _Money, value: Decimal) -> str:
    return money.exact(Fraction(value))


def _line(money: _Money, name: str, terms: LineTerms, gross: int) -> Step:
    exact = Fraction(terms.unit_price) * Fraction(terms.quantity)
    result, params = money.result(exact, gross)
    quantity, price = _plain(terms.quantity), _price(money, terms.unit_price)
    return Step(
        "line",
        "+",
        f"{name}: {quantity} x {price} {result}",
        "price-times-quantity-rounded-half-up" if "rounded" in params else "price-times-quantity",
        gross,
        {"name": name, "quantity": quantity, "price": price, **params},
    )


def _discount(money: _Money, terms: LineTerms, discount: int) -> Step:
    if terms.discount_percent:
        base = Fraction(terms.unit_price) * Fraction(terms.quantity)
        exact = base * Fraction(terms.discount_percent) / 100
        given = {"percent": _plain(terms.discount_percent), "base": money.exact(base)}
        words = f"{given['percent']} % discount of {given['base']}"
    else:
        exact = Fraction(terms.discount_per_unit) * Fraction(terms.quantity)
        given = {"per_unit": _price(money, terms.discount_per_unit), "quantity": _plain(terms.quantity)}
        words = f"Discount of {given['quantity']} x {given['per_unit']}"
    result, params = money.result(exact, discount)
    rule = "discount-rounded-half-up" if "rounded" in params else "discount"
    return Step("discount", "-", f"{words} {result}", rule, discount, {**given, **params})


def _included_tax(money: _Money, priced: PricedDocument) -> list[Step]:
    """Prices that include tax are brought to the subtotal, which does not, by taking their tax out."""
    included = sum(line.net_minor for line in priced.lines) - priced.subtotal_minor
    if not included:
        return []
    params = {"amount": money.write(included)}
    text = f"Tax of {params['amount']} that the prices include is taken out, and shown again as tax below"
    return [Step("included_tax", "-", text, "included-tax-taken-out", included, params)]


def _order_discounts(money: _Money, priced: PricedDocument, discounts: Sequence[OrderDiscount]) -> list[Step]:
    steps: list[Step] = []
    left = priced.subtotal_minor
    for discount, amount in zip(discounts, priced.order_discounts, strict=True):
        name = discount.label or "Order discount"
        words, given, exact = _share_or_amount(money, discount.percent, left, amount)
        result, params = money.result(exact, amount)
        rule = "order-discount-rounded-half-up" if "rounded" in params else "order-discount"
        text = f"{name}: {words} {result}, before tax"
        steps.append(Step("order_discount", "-", text, rule, amount, {"name": name, **given, **params}))
        left -= amount
    return steps


def _fee(money: _Money, fee: Fee, discounted_subtotal: int, amount: int) -> Step:
    name = fee.label or "Fee"
    words, given, exact = _share_or_amount(money, fee.percent, discounted_subtotal, amount)
    result, params = money.result(exact, amount)
    rule = "fee-rounded-half-up" if "rounded" in params else "fee"
    return Step("fee", "+", f"{name}: {words} {result}", rule, amount, {"name": name, **given, **params})


def _share_or_amount(
    money: _Money, percent: Decimal, base: int, amount: int
) -> tuple[str, dict[str, str], Fraction]:
    if not percent:
        return "the amount agreed", {}, Fraction(amount, money.scale)
    given = {"percent": _plain(percent), "base": money.write(base)}
    exact = Fraction(base, money.scale) * Fraction(percent) / 100
    return f"{given['percent']} % of {given['base']}", given, exact


def _taxes(money: _Money, lines: Sequence[LineTerms], priced: PricedDocument) -> list[Step]:
    steps: list[Step] = []
    discounted = {
        terms.tax_rate
        for terms, line in zip(lines, priced.lines, strict=True)
        if terms.tax_inclusive and line.order_discount_minor
    }
    for tax in priced.taxes:
        base, rate = Fraction(tax.base_minor, money.scale), Fraction(tax.rate)
        given = {"rate": _plain(tax.rate), "base": money.write(tax.base_minor)}
        if tax.inclusive and tax.rate not in discounted:
            within = base + Fraction(tax.tax_minor, money.scale)
            given["base"] = money.exact(within)
            exact = within * rate / (100 + rate)
            words, rule = f"{given['rate']} % tax included in {given['base']}", "tax-within-price"
        else:
            exact = base * rate / 100
            words, rule = f"{given['rate']} % tax on {given['base']}", "tax-on-sum"
        result, params = money.result(exact, tax.tax_minor)
        rule += "-rounded-half-up" if "rounded" in params else ""
        steps.append(Step("tax", "+", f"{words} {result}", rule, tax.tax_minor, {**given, **params}))
    return steps
