"""A person who was erased here is erased at Stripe: the customer goes, and with it name, address and stored methods."""

from __future__ import annotations

import stripe

from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.stripe.client import Refused, ask


def erase_customer(client: stripe.StripeClient, reference: str) -> None:
    """Delete the customer of that name, or the one for whom the page of that name was opened.

    What Stripe does not have (any more) is erased. Raises ``ProcessorUnavailable`` when it has to be asked again.
    """
    try:
        customer = reference
        if not reference.startswith("cus_"):
            customer = ask(lambda: client.v1.checkout.sessions.retrieve(reference)).get("customer")
        if customer:
            ask(lambda: client.v1.customers.delete(customer))
    except Refused as problem:
        if problem.code != "resource_missing":
            raise ProcessorUnavailable(f"Stripe does not erase {reference}: {problem}") from problem
