"""What the settings that accounts declare are called on pages, what they mean there, and where they stand.

Whatever :data:`kalends.accounts.change.RULES` declares is here; a test fails for one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from django.utils.functional import Promise, lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kalends.catalog.options import ACCEPTED_METHODS

Text = str | Promise


class Words(NamedTuple):
    """A setting on a page: ``wrong`` says what it may be, where that is more than a smallest and a largest number.

    ``options`` are the words for a choice's values.
    """

    page: str
    section: str
    label: Text
    help: Text = ""
    wrong: Text = ""
    options: Mapping[str, Text] = MappingProxyType({})
    kind: str = ""


class Section(NamedTuple):
    """A card of a page."""

    heading: Text
    note: Text = ""


SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        "company": Section(_("Company"), _("The name and the address stand on every invoice.")),
        "policies": Section(
            _("Terms for buyers"),
            _(
                "Linked at checkout and on quotes. What a buyer accepted stays with the purchase, word for word."
            ),
        ),
        "branding": Section(_("Branding")),
        "language": Section(_("Language and time")),
        "run": Section(_("Billing run"), _("A run that is under way goes on as it began.")),
        "fresh": Section(
            _("New subscriptions"),
            _(
                "What the form begins with; whoever makes one can decide otherwise. Those that are there stay."
            ),
        ),
        "edits": Section(_("Editing subscriptions")),
        "retries": Section(
            _("When a charge fails"),
            _("This holds for charges that fail from now on; tries that are planned already stay."),
        ),
        "revenue": Section(_("Recurring revenue")),
        "accepting": Section(
            _("What customers pay with"),
            _(
                "For new subscriptions and invoices; each of them can be made otherwise. Those that are there stay."
            ),
        ),
        "charging": Section(_("Charging")),
        "numbers": Section(
            _("Numbers"),
            _(
                "New numbers begin with this. Invoices that are there keep theirs, and counting goes on without a gap."
            ),
        ),
        "paying": Section(_("Paying")),
        "keeping": Section(_("Keeping")),
        "links": Section(
            _("New payment links"), _("What the editor begins with; each link can say otherwise.")
        ),
        "quotes": Section(_("New quotes"), ""),
        "quotes_converted": Section(_("Subscriptions made of quotes"), ""),
        "link_deals": Section(
            _("Deals"),
            _(
                "A repeat payment never makes a deal, and neither does a purchase that belongs to an open deal."
            ),
        ),
        "portal": Section(
            _("Customers' own pages"),
            _("Subscriptions, invoices, receipts, payment methods and details, without a password."),
        ),
        "letters": Section(_("Letters")),
        "security": Section(
            _("Second factor"),
            _(
                "Beside the password: a passkey, or a code from an app. Programs with API tokens are not affected: "
                "they have no password, and go on as before."
            ),
        ),
        "limits": Section(_("Limits of the HTTP API"), _("Programs that ask for more are told to wait.")),
    }
)

_label = lazy(lambda each: each.label.in_language(get_language() or "en"), str)
"""What the catalogue calls an option, in the language of the page."""

_LINE = _("One line of up to 120 letters.")
_PREFIX = _("Up to 12 letters, digits, dots, slashes and hyphens.")


_WEB_ADDRESS = _("Give an address such as https://example.com/terms, or nothing.")


def _company(label: Text, help_: Text = "", wrong: Text = _LINE) -> Words:
    return Words("company", "company", label, help_, wrong)


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "name": _company(
            _("Company name"), _("Letters come from this name."), _("One line of 1 to 120 letters.")
        ),
        "address": _company(_("Street address")),
        "address2": _company(_("Street address, second line")),
        "zip": _company(_("Postal code")),
        "city": _company(_("City")),
        "state": _company(_("State or region")),
        "country": Words("company", "company", _("Country"), kind="country"),
        "tax_id": _company(_("Tax ID"), _("As it stands on invoices, for example NO 923 456 789 MVA.")),
        "support_email": _company(
            _("Support email"),
            _("Customers who answer a letter write to this address."),
            _("Give an email address such as name@company.com, or nothing."),
        ),
        "terms_url": Words("company", "policies", _("Web address of the terms of service"), "", _WEB_ADDRESS),
        "refund_policy_url": Words(
            "company", "policies", _("Web address of the refund policy"), "", _WEB_ADDRESS
        ),
        "brand_color": Words(
            "company",
            "branding",
            _("Brand color"),
            _("On letters, pages and invoices. Text on it is dark or white, whichever reads better."),
            _("Give a color such as #12464f."),
            kind="color",
        ),
        "language": Words(
            "company",
            "language",
            _("Language"),
            _("Of letters and invoices to customers who have no language of their own."),
            options=MappingProxyType({"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}),
        ),
        "time_zone": Words(
            "company",
            "language",
            _("Time zone"),
            _(
                "Days begin and end by this clock: what is due tomorrow, when a run begins, when an invoice is late."
            ),
            _("Give the name of a time zone such as Europe/Oslo."),
            kind="zone",
        ),
        "billing_hour": Words(
            "subscriptions",
            "run",
            _("Billing begins at this hour"),
            _("From 0 to 23, in the account's time zone. A change holds from the next day's run on."),
        ),
        "prorate_edits": Words(
            "subscriptions",
            "edits",
            _("Prorate edits"),
            _("The days left are charged and credited at once. Whoever edits can still decide otherwise."),
        ),
        "notice_days": Words(
            "subscriptions",
            "edits",
            _("Days of notice"),
            _(
                "So many days before the next payment a subscription can no longer be edited. 0: until the day itself."
            ),
        ),
        "unpaid_is_churned": Words(
            "subscriptions",
            "revenue",
            _("Unpaid subscriptions are lost revenue"),
            _("Until they are paid; all reports follow at once, past ones too. Otherwise they count on."),
        ),
        "net_terms_days": Words(
            "subscriptions",
            "fresh",
            _("Invoices are due after this many days"),
            _("From 0 to 365, counted from their date. 0: on receipt."),
        ),
        "email_invoices": Words("subscriptions", "fresh", _("Email each invoice")),
        "invoice_comments": Words(
            "subscriptions",
            "fresh",
            _("Comments on invoices"),
            _("Such as thanks, or how to reach you."),
            _("Up to 2,000 letters."),
            kind="long",
        ),
        "portal": Words(
            "payments",
            "portal",
            _("Customers have pages of their own"),
            _("A link that is emailed to them lets them in for some hours."),
        ),
        "portal_cancel": Words(
            "payments",
            "portal",
            _("They can cancel there"),
            _("For the end of the paid period; nothing is given back."),
        ),
        "portal_pause": Words("payments", "portal", _("They can pause there, and go on")),
        "accepted_methods": Words(
            "payments",
            "accepting",
            _("Accepted payment methods"),
            "",
            _("Accept at least one."),
            options=MappingProxyType({each.value: _label(each) for each in ACCEPTED_METHODS}),
        ),
        "payment_links": Words("payments", "accepting", _("Include a payment link for online payments")),
        "collect_billing_address": Words(
            "payments", "accepting", _("Collect billing address for card purchases")
        ),
        "collect_shipping_address": Words("payments", "accepting", _("Collect shipping address")),
        "retry_days": Words(
            "payments",
            "retries",
            _("Try again on these days"),
            _("Days after the first failure, with commas between: 1, 3, 5, 7. Nothing: never tried again."),
            _("Give up to 10 whole numbers from 1 to 60, each larger than the one before."),
        ),
        "retry_bank_debits": Words(
            "payments",
            "retries",
            _("Try bank debits again too"),
            _("Each try that comes back costs a fee."),
        ),
        "cancel_after_last_retry": Words(
            "payments",
            "retries",
            _("Cancel the subscription when the last try has failed"),
            _("Otherwise it stays Unpaid until somebody decides. A canceled one cannot be taken back."),
        ),
        "failed_payment_letters": Words(
            "payments",
            "retries",
            _("Tell customers by letter that a charge failed"),
            _("The letter says why, when it is tried again, and how to change the payment method."),
        ),
        "charges_per_second": Words(
            "payments",
            "charging",
            _("Charges a second"),
            _("As many as your payment processor takes. More make a run quicker, and may be turned away."),
        ),
        "invoice_prefix": Words("invoices", "numbers", _("Prefix of invoices"), "", _PREFIX),
        "credit_note_prefix": Words("invoices", "numbers", _("Prefix of credit notes"), "", _PREFIX),
        "partial_payments": Words(
            "invoices",
            "paying",
            _("New invoices may be paid in parts"),
            _("Each invoice can be switched by itself. Invoices that are there stay as they are."),
        ),
        "links_text": Words(
            "links",
            "links",
            _("Text below the total"),
            _("Such as your terms. Buyers read it before they pay."),
            _("Up to 5,000 letters."),
            kind="long",
        ),
        "links_billing_address": Words("links", "links", _("Ask for the billing address")),
        "links_shipping_address": Words("links", "links", _("Ask for the shipping address")),
        "links_create_deals": Words("links", "link_deals", _("Each purchase makes a deal")),
        "links_deal_pipeline": Words(
            "links",
            "link_deals",
            _("Pipeline of the deal"),
            kind="pipeline",
        ),
        "links_deal_stage": Words(
            "links",
            "link_deals",
            _("Stage of the deal"),
            wrong=_("Choose a stage of this pipeline."),
            kind="stage",
        ),
        "quotes_days": Words(
            "quotes",
            "quotes",
            _("Days a new quote is valid"),
            _("Each quote can have a last day of its own."),
        ),
        "quotes_terms": Words(
            "quotes",
            "quotes",
            _("Terms of a new quote"),
            _("They stand below the total, and the buyer agrees to them."),
            _("Up to 5,000 letters."),
            kind="long",
        ),
        "quotes_need_approval": Words(
            "quotes",
            "quotes",
            _("Quotes are approved before they are published"),
            _("By somebody whose role may approve quotes."),
        ),
        "associate_billing_contact": Words(
            "quotes",
            "quotes_converted",
            _("Associate the billing contact with subscriptions made of a quote"),
        ),
        "keep_buyers_years": Words(
            "invoices",
            "keeping",
            _("Years that invoices keep the buyer of an erased contact"),
            _(
                "Books must be kept for years; after them the name and the address go too. 0: not kept at all."
            ),
        ),
        "second_factor_for_all": Words(
            "security",
            "security",
            _("Everybody needs a second factor"),
            _(
                "It holds at once: whoever has none is led to set one up at their next click or when they sign in "
                "next, and reaches no page of this account before. Whoever has one and came in without it is asked "
                "for it."
            ),
        ),
        "letters": Words(
            "letters",
            "letters",
            _("Letters are"),
            _("Letters that are kept can be read in the log, but never reach anybody."),
            options=MappingProxyType({"queued": _("Delivered"), "kept": _("Kept, never delivered")}),
        ),
        "reminder_days": Words(
            "letters",
            "letters",
            _("Remind of a payment this many days before"),
            _("For customers who are charged automatically. 0: never."),
        ),
        "invoice_reminder_days": Words(
            "letters",
            "letters",
            _("Remind of an invoice this many days before it falls due"),
            _("For customers who pay by invoice. 0: never."),
        ),
        "api_requests_per_ten_seconds": Words(
            "limits", "limits", _("Requests in ten seconds"), _("Of each token. 0: any number.")
        ),
        "api_app_requests_per_ten_seconds": Words(
            "limits",
            "limits",
            _("Requests of an app in ten seconds"),
            _("Of all its tokens together. 0: any number."),
        ),
        "api_searches_per_second": Words(
            "limits", "limits", _("Searches a second"), _("Of all tokens together. 0: any number.")
        ),
        "api_requests_per_day": Words(
            "limits", "limits", _("Requests a day"), _("Of all tokens together. 0: any number.")
        ),
    }
)

BY_HAND_ELSEWHERE = frozenset({"logo", "test_account"})
"""Declared settings that are no field of a form: the logo is a picture with a form of its own, and the account in which
payment links are tried is made when one is tried."""


def names_on(page: str) -> list[str]:
    """The settings that stand on a page, in their order."""
    return [name for name, words in WORDS.items() if words.page == page]
