"""Credit: how a part of an invoice line is taken back with its tax, and how much credit an invoice uses up."""

from typing import NamedTuple

from kalends.core.money import round_ratio


class Credited(NamedTuple):
    """What a credit note takes back of a line, in minor units: the price without tax, and the tax on it."""

    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """What the customer gets."""
        return self.net_minor + self.tax_minor


def credit_part(net_minor: int, tax_minor: int, before_minor: int, part_minor: int) -> Credited:
    """``part_minor`` of a line of which ``before_minor`` was credited already, split into net amount and tax.

    The split is of all that has been credited by then, rounded half up, less what was split before. So whatever the
    parts are and in whatever order they come, the last one brings what is left: together they are the line, to the
    cent, and the tax that is taken back is never more than what was charged.

    Raises ``ValueError`` for a part below 0, or beyond what is left of the line.

    A line of 10.00 and 2.50 tax in three parts, of which each would round to the same on its own:

    >>> [tuple(credit_part(1000, 250, *part)) for part in ((0, 417), (417, 417), (834, 416))]
    [(334, 83), (333, 84), (333, 83)]
    """
    total = net_minor + tax_minor
    if part_minor < 0 or not 0 <= before_minor <= total - part_minor:
        raise ValueError(
            f"{part_minor} cannot be credited of a line of {total} of which {before_minor} was credited already."
        )
    if part_minor == 0:
        return Credited(0, 0)
    net = _net_of(net_minor, total, before_minor + part_minor) - _net_of(net_minor, total, before_minor)
    return Credited(net, part_minor - net)


def credit_used(balance_minor: int, total_minor: int, smallest_charge_minor: int = 0) -> int:
    """How much of a balance an invoice of ``total_minor`` uses up: all of it, as far as the invoice goes.

    Where the rest is charged, it must not be below the smallest charge of the currency: the customer could not pay
    it. Then only so much is used that the smallest charge is left, and the balance keeps the difference.

    >>> credit_used(3000, 10000), credit_used(15000, 10000)
    (3000, 10000)
    >>> credit_used(9990, 10000, smallest_charge_minor=50)
    9950
    """
    used = min(balance_minor, total_minor)
    if 0 < total_minor - used < smallest_charge_minor:
        used = max(0, total_minor - smallest_charge_minor)
    return used


def _net_of(net_minor: int, total_minor: int, credited_minor: int) -> int:
    """The net amount in what was credited of a line so far."""
    return round_ratio(net_minor * credited_minor, total_minor)
