"""Asking a customer for another payment method, because a member of staff wants it."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.lifecycle import Status, is_terminal
from kalends.events import journal
from kalends.messages.outbox import Letter, queue

KIND = "update_request"


class CannotAsk(ValueError):
    """A customer who cannot be asked; the message says why and what to do instead."""


def request_new_method(
    db: Connection[Any], ctx: AccountContext, subscription_id: int, *, actor: str = "system"
) -> str:
    """Send the subscription's customer a letter that asks for another payment method; returns the address.

    At most one goes out a day, whoever asks; the account's switches do not hold it back. Raises ``CannotAsk`` when
    there is no such subscription, when nothing is charged on it, when nobody can be reached, or when it was sent today.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "id": subscription_id}
        row = db.execute(load("kalends.messages", "whom_to_ask"), params).fetchone()
        if row is None:
            raise CannotAsk(f"There is no subscription {subscription_id} in this account.")
        status, collection, creates_invoices, contact_id, email = row
        _refuse(status, collection, creates_invoices, email)
        letter = Letter(KIND, subscription_id, contact_id, ctx.today.isoformat())
        if not queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters):
            raise CannotAsk(
                f"The customer was asked today, {ctx.today}, already. The same letter can be sent again with "
                f"`kalends letters resend`."
            )
        data = {"email": email}
        event = journal.NewEvent(
            "subscription.method_requested", "subscription", subscription_id, subscription_id, data
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return email


def _refuse(status: str, collection: str, creates_invoices: bool, email: str | None) -> None:
    if is_terminal(Status(status)):
        raise CannotAsk(f"The subscription is {status}: nothing will be charged any more.")
    if not creates_invoices:
        raise CannotAsk("The subscription is a record that is not billed here.")
    if collection != "automatic":
        raise CannotAsk("The subscription is paid by invoice, so there is no payment method to ask for.")
    if email is None:
        raise CannotAsk("The subscription's contact has no email address. Give the contact one first.")
