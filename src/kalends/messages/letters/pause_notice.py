"""To whoever looks after a subscription: it is paused, will be, or goes on."""

from datetime import date

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.payment_made import about_customer
from kalends.messages.letters.words import Words, changed_to, next_payment, open_subscription


def compose(facts: Facts, formats: Formats) -> Words:
    """Whose subscription it is, from when until when it pauses, and what that means for the money."""
    agreement, customer = facts.agreement, facts.customer
    assert agreement is not None
    what = _what(facts)
    words = {"name": agreement.name, "customer": customer.company or customer.name}
    until = None if what == "resumed" else agreement.resume_on
    nothing = _("Nothing is charged or invoiced during the pause.")
    day = formats.day(changed_to(facts, "pause_on") or facts.on)
    subject, opening, below, closing = {
        "paused": (
            _("Paused: %(name)s of %(customer)s"),
            _("A subscription is paused"),
            _("since %(date)s"),
            (nothing, _until(until, formats)),
        ),
        "to be paused": (
            _("To be paused: %(name)s of %(customer)s"),
            _("A subscription will be paused"),
            _("from %(date)s on"),
            (nothing, _until(until, formats)),
        ),
        "resumed": (
            _("Going on: %(name)s of %(customer)s"),
            _("A subscription goes on"),
            _("since %(date)s"),
            next_payment(agreement, formats),
        ),
    }[what]
    return Words(
        subject=subject % words,
        preview=" ".join(closing),
        opening=opening,
        figure=agreement.name,
        below=(below % {"date": day},),
        rows=about_customer(facts, with_subscription=False),
        closing_title=_("What happens next"),
        closing=closing,
        link=open_subscription(agreement),
        footer=(
            _(
                "You get this because you own this subscription, or administer %(seller)s while nobody owns it."
            )
            % {"seller": facts.seller.name},
        ),
    )


def _what(facts: Facts) -> str:
    """What the event says happened: a pause whose day has come clears that day, so the status is asked first."""
    before, after = facts.change.columns.get("status", ("", "")) if facts.change else ("", "")
    if "paused" in (before, after):
        return "paused" if after == "paused" else "resumed"
    return "to be paused" if changed_to(facts, "pause_on") else "paused"


def _until(resume_on: date | None, formats: Formats) -> str:
    if resume_on is None:
        return _("It goes on when somebody resumes it.")
    return _("It goes on by itself on %(date)s.") % {"date": formats.day(resume_on)}
