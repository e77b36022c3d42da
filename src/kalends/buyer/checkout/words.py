"""What a checkout says: how often, how long, what is agreed to, and why something will not do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.buyer.door import Guest
from kalends.buyer.policies import Sentence, by_the_button, i_accept
from kalends.buyer.words import Told
from kalends.core.calendar import Frequency, due_date
from kalends.core.checkout import Document, FutureCharge, Offer
from kalends.documents.invoice import seller_of
from kalends.messages.letters.words import why_failed
from kalends.sales.checkouts import Declined
from kalends.sales.trouble import Trouble


def every(frequency: Frequency) -> str:
    """How often: "every month"."""
    return {
        Frequency.WEEKLY: _("every week"),
        Frequency.BIWEEKLY: _("every two weeks"),
        Frequency.MONTHLY: _("every month"),
        Frequency.QUARTERLY: _("every three months"),
        Frequency.PER_SIX_MONTHS: _("every six months"),
        Frequency.ANNUALLY: _("every year"),
        Frequency.PER_TWO_YEARS: _("every two years"),
        Frequency.PER_THREE_YEARS: _("every three years"),
        Frequency.PER_FOUR_YEARS: _("every four years"),
        Frequency.PER_FIVE_YEARS: _("every five years"),
    }[frequency]


def last_day(document: Document) -> date | None:
    """The day of a subscription's last payment; None for one that renews until it is canceled."""
    if document.frequency is None or document.payments is None:
        return None
    return due_date(document.start, document.frequency, document.payments - 1)


def follows(guest: Guest, charge: FutureCharge, last: date | None, *, mine: bool = False) -> str:
    """What comes after a future charge: "then every month, until you cancel"; ``mine`` lets the buyer speak."""
    words = {"every": every(charge.frequency)}
    if charge.payments is None and mine:
        return _("then %(every)s, until I cancel") % words
    if charge.payments is None:
        return _("then %(every)s, until you cancel") % words
    if charge.payments == 1 or last is None:
        return _("the last payment")
    told = {**words, "day": guest.formats.short_day(last), "count": charge.payments}
    return (
        ngettext(
            "then %(every)s, %(count)s payment, the last on %(day)s",
            "then %(every)s, %(count)s payments, the last on %(day)s",
            charge.payments,
        )
        % told
    )


def afterwards(guest: Guest, offer: Offer) -> str:
    """The headline's second line: what is charged after today, in one sentence."""
    if not offer.future:
        return _("Nothing else is charged.") if offer.due_minor else ""
    first = offer.future[0]
    together = [each for each in offer.future if each.day == first.day]
    words = {
        "amount": guest.formats.money(sum(each.amount_minor for each in together), offer.currency),
        "every": every(first.frequency),
        "day": guest.formats.short_day(first.day),
    }
    rhythms = {(each.day, each.frequency, each.payments) for each in offer.future}
    if len(rhythms) > 1:
        return _("Then %(amount)s on %(day)s, and more after that: see the future charges.") % words
    if first.payments == 1:
        return _("Then %(amount)s on %(day)s, and nothing more.") % words
    return _("Then %(amount)s %(every)s from %(day)s.") % words


def button(guest: Guest, offer: Offer) -> str:
    """The act and its amount."""
    if offer.due_minor:
        return _("Pay %(amount)s") % {"amount": guest.formats.money(offer.due_minor, offer.currency)}
    return (
        _("Start subscription, nothing due today") if offer.recurs else _("Place the order, nothing to pay")
    )


def agreement(guest: Guest, offer: Offer) -> Sentence:
    """What a buyer agrees to: payments to come, and the seller's policies; nothing where there is neither."""
    if offer.recurs:
        return i_accept(guest).after(_consent(guest, offer))
    return by_the_button(guest)


def _consent(guest: Guest, offer: Offer) -> str:
    """To payments to come: who charges what, when, and how it is ended."""
    documents = {document.keys: document for document in offer.documents}
    charges = [_charge_words(guest, offer.currency, each, documents[each.keys]) for each in offer.future]
    first = _("I agree that %(seller)s charges the card or account that I give now: %(charges)s.") % {
        "seller": guest.ctx.name,
        "charges": "; ".join(charges),
    }
    if all(each.payments is not None for each in offer.future):
        return first
    return f"{first} " + _("I can cancel at any time by writing to %(seller)s.") % {
        "seller": seller_of(guest.ctx).email or guest.ctx.name
    }


def _charge_words(guest: Guest, currency: str, charge: FutureCharge, document: Document) -> str:
    words = {
        "amount": guest.formats.money(charge.amount_minor, currency),
        "day": guest.formats.day(charge.day),
    }
    return _("%(amount)s on %(day)s") % words + ", " + follows(guest, charge, last_day(document), mine=True)


def mark_of(text: str) -> str:
    """What stands for a text that was shown: any other text has another one."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def trouble_words(guest: Guest, trouble: Trouble, currency: str, accepted: Sequence[str]) -> str:
    """What is wrong with an answer, in the language of the page."""
    place = trouble.place.partition(":")[0].partition(".")[0]
    if place == "code":
        return _code_words(trouble.code)
    if place == "method":
        return _("Only %(methods)s can be used here. Give another way to pay.") % {
            "methods": ", ".join(accepted)
        }
    if place == "consent":
        return _("Tick this if you agree. Without it nothing can be charged later.")
    if trouble.code == "missing":
        return _("Choose at least one thing to buy.") if place == "taken" else _("Fill this in.")
    bound = trouble.bound or ""
    if place in ("price", "total") and trouble.code in ("too_small", "too_large"):
        bound = f"{guest.formats.price(Decimal(bound), currency)}\N{NO-BREAK SPACE}{currency}"
    if place == "total":
        return _("The smallest amount that can be charged is %(least)s. Choose more.") % {"least": bound}
    return {
        "too_small": _("Give at least %(least)s.") % {"least": bound},
        "too_large": _("Give at most %(most)s.") % {"most": bound},
        "too_long": _("Give at most %(count)s characters.") % {"count": bound},
        "not_whole": _("Give a whole number."),
        "not_offered": _("This cannot be chosen any more. Look at the offer again."),
        "too_precise": _("Give an amount that can be paid in this currency."),
    }.get(trouble.code) or (
        _("Give an email address such as kari@example.com.")
        if place == "email"
        else _("This cannot be right. Check it.")
    )


def _code_words(code: str) -> str:
    return {
        "unknown_code": _("There is no such discount code. Check how it is written."),
        "inactive": _("This discount code is not in use any more."),
        "expired": _("This discount code has expired."),
        "used_up": _("This discount code was used as often as it may be."),
        "other_currency": _("This discount code is for another currency."),
        "too_much": _("This discount code is worth more than what is due today, so it cannot be used here."),
        "nothing_due": _("Nothing is due today that a discount code could reduce."),
        "not_taken": _("No discount codes are taken here."),
    }[code]


def told_of_decline(guest: Guest, declined: Declined, amount_minor: int | None, currency: str) -> Told:
    """Why the last attempt to pay failed, and what can be done."""
    if declined.code == "not_sent":
        text = _("The payment did not reach the processor. Nothing was charged. Please try again.")
        return Told("bad", "circle-alert", _("The payment did not go through"), text)
    why = why_failed(declined.code, for_staff=False)
    text = _("%(why)s Nothing was charged. You can try again with another card or account.") % {"why": why}
    if amount_minor is None:
        return Told("bad", "circle-alert", _("The payment was declined"), text)
    amount = {"amount": guest.formats.money(amount_minor, currency)}
    return Told("bad", "circle-alert", _("%(amount)s was declined") % amount, text)


def told_of_change(guest: Guest, before_minor: int | None, offer: Offer) -> Told:
    """That the offer is another one than was shown."""
    words = {"after": guest.formats.money(offer.due_minor, offer.currency)}
    if before_minor is None or before_minor == offer.due_minor:
        text = _(
            "The offer has changed since you saw it. Nothing was charged. Look at it, and confirm again."
        )
    else:
        words["before"] = guest.formats.money(before_minor, offer.currency)
        text = (
            _("It was %(before)s when you saw it. Nothing was charged. Look at it, and confirm again.")
            % words
        )
    return Told("warn", "triangle-alert", _("Due today: %(after)s") % words, text)


def told_of_processor(code: str) -> Told:
    """Why nothing can be paid, or was not."""
    text = {
        "unreachable": _(
            "The payment processor cannot be reached at the moment. Try again in a few minutes."
        ),
        "none": _("Payments are not taken here at the moment. Try again later, or write to the seller."),
        "nothing": _("You came back without giving a card or an account."),
    }[code]
    if code == "nothing":
        return Told("info", "info", _("Nothing was charged"), text)
    return Told("warn", "triangle-alert", _("Nothing was charged"), text)
