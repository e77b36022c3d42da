"""Through whom customers pay: connecting Stripe, trying the connection, ending it, and whether the books agree with it.

What is done here calls Stripe, and so outside any transaction; a form that was sent twice does it twice, with one
connection in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from kalends.payments.processors.registry import SANDBOX, chosen_processor
from kalends.payments.processors.stripe.connection import (
    CannotConnect,
    Merchant,
    StripeConnection,
    charged_through,
    check_connection,
    connect,
    disconnect,
    find_connection,
)
from kalends.platform.clock import system_now
from kalends.proof.reconcile import Reconciled, latest
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.methods import stored
from kalends.staff.reply import dialog, moved
from kalends.staff.settings.deeds import Asked
from kalends.staff.settings.places import PLACES, framed, link, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import View, Visit, account_page

PAGE, ABILITY = "processor", "settings"
NIGHTS = 7
"""How many comparisons are shown."""

_REFUSED: dict[str, Callable[[], str]] = {
    "publishable": lambda: _("This is the publishable key. Give the secret key or a restricted one."),
    "no_key": lambda: _("A key of Stripe's begins with sk_live_, rk_live_, sk_test_ or rk_test_."),
    "test_key": lambda: _(
        "This is a test key, and this account is live: test cards must not pay real invoices."
    ),
    "live_key": lambda: _(
        "This is a live key, and this account is a sandbox: it must not charge real cards."
    ),
    "no_signing": lambda: _("A signing secret of Stripe's begins with whsec_."),
    "not_let_in": lambda: _("Stripe does not accept this key."),
    "no_answer": lambda: _("Stripe gives no answer. Try again in a moment."),
    "not_connected": lambda: _("This account is not connected to Stripe."),
}


class ConnectForm(Form):
    """The key to a merchant at Stripe."""

    key = forms.CharField(
        label=gettext_lazy("Secret or restricted key"),
        help_text=gettext_lazy(
            "Stripe shows it under Developers, API keys. It is kept encrypted, and never shown."
        ),
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    signing_secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        help_text=gettext_lazy("Only where you made an endpoint at Stripe yourself."),
        max_length=400,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How the account is connected, and whether the books agreed last night."""
    visit.require(PLACES[PAGE].needs)
    db = visit.psycopg()
    found = find_connection(db, visit.ctx.id)
    connected = found is not None and found.is_connected
    rows = [_row(visit, found)] if found is not None and connected else []
    table = Table(
        "processor",
        _("Stripe"),
        [_("Account at Stripe"), _("What customers can pay by"), _("Last tested")],
        rows,
        note=_(
            "Cards and bank accounts are given on Stripe's own pages. When and how much is charged is decided here: "
            "no subscription and no invoice is made at Stripe."
        ),
        add=None
        if connected
        else Act(_("Connect Stripe"), reverse("settings-processor-connect", args=[visit.ctx.id])),
        empty=_without(visit),
    )
    nights = Table(
        "compared",
        _("Compared with the books"),
        [_("Days"), _("Movements"), _("Result")],
        [_night(visit, each) for each in latest(db, visit.ctx.id, NIGHTS)],
        note=_(
            "Each night every movement at the processor is looked up in the ledger, and the other way round."
        ),
        empty=_("Nothing was compared yet."),
    )
    return shown(request, visit, PAGE, "tables", {"tables": [table, nights]})


def _without(visit: Visit) -> str:
    if chosen_processor(visit.psycopg(), visit.ctx) == SANDBOX:
        return _(
            "Not connected: customers of this sandbox pay through the sandbox processor, and no money moves."
        )
    return _("Not connected: customers cannot pay online yet. Payments can be recorded by hand.")


def _row(visit: Visit, found: StripeConnection) -> Row:
    tags = [Tag(_("Connected"), "ok")]
    if found.is_test:
        tags.append(Tag(_("Test")))
    if not found.can_charge:
        tags.append(Tag(_("Cannot charge yet"), "warn"))
    if not found.can_pay_out:
        tags.append(Tag(_("Cannot pay out yet"), "warn"))
    where = f"{found.merchant} · {formatting.locale().territories.get(found.country, found.country)} · {found.currency}"
    hears = (
        _("Stripe tells at once what happens.")
        if found.hears
        else _("Stripe cannot reach this address: it is asked every quarter of an hour.")
    )
    acts = [
        Act(_("Test"), reverse("settings-processor-test", args=[visit.ctx.id])),
        Act(_("Another key"), reverse("settings-processor-connect", args=[visit.ctx.id])),
        Act(_("Disconnect"), reverse("settings-processor-disconnect", args=[visit.ctx.id])),
    ]
    cells = [
        Cell(found.merchant_name, where, tags=tags),
        Cell(_methods(found.methods)),
        Cell(formatting.instant(found.checked_at, visit.ctx.time_zone), hears),
    ]
    return Row(found.merchant_name, cells, acts)


def _methods(kinds: list[str]) -> str:
    return ", ".join(stored(kind, None, None).name for kind in kinds) or _("Nothing yet")


def _night(visit: Visit, each: Reconciled) -> Row:
    days = formatting.day(each.first)
    if each.last != each.first:
        days = _("%(first)s to %(last)s") % {"first": days, "last": formatting.day(each.last)}
    when = formatting.instant(each.made_at, visit.ctx.time_zone)
    if each.agrees:
        result = Cell(_("Everything agrees"), tags=[Tag("0", "ok")])
    else:
        words = ngettext("%(number)s difference", "%(number)s differences", each.differences)
        count = words % {"number": formatting.number(Decimal(each.differences))}
        result = Cell(count, " ".join(each.found), tags=[Tag(_("Look into it"), "bad")])
    return Row(days, [Cell(days, when), Cell(formatting.number(Decimal(each.movements))), result])


Work = Callable[[ActionVisit, dict[str, Any]], str]


def _outside(form: Callable[[Any], Form], asked: Callable[[Visit], Asked], work: Work) -> View:
    """An address that asks in a dialog and then calls Stripe; ``work`` gives the toast."""

    def ask_in(request: HttpRequest, visit: Visit, made: Form, status: int = 200) -> HttpResponse:
        around = {"form": made, "asked": asked(visit), "back": link(visit, PAGE)}
        return dialog(
            request, "staff/settings/dialog.html", framed(request, visit, PAGE, around), status=status
        )

    @require_safe
    @account_page
    def get(request: HttpRequest, visit: Visit) -> HttpResponse:
        visit.require(PLACES[PAGE].needs)
        return ask_in(request, visit, form(None))

    @account_action(ABILITY)
    def post(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
        made = form(request.POST)
        if made.is_valid():
            try:
                told = work(visit, made.cleaned_data)
            except CannotConnect as problem:
                field = "signing_secret" if problem.reason == "no_signing" else "key"
                made.add_error(field if field in made.fields else None, _why(problem))
            else:
                return moved(request, link(visit, PAGE), told)
        return ask_in(request, visit, made, 422)

    return by_method(get=get, post=post)


def _why(problem: CannotConnect) -> str:
    if problem.reason == "lacks":
        return _("This key may not use what is needed: %(what)s.") % {"what": problem.problem}
    return _REFUSED[problem.reason]()


def _connect(visit: ActionVisit, asked: dict[str, Any]) -> str:
    merchant = connect(
        visit.db,
        visit.ctx,
        asked["key"],
        address=f"{settings.PUBLIC_URL}/webhooks/stripe/{visit.ctx.id}",
        signing_secret=asked["signing_secret"],
        now=system_now(),
        actor=visit.who.actor,
    )
    return _("Connected to %(name)s") % {"name": merchant.name}


def _test(visit: ActionVisit, asked: dict[str, Any]) -> str:  # noqa: ARG001
    return _found_out(check_connection(visit.db, visit.ctx, now=system_now()))


def _found_out(merchant: Merchant) -> str:
    if merchant.lacks:
        return _why(CannotConnect("lacks", "", ", ".join(merchant.lacks)))
    if not merchant.can_charge:
        return _("The key works, and Stripe wants something of you before it charges")
    return _("The connection works: %(methods)s") % {"methods": _methods(merchant.methods)}


def _disconnect(visit: ActionVisit, asked: dict[str, Any]) -> str:  # noqa: ARG001
    disconnect(visit.db, visit.ctx, actor=visit.who.actor)
    return _("Stripe is disconnected")


def _consequence(visit: Visit) -> list[str]:
    number = charged_through(visit.psycopg(), visit.ctx.id)
    return [
        ngettext(
            "%(number)s subscription is charged through Stripe: its charges wait until it is connected again.",
            "%(number)s subscriptions are charged through Stripe: their charges wait until it is connected again.",
            number,
        )
        % {"number": formatting.number(Decimal(number))},
        _(
            "Customers cannot pay online meanwhile. Nothing that was paid changes, and nobody is told of a failure."
        ),
        _(
            "The keys are deleted here. Stripe keeps the methods: connect the same account again to go on with them."
        ),
    ]


connecting = _outside(
    ConnectForm,
    lambda visit: Asked(
        _("Connect Stripe"),
        _("Connect"),
        [
            _("The key is tried first: nothing is charged.")
            if visit.ctx.is_sandbox
            else _("The key is tried first: nothing is charged. From then on customers can pay online."),
            _("A sandbox takes a test key; Stripe's test cards then pay here, in Stripe's own time.")
            if visit.ctx.is_sandbox
            else _("A live account takes a live key."),
        ],
    ),
    _connect,
)
testing = _outside(
    Form,
    lambda visit: Asked(
        _("Test the connection"),
        _("Test"),
        [_("Stripe is asked what the key may do, and what customers can pay by. Nothing is charged.")],
    ),
    _test,
)
disconnecting = _outside(
    Form,
    lambda visit: Asked(_("Disconnect Stripe"), _("Disconnect"), _consequence(visit), takes_away=True),
    _disconnect,
)
