"""Every kind of letter: how its facts become words, and what its ``object_id`` names."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from kalends.messages.letters import canceled, charge_failed, invoice, payment_failed, payment_made, receipt
from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words


class Kind(NamedTuple):
    """One kind of letter. ``about`` is the object it is about; ``to_staff`` says who reads it."""

    about: str
    compose: Callable[[Facts, Formats], Words]
    to_staff: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "receipt": Kind("payment", receipt.compose),
        "charge_failed": Kind("payment", charge_failed.compose),
        "invoice": Kind("invoice", invoice.compose),
        "canceled": Kind("subscription", canceled.compose),
        "payment_made": Kind("payment", payment_made.compose, to_staff=True),
        "payment_failed": Kind("payment", payment_failed.compose, to_staff=True),
    }
)
"""By the name under which the outbox keeps them."""
