"""Sending a buyer to the processor's page for a card or an account, and what they came back with."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from kalends.buyer.door import Guest, NotThere
from kalends.buyer.pages import leave_for
from kalends.payments import ask_method
from kalends.payments.ask_method import NoSuchRequest, Request, Visitor, Wanted

__all__ = ["Visitor", "Wanted", "given", "lead_to_processor"]


def lead_to_processor(
    guest: Guest,
    processor: str,
    wanted: Wanted,
    visitor: Visitor,
    *,
    here: str,
    back: str = "back",
    words: str = "",
) -> HttpResponse:
    """Lead to the page that asks for a way to pay; the buyer comes back to ``here/back/<key>``, or to ``here``.

    Raises ``ProcessorUnavailable``.
    """
    with guest.processors() as processors:
        url = ask_method.ask(
            guest.db, guest.ctx, processors, processor, wanted, visitor,
            back=f"{here}/{back}/{{key}}", cancel_url=here,
        )  # fmt: skip
    return leave_for(guest, url, words)


def given(guest: Guest, key: UUID, purpose: str, record_id: int) -> tuple[Request, int | None]:
    """What was asked under a key, and the stored method that was given; None while there is none, however often asked.

    Raises ``NotThere`` for a key of nobody's, or of another record, and ``ProcessorUnavailable``.
    """
    try:
        asked = ask_method.find_request(guest.db, guest.ctx, key, purpose, record_id)
    except NoSuchRequest as problem:
        raise NotThere from problem
    with guest.processors() as processors:
        return asked, ask_method.take_in(guest.db, guest.ctx, processors, asked)
