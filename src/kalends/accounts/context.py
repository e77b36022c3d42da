"""An account at a moment: what every service is handed instead of asking a clock or a table."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, LiteralString, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.letterhead import Letterhead
from kalends.accounts.setting import rises, setting
from kalends.catalog.options import ACCEPTED_METHODS
from kalends.core.calendar import billing_instant, local_date

ACCEPTED = tuple(option.value for option in ACCEPTED_METHODS)
"""Every kind of payment method that can be accepted."""


_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@<>\"']+\.[^\s<>\"']+")


class UnknownAccount(LookupError):
    """There is no account of this number."""


def _address_of(meaning: str) -> Any:
    return setting(
        "",
        f"{meaning}; empty: there is none.",
        allowed="an address such as https://example.com/terms, up to 500 letters, or empty",
        fits=lambda text: not text or (len(text) <= 500 and _WEB_ADDRESS.fullmatch(text) is not None),
    )


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account decided for itself; every field has the default that a new account starts with.

    A field is declared with what it means and may be; `kalends settings` shows and sets whatever stands here.
    """

    billing_hour: int = setting(
        7, "The local hour at which the charges and invoices of a day begin.", least=0, most=23
    )
    invoice_prefix: str = setting(
        "INV-",
        "What the numbers of new invoices begin with.",
        allowed="up to 12 letters, digits, dots, slashes and hyphens",
        fits=lambda prefix: re.fullmatch(r"[\w./-]{0,12}", prefix) is not None,
    )
    credit_note_prefix: str = setting(
        "CN-",
        "What the numbers of new credit notes begin with.",
        allowed="up to 12 letters, digits, dots, slashes and hyphens",
        fits=lambda prefix: re.fullmatch(r"[\w./-]{0,12}", prefix) is not None,
    )
    retry_days: tuple[int, ...] = setting(
        (1, 3, 5, 7),
        "On which days after its first failure a charge is tried again; empty: never.",
        allowed="up to 10 whole numbers from 1 to 60, each larger than the one before",
        fits=lambda days: len(days) <= 10 and all(1 <= day <= 60 for day in days) and rises(days),
    )
    retry_bank_debits: bool = setting(
        default=False,
        meaning="Whether a bank debit that came back is tried again on those days too; each try costs a fee.",
    )
    cancel_after_last_retry: bool = setting(
        default=False,
        meaning="Whether a subscription is canceled when the last try of a charge has failed as well.",
    )
    unpaid_is_churned: bool = setting(
        default=True,
        meaning="Whether reports of revenue take an unpaid subscription for lost until it is paid; off: it counts.",
    )
    prorate_edits: bool = setting(
        default=False,
        meaning="Whether an edit is prorated unless said otherwise: the days left are charged and credited at once.",
    )
    notice_days: int = setting(
        2, "How many days before the next payment a subscription can no longer be edited.", least=0, most=60
    )
    reminder_days: int = setting(
        0, "How many days before a payment its customer is reminded; 0: never.", least=0, most=60
    )
    invoice_reminder_days: int = setting(
        0, "How many days before an invoice falls due its customer is reminded; 0: never.", least=0, most=7
    )
    failed_payment_letters: bool = setting(
        default=True, meaning="Whether customers are told by letter that a charge of theirs has failed."
    )
    partial_payments: bool = setting(
        default=False,
        meaning="Whether new invoices may be paid in parts; each invoice can be switched by itself.",
    )
    accepted_methods: tuple[str, ...] = setting(
        ACCEPTED,
        "What new subscriptions and invoices may be paid with, unless said otherwise.",
        choices=ACCEPTED,
    )
    payment_links: bool = setting(
        default=True,
        meaning="Whether the invoices of a new subscription include a payment link for online payments, unless said "
        "otherwise.",
    )
    collect_billing_address: bool = setting(
        default=False,
        meaning="Whether customers of new subscriptions and invoices are asked for their billing address when they pay "
        "by card, unless said otherwise.",
    )
    collect_shipping_address: bool = setting(
        default=False,
        meaning="Whether customers of new subscriptions and invoices are asked for their shipping address, unless said "
        "otherwise.",
    )
    charges_per_second: int = setting(
        50, "How many charges a second are sent to the payment processor, at most.", least=1, most=1000
    )
    api_requests_per_ten_seconds: int = setting(
        190,
        "How many requests of the HTTP API each token may make in ten seconds; 0: any number.",
        least=0,
        most=1_000_000,
    )
    api_app_requests_per_ten_seconds: int = setting(
        110,
        "How many requests of the HTTP API each app may make in ten seconds, all its tokens together; 0: any number.",
        least=0,
        most=1_000_000,
    )
    api_searches_per_second: int = setting(
        5,
        "How many searches a second all tokens together may make; 0: any number.",
        least=0,
        most=100_000,
    )
    api_requests_per_day: int = setting(
        1_000_000,
        "How many requests of the HTTP API a day all tokens together may make; 0: any number.",
        least=0,
        most=1_000_000_000,
    )
    keep_buyers_years: int = setting(
        10,
        "For how many years after its own an issued invoice keeps its buyer's name and address when the contact is "
        "erased; 0: not at all.",
        least=0,
        most=30,
    )
    net_terms_days: int = setting(
        0,
        "How many days after their date the invoices of a new subscription are due, unless said otherwise.",
        least=0,
        most=365,
    )
    email_invoices: bool = setting(
        default=True, meaning="Whether the invoices of a new subscription are emailed, unless said otherwise."
    )
    invoice_comments: str = setting(
        "",
        "What stands on the invoices of a new subscription, unless said otherwise.",
        allowed="up to 2000 letters, or empty",
        fits=lambda text: len(text) <= 2000 and "\x00" not in text,
    )
    links_create_deals: bool = setting(
        default=False,
        meaning="Whether a purchase through a payment link makes a deal; each link can say otherwise.",
    )
    links_deal_pipeline: str = setting(
        "default",
        "In which pipeline such a deal is made, unless the link says otherwise.",
        allowed="the name of a pipeline, up to 100 letters",
        fits=lambda name: 0 < len(name) <= 100,
    )
    links_deal_stage: str = setting(
        "closedwon",
        "In which stage such a deal is made, unless the link says otherwise.",
        allowed="the name of a stage, up to 100 letters",
        fits=lambda name: 0 < len(name) <= 100,
    )
    links_text: str = setting(
        "",
        "What stands below the total of a new payment link, unless said otherwise.",
        allowed="up to 5000 letters, or empty",
        fits=lambda text: len(text) <= 5000 and "\x00" not in text,
    )
    links_billing_address: bool = setting(
        default=False,
        meaning="Whether a new payment link asks for the billing address, unless said otherwise.",
    )
    links_shipping_address: bool = setting(
        default=False,
        meaning="Whether a new payment link asks for the shipping address, unless said otherwise.",
    )
    terms_url: str = _address_of("The web address of the terms of service that buyers accept")
    refund_policy_url: str = _address_of("The web address of the refund policy that buyers accept")
    quotes_days: int = setting(
        30, "For how many days a new quote can be accepted, unless it says otherwise.", least=1, most=365
    )
    quotes_terms: str = setting(
        "",
        "The terms of a new quote, unless said otherwise; they stand below its total.",
        allowed="up to 5000 letters, or empty",
        fits=lambda text: len(text) <= 5000 and "\x00" not in text,
    )
    quotes_need_approval: bool = setting(
        default=False, meaning="Whether somebody who may approve quotes has to, before one is published."
    )
    associate_billing_contact: bool = setting(
        default=False,
        meaning="Whether a quote's billing contact is associated with the subscriptions that are made of it.",
    )
    test_account: int = setting(
        default=0,
        meaning="The sandbox account in which payment links are tried; 0: none yet.",
        least=0,
        by_hand=False,
    )
    portal: bool = setting(
        default=True,
        meaning="Whether customers can open pages of their own, by a link that is emailed to them.",
    )
    portal_cancel: bool = setting(
        default=False,
        meaning="Whether customers can cancel their subscriptions there, for the end of the paid period.",
    )
    portal_pause: bool = setting(
        default=False, meaning="Whether customers can pause their subscriptions there, and let them go on."
    )
    second_factor_for_all: bool = setting(
        default=False,
        meaning="Whether everybody who works in the account needs a second factor beside their password.",
    )
    letters: str = setting(
        "queued",
        "Whether letters are delivered (queued), or written down and never delivered (kept).",
        choices=("queued", "kept"),
    )

    @property
    def collected_addresses(self) -> list[str]:
        """The kinds of addresses that customers are asked for, unless said otherwise."""
        wanted = {
            "billing_address": self.collect_billing_address,
            "shipping_address": self.collect_shipping_address,
        }
        return [kind for kind, is_wanted in wanted.items() if is_wanted]

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "AccountSettings":
        """Settings from their stored form; what is not stored has its default."""
        known: dict[str, Any] = {}
        for item in fields(cls):
            if item.name in stored:
                value = stored[item.name]
                known[item.name] = tuple(value) if isinstance(item.default, tuple) else value
        return cls(**known)

    def stored(self) -> Jsonb:
        """The form in which settings are stored."""
        return Jsonb(asdict(self))


@dataclass(frozen=True, slots=True)
class AccountContext:
    """An account, its settings and its present moment (``now`` in UTC, ``today`` in the account's time zone)."""

    id: int
    name: str
    mode: str
    time_zone: str
    currency: str
    language: str
    country: str
    settings: AccountSettings
    now: datetime
    letterhead: Letterhead = field(default_factory=Letterhead)
    moved_from: int | None = None
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_date(self.now, self.time_zone))

    @property
    def known_as(self) -> int:
        """The number by which processors know the account: the one that it was made with, wherever it was moved."""
        return self.id if self.moved_from is None else self.moved_from

    @property
    def is_sandbox(self) -> bool:
        """Whether this account's money is not real and its clock can be moved."""
        return self.mode == "sandbox"

    def billing_starts(self, day: date) -> datetime:
        """The instant at which the charges and invoices of ``day`` start."""
        return billing_instant(day, self.time_zone, self.settings.billing_hour)

    @property
    def billing_day(self) -> date:
        """The latest day whose charges and invoices may have started by now (today, or before the hour yesterday)."""
        if self.now >= self.billing_starts(self.today):
            return self.today
        return date.fromordinal(self.today.toordinal() - 1)


_LETTERHEAD = tuple(item.name for item in fields(Letterhead))
_SELECT = cast(
    "LiteralString",
    f"SELECT {', '.join(_LETTERHEAD)}, id, name, mode, time_zone, currency, language, country, settings, clock_at, "
    "known_as FROM account",
)


def load_context(db: Connection[Any], account_id: int, *, system_now: datetime) -> AccountContext:
    """The account at its present moment: its own clock's if it is a sandbox, else ``system_now``.

    Raises ``UnknownAccount``.
    """
    return ask_for_context(db, account_id)(system_now)


def ask_for_context(db: Connection[Any], account_id: int) -> Callable[[datetime], AccountContext]:
    """Ask what :func:`load_context` loads; what is returned takes the answer, once a pipeline has brought it.

    The connections of pages read JSON as text.
    """
    cursor = db.execute(_SELECT + " WHERE id = %s", [account_id])

    def answer(system_now: datetime) -> AccountContext:
        row = cursor.fetchone()
        if row is None:
            raise UnknownAccount(f"There is no account {account_id}.")
        own, (*plain, settings, clock_at, known_as) = row[: len(_LETTERHEAD)], row[len(_LETTERHEAD) :]
        return AccountContext(
            *plain,
            settings=AccountSettings.read(json.loads(settings) if isinstance(settings, str) else settings),
            now=clock_at or system_now,
            letterhead=Letterhead(*own),
            moved_from=known_as,
        )

    return answer


def account_ids(db: Connection[Any]) -> list[int]:
    """Every account of this installation, oldest first."""
    return [row[0] for row in db.execute("SELECT id FROM account ORDER BY id").fetchall()]
