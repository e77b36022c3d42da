"""Events of the journal that a workflow may be begun by or wait for, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kalends.catalog.model import ObjectType, Text

# fmt: off
EVENTS: Mapping[str, Text] = MappingProxyType({
    "subscription.billing_started": Text("Billing started", "Fakturering startet", "Laskutus alkoi"),
    "subscription.edited": Text("Subscription edited", "Abonnement endret", "Tilausta muokattu"),
    "subscription.past_due": Text("Subscription past due", "Abonnement forfalt", "Tilaus erääntynyt"),
    "subscription.unpaid": Text("Subscription unpaid", "Abonnement ubetalt", "Tilaus maksamatta"),
    "subscription.recovered": Text("Nothing owed any more", "Ingenting utestående lenger", "Mitään ei enää avoinna"),
    "subscription.paused": Text("Subscription paused", "Abonnement satt på pause", "Tilaus keskeytetty"),
    "subscription.resumed": Text("Subscription resumed", "Abonnement gjenopptatt", "Tilaus jatkuu"),
    "subscription.to_be_canceled": Text("Cancellation planned", "Avslutning planlagt", "Peruutus suunniteltu"),
    "subscription.kept": Text("Cancellation taken back", "Avslutning trukket tilbake", "Peruutus peruttu"),
    "subscription.canceled": Text("Subscription canceled", "Abonnement avsluttet", "Tilaus peruutettu"),
    "subscription.expired": Text("Subscription ended as agreed", "Abonnement utløpt", "Tilaus päättyi sovitusti"),
    "subscription.payment_method_changed":
        Text("Payment method changed", "Betalingsmåte endret", "Maksutapa vaihdettu"),
    "invoice.issued": Text("Invoice issued", "Faktura utstedt", "Lasku lähetetty"),
    "invoice.paid": Text("Invoice paid in full", "Faktura betalt", "Lasku maksettu kokonaan"),
    "invoice.paid_in_part": Text("Invoice paid in part", "Faktura delvis betalt", "Lasku maksettu osittain"),
    "invoice.overdue": Text("Invoice overdue", "Faktura forfalt", "Lasku erääntynyt"),
    "invoice.voided": Text("Invoice voided", "Faktura annullert", "Lasku mitätöity"),
    "payment.succeeded": Text("Payment succeeded", "Betaling gjennomført", "Maksu onnistui"),
    "payment.failed": Text("Payment failed", "Betaling mislyktes", "Maksu epäonnistui"),
    "payment.refunded": Text("Payment refunded", "Betaling refundert", "Maksu hyvitetty"),
    "payment.dispute_opened": Text("Payment disputed", "Betaling bestridt", "Maksu riitautettu"),
    "payment.dispute_won": Text("Dispute won", "Tvist vunnet", "Riita voitettu"),
    "payment.dispute_lost": Text("Dispute lost", "Tvist tapt", "Riita hävitty"),
    "quote.published": Text("Quote published", "Tilbud publisert", "Tarjous julkaistu"),
    "quote.accepted": Text("Quote accepted", "Tilbud godtatt", "Tarjous hyväksytty"),
    "quote.paid": Text("Quote paid", "Tilbud betalt", "Tarjous maksettu"),
})
# fmt: on
"""By kind, besides those that every object has."""

EVERYWHERE: Mapping[str, Text] = MappingProxyType(
    {
        "created": Text("Record made", "Post opprettet", "Tietue luotu"),
        "updated": Text("Record changed", "Post endret", "Tietuetta muutettu"),
        "associated": Text("Association added", "Tilknytning lagt til", "Yhteys lisätty"),
        "dissociated": Text("Association removed", "Tilknytning fjernet", "Yhteys poistettu"),
    }
)
"""Verbs of events that every object has."""

_OF_SUBSCRIPTIONS = ("subscription", "invoice", "payment")


def events_of(obj: ObjectType) -> dict[str, Text]:
    """The kinds of events that workflows of an object may ask for; events that concern a subscription are its own too.

    >>> from kalends.catalog import get_object
    >>> "payment.failed" in events_of(get_object("subscription")), list(events_of(get_object("deal")))[0]
    (True, 'deal.created')
    """
    about = _OF_SUBSCRIPTIONS if obj.name == "subscription" else (obj.name,)
    common = {f"{obj.name}.{verb}": words for verb, words in EVERYWHERE.items()}
    return {**common, **{kind: words for kind, words in EVENTS.items() if kind.partition(".")[0] in about}}
