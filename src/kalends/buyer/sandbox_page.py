"""The sandbox processor's pages: a customer gives a test card or a test account, and confirms a payment at a bank.

They stand for pages of other companies', and look like none of ours but for their marks of a test. The number field
takes the published test numbers only; what is typed is looked up and forgotten, and never repeated on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kalends.buyer.door import Guest, NotThere, enter
from kalends.buyer.pages import buyer_page, moved, page
from kalends.payments.processors.sandbox import charges, setups
from kalends.payments.processors.sandbox.cards import KnownNumber, UnknownToken
from kalends.payments.processors.sandbox.processor import SandboxProcessor
from kalends.platform import database

_GROUPS = ("card", "ach", "sepa", "bacs", "pads")


class Choice(NamedTuple):
    """One test number to choose: as people write it, whose it is, and what it does."""

    number: str
    written: str
    issuer: str
    meaning: str


class Group(NamedTuple):
    """The numbers of one means of payment."""

    heading: str
    choices: list[Choice]


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("number", "choice")
@buyer_page
def pay(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the page, or take what was given on it and go back to where the customer came from."""
    with _processor_of(request, reference, lambda: setups.account_of(reference)) as (guest, processor):
        return _answer(guest, processor, reference)


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def confirm(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a payment that the bank wants confirmed, or take the customer's word and go back to where they came from."""
    with _processor_of(request, reference, lambda: charges.account_and_key(reference)[0]) as (
        guest,
        processor,
    ):
        _account, key = charges.account_and_key(reference)
        asked = processor.confirmation(key)
        if not asked.waits(guest.ctx.now):
            return moved(asked.return_url)
        answer = request.POST.get("answer", "")
        if request.method == "POST" and answer in ("confirm", "refuse"):
            processor.decide(key, guest.ctx.now, confirmed=answer == "confirm")
            return moved(asked.return_url)
        return page(guest, "buyer/sandbox_confirm.html", {"title": _("Test bank"), "asked": asked})


@contextmanager
def _processor_of(
    request: HttpRequest, reference: str, account: Callable[[], int]
) -> Iterator[tuple[Guest, SandboxProcessor]]:
    """The processor of the account that a reference belongs to; there is no page where it cannot be looked up."""
    try:
        guest = enter(request, account(), reference)
    except LookupError as problem:
        raise NotThere from problem
    if not guest.ctx.is_sandbox:
        raise NotThere  # test numbers pay nothing on an account whose money is real
    processor = SandboxProcessor(database.connect, guest.ctx.id)
    try:
        yield guest, processor
    except LookupError as problem:
        raise NotThere from problem
    finally:
        processor.close()


def _answer(guest: Guest, processor: SandboxProcessor, reference: str) -> HttpResponse:
    hosted = processor.hosted_page(reference)
    guest.speak(hosted.language)
    status = hosted.setup(guest.ctx.now).status
    if status == "complete":
        return moved(hosted.return_url)
    if status == "expired":
        raise NotThere
    error = ""
    if guest.request.method == "POST":
        error = _take(guest, processor, reference)
        if not error:
            return moved(hosted.return_url)
    numbers = hosted.numbers(guest.ctx.today)
    context = {
        "title": _("Test payment page"),
        "hosted": hosted,
        "groups": [group for kind in _GROUPS if (group := _group(kind, numbers)).choices],
        "picked": guest.request.POST.get("choice", "") or next(iter(numbers), ""),
        "error": error,
    }
    return page(guest, "buyer/sandbox_pay.html", context, status=422 if error else 200)


def _take(guest: Guest, processor: SandboxProcessor, reference: str) -> str:
    """Take the number that was typed, else the one that was chosen; what is wrong with it, if anything is."""
    typed = guest.request.POST.get("number", "").strip()
    number = typed or guest.request.POST.get("choice", "")
    if not number:
        return _("Choose a test card or account, or type its number.")
    try:
        processor.give(reference, number, guest.ctx.now)
    except UnknownToken:
        return _(
            "This is not one of the test numbers. Never type a real one here: nothing is charged for real."
        )
    except setups.NotAccepted:
        return _("This test number is of a kind that is not accepted here. Choose one of the list.")
    return ""


def _group(kind: str, numbers: dict[str, KnownNumber]) -> Group:
    headings = {
        "card": _("Test cards"),
        "ach": _("Test accounts, ACH"),
        "sepa": _("Test accounts, SEPA"),
        "bacs": _("Test accounts, Bacs"),
        "pads": _("Test accounts, PADs"),
    }
    chosen = [
        Choice(number, _written(kind, number), known.brand_or_bank, _meaning(known.token))
        for number, known in numbers.items()
        if known.token.split("_")[1] == kind
    ]
    return Group(headings[kind], chosen)


def _written(kind: str, number: str) -> str:
    """A number in the groups in which it stands on a card; accounts keep their own signs.

    >>> _written("card", "4242424242424242"), _written("card", "378282246310005")
    ('4242 4242 4242 4242', '3782 822463 10005')
    """
    if kind == "card" and len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    if kind in ("card", "sepa"):
        return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    return number


def _meaning(token: str) -> str:
    """What a payment by that number will do."""
    outcome = token.split("_", 2)[2]
    return {
        "approved": _("is approved"),
        "postal_code": _("is declined: the postal code is wrong"),
        "declined": _("is declined without a reason"),
        "insufficient_funds": _("fails: not enough funds"),
        "expired": _("is declined: the card has expired"),
        "lost": _("is declined: the card was reported lost"),
        "stolen": _("is declined: the card was reported stolen"),
        "needs_authentication": _("asks the bank first: you confirm or refuse"),
        "dispute": _("is approved, and disputed a month later"),
        "refund_fails": _("is approved, but cannot be given back"),
        "closed": _("fails: the account is closed"),
        "not_authorized": _("fails: the debit was not authorized"),
    }[outcome]
