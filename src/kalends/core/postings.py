"""Postings: what each movement of money, or of a claim on money, does to the ledger.

A posting is a list of transfers, and a transfer moves one amount from one account (credit) to another (debit).
So a posting is balanced by construction: there is no way to write one that is not.

Every transfer of a posting has a fixed number (``leg``): leg 1 of an invoice is always its net amount, leg 2 its
tax. A leg of zero is left out, and the others keep their numbers.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class LedgerAccount(StrEnum):
    """The chart of accounts. Each exists once for every currency; debit and credit say which side it grows on."""

    RECEIVABLE = "receivable"
    """What customers owe on issued invoices (debit)."""
    REVENUE = "revenue"
    """What was invoiced, without tax (credit)."""
    TAX_PAYABLE = "tax_payable"
    """Tax that was invoiced and is owed to the state (credit)."""
    PAYMENTS_IN_TRANSIT = "payments_in_transit"
    """Bank debits that are submitted and neither settled nor failed (debit)."""
    PROCESSOR_BALANCE = "processor_balance"
    """Money that the payment processor holds for the business (debit)."""
    BANK = "bank"
    """Money received or paid back outside a processor (debit)."""
    PROCESSING_FEES = "processing_fees"
    """What the processor kept for its work (debit)."""
    REFUNDS = "refunds"
    """Money given back to customers (debit)."""
    REFUNDS_IN_TRANSIT = "refunds_in_transit"
    """Refunds that are asked for and neither settled nor failed (credit)."""
    DISPUTES = "disputes"
    """Money that the processor took back while a dispute is open (debit)."""
    CUSTOMER_CREDIT = "customer_credit"
    """What the business owes customers on credit notes (credit)."""
    WRITE_OFFS = "write_offs"
    """Claims given up, and disputes lost (debit)."""


class Transfer(NamedTuple):
    """One amount in minor units (above 0) that leaves the account ``credit`` and reaches the account ``debit``."""

    posting: str
    leg: int
    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int


# Each member bound once under a short name, since millions of transfers are made in a loop.
_RECEIVABLE = LedgerAccount.RECEIVABLE
_REVENUE = LedgerAccount.REVENUE
_TAX = LedgerAccount.TAX_PAYABLE
_IN_TRANSIT = LedgerAccount.PAYMENTS_IN_TRANSIT
_PROCESSOR = LedgerAccount.PROCESSOR_BALANCE
_BANK = LedgerAccount.BANK
_FEES = LedgerAccount.PROCESSING_FEES
_REFUNDS = LedgerAccount.REFUNDS
_REFUNDS_IN_TRANSIT = LedgerAccount.REFUNDS_IN_TRANSIT
_DISPUTES = LedgerAccount.DISPUTES
_CREDIT = LedgerAccount.CUSTOMER_CREDIT
_WRITE_OFFS = LedgerAccount.WRITE_OFFS

Leg = tuple[LedgerAccount, LedgerAccount, int]


def _posting(name: str, first: Leg, second: Leg | None = None) -> tuple[Transfer, ...]:
    debit, credit, amount = first
    if amount < 0 or (second is not None and second[2] < 0):
        raise ValueError(f"Posting {name} holds a negative amount; use the posting that reverses it instead.")
    transfers = (Transfer(name, 1, debit, credit, amount),) if amount else ()
    if second is not None and second[2]:
        transfers = (*transfers, Transfer(name, 2, *second))
    return transfers


def invoice_issued(net_minor: int, tax_minor: int) -> tuple[Transfer, ...]:
    """The customer owes an invoice: its net amount is revenue, its tax is owed on to the state.

    >>> [(t.debit.value, t.credit.value, t.amount_minor) for t in invoice_issued(10000, 2500)]
    [('receivable', 'revenue', 10000), ('receivable', 'tax_payable', 2500)]
    """
    return _posting("invoice_issued", (_RECEIVABLE, _REVENUE, net_minor), (_RECEIVABLE, _TAX, tax_minor))


def invoice_voided(net_minor: int, tax_minor: int) -> tuple[Transfer, ...]:
    """An invoice that was not paid is taken back: the exact reverse of its issue."""
    return _posting("invoice_voided", (_REVENUE, _RECEIVABLE, net_minor), (_TAX, _RECEIVABLE, tax_minor))


def payment_pending(amount_minor: int) -> tuple[Transfer, ...]:
    """A bank debit is submitted: it no longer counts as owed, and is not yet collected."""
    return _posting("payment_pending", (_IN_TRANSIT, _RECEIVABLE, amount_minor))


def payment_settled(amount_minor: int, fee_minor: int, was_pending: bool) -> tuple[Transfer, ...]:
    """The processor has the money, and keeps its fee of it. A card settles at once, a bank debit was pending.

    >>> [(t.debit.value, t.credit.value, t.amount_minor) for t in payment_settled(12500, 363, was_pending=False)]
    [('processor_balance', 'receivable', 12500), ('processing_fees', 'processor_balance', 363)]
    """
    source = _IN_TRANSIT if was_pending else _RECEIVABLE
    return _posting("payment_settled", (_PROCESSOR, source, amount_minor), (_FEES, _PROCESSOR, fee_minor))


def payment_recorded(amount_minor: int) -> tuple[Transfer, ...]:
    """Staff recorded money that came outside a processor: a check, a transfer, cash."""
    return _posting("payment_recorded", (_BANK, _RECEIVABLE, amount_minor))


def payment_failed(pending_minor: int, fee_minor: int = 0) -> tuple[Transfer, ...]:
    """A bank debit came back: what was pending of it is owed again, and the processor may keep a fee for the trouble.

    A card that is declined moves nothing and has no posting.

    >>> [(t.debit.value, t.credit.value, t.amount_minor) for t in payment_failed(12500, 400)]
    [('receivable', 'payments_in_transit', 12500), ('processing_fees', 'processor_balance', 400)]
    """
    return _posting(
        "payment_failed", (_RECEIVABLE, _IN_TRANSIT, pending_minor), (_FEES, _PROCESSOR, fee_minor)
    )


def refund_requested(amount_minor: int) -> tuple[Transfer, ...]:
    """A refund is asked for and on its way. The invoice stays paid."""
    return _posting("refund_requested", (_REFUNDS, _REFUNDS_IN_TRANSIT, amount_minor))


def refund_settled(amount_minor: int) -> tuple[Transfer, ...]:
    """The refund reached the customer, out of what the processor held. Fees are not given back."""
    return _posting("refund_settled", (_REFUNDS_IN_TRANSIT, _PROCESSOR, amount_minor))


def refund_failed(amount_minor: int) -> tuple[Transfer, ...]:
    """The refund came back: the exact reverse of its request."""
    return _posting("refund_failed", (_REFUNDS_IN_TRANSIT, _REFUNDS, amount_minor))


def refund_returned(amount_minor: int) -> tuple[Transfer, ...]:
    """The customer's bank sent a refund back that had settled: the processor has the money again."""
    return _posting("refund_returned", (_PROCESSOR, _REFUNDS, amount_minor))


def refund_recorded(amount_minor: int) -> tuple[Transfer, ...]:
    """Staff recorded that money was given back outside a processor."""
    return _posting("refund_recorded", (_REFUNDS, _BANK, amount_minor))


def dispute_opened(amount_minor: int, fee_minor: int) -> tuple[Transfer, ...]:
    """A customer disputes a payment at the bank: the processor takes it back at once, and a fee."""
    return _posting("dispute_opened", (_DISPUTES, _PROCESSOR, amount_minor), (_FEES, _PROCESSOR, fee_minor))


def dispute_won(amount_minor: int, fee_back_minor: int = 0) -> tuple[Transfer, ...]:
    """The bank decided for the business: the money comes back, and what the processor gives back of its fee."""
    return _posting("dispute_won", (_PROCESSOR, _DISPUTES, amount_minor), (_PROCESSOR, _FEES, fee_back_minor))


def dispute_lost(amount_minor: int) -> tuple[Transfer, ...]:
    """The bank decided for the customer: the money is gone. The invoice stays paid, the loss is written off."""
    return _posting("dispute_lost", (_WRITE_OFFS, _DISPUTES, amount_minor))


def credit_issued(net_minor: int, tax_minor: int) -> tuple[Transfer, ...]:
    """A credit note: revenue and tax are taken back, and the customer has that much to their credit."""
    return _posting("credit_issued", (_REVENUE, _CREDIT, net_minor), (_TAX, _CREDIT, tax_minor))


def credit_applied(amount_minor: int) -> tuple[Transfer, ...]:
    """A customer's credit pays (part of) an invoice."""
    return _posting("credit_applied", (_CREDIT, _RECEIVABLE, amount_minor))


def written_off(net_minor: int, tax_minor: int) -> tuple[Transfer, ...]:
    """A claim is given up: the net amount is a loss, the tax on it is no longer owed to the state."""
    return _posting("written_off", (_WRITE_OFFS, _RECEIVABLE, net_minor), (_TAX, _RECEIVABLE, tax_minor))


def balances(transfers: Iterable[Transfer]) -> dict[LedgerAccount, int]:
    """What the transfers left on each account they touched, debits positive; the values always add up to 0.

    >>> {account.value: amount for account, amount in balances(payment_recorded(500)).items()}
    {'bank': 500, 'receivable': -500}
    """
    totals: dict[LedgerAccount, int] = {}
    for transfer in transfers:
        totals[transfer.debit] = totals.get(transfer.debit, 0) + transfer.amount_minor
        totals[transfer.credit] = totals.get(transfer.credit, 0) - transfer.amount_minor
    return totals
