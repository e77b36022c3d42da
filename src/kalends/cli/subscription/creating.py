"""``kalends subscription create``: what was agreed with a customer, divided into subscriptions and shown first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.asking import DAY, RECORD_ID, ask, done_before, key_of, request_key_option, yes_option
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, json_option, note, print_json, say, table
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.patience import patiently

if TYPE_CHECKING:
    from kalends.billing.agree import Agreed, AgreementRefused, Foreseen

_LINE = '"NAME;PRICE;QUANTITY;FREQUENCY;PAYMENTS;START;DISCOUNT%;TAX%"'


@click.command(
    epilog="Exit codes: 0 made or shown, 2 a value that cannot be or no --yes, 3 no database, 4 the request key was "
    "used for something else."
)
@click.option("--contact", metavar="EMAIL|ID", help="Who pays and gets the letters; needed.")
@click.option("--company", metavar="NAME|ID", help="On whose behalf.")
@click.option("--line", "typed", multiple=True, metavar=_LINE, help="A line; may be given several times.")
@click.option("--file", type=click.Path(path_type=Path), help="Read the request from a TOML or JSON file.")
@click.option("--frequency", help="How often lines are billed that do not say so themselves.")
@click.option("--currency", metavar="CODE", help="By default that of the account.")
@click.option("--method", metavar="ID", type=RECORD_ID, help="Charge automatically by this stored method.")
@click.option(
    "--due", metavar="TERMS", help="When invoices are due: receipt (the default), or days such as 30."
)
@click.option(
    "--accept",
    multiple=True,
    metavar="KIND",
    help="A kind of payment that is accepted; without any, those that the account accepts.",
)
@click.option("--no-online-payment", is_flag=True, help="Invoices carry no link for paying online.")
@click.option(
    "--collect",
    multiple=True,
    type=click.Choice(["billing", "shipping"]),
    help="An address to ask the customer for.",
)
@click.option(
    "--address", multiple=True, metavar="PART=TEXT", help="The billing address: zip=0155, city=Oslo ..."
)
@click.option("--start", type=DAY, help="The first day of what names none itself; today if none is given.")
@click.option("--bill-from", type=DAY, help="What began earlier is billed here from this day on.")
@click.option("--off", is_flag=True, help="A mere record of what is billed elsewhere.")
@click.option("--name", help="By default that of the first line.")
@click.option("--owner", metavar="EMAIL|ID", help="Which user of the account looks after it.")
@click.option("--comments", help="A remark that stands on its invoices.")
@click.option("--language", metavar="CODE", help="Of its invoices and letters.")
@click.option("--dry-run", is_flag=True, help="Show what would be made and its next payments; make nothing.")
@request_key_option
@account_option
@yes_option
@json_option
def create(
    typed: Sequence[str],
    file: Path | None,
    dry_run: bool,
    request_key: str | None,
    account: str | None,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Create the subscriptions of what was agreed with a customer.

    Each line says what it costs and how often it is billed (weekly, monthly, annually ...), for how many payments
    (none: until canceled) and from when: a day, or a delay such as 14d or 2mo. Lines that are billed alike share a
    subscription; any difference makes another, and the answer says which and why. All are made, or none.

    Invoices are sent, unless --method charges automatically. What began in the past needs --bill-from, so that nothing
    is billed twice. A file has the same names as the options, and its lines under `lines` ([[lines]] in TOML); options
    count before what stands in it.

    \b
    Examples:
      kalends subscription create --contact kari@example.com --line "Fiber;499;1;monthly;;;;25%" --due 30
      kalends subscription create --contact kari@example.com --frequency monthly \\
          --line "Fiber;499" --line "Insurance;1200;1;annually" --line "Router;99;1;;24" --dry-run
      kalends subscription create --contact 1077 --line "Fiber;499;1;monthly" --start 2024-03-01 --bill-from 2026-12-01
      kalends subscription create --file agreement.toml --request-key order-4711 --yes
    """
    from kalends.billing.agree import agree, foresee
    from kalends.cli.subscription.request import read_file, typed_line, wanted_of

    document = {} if file is None else read_file(file)
    document.update(_said(options))
    if typed:
        lines = document.get("lines", [])
        document["lines"] = [
            *lines,
            *(typed_line(text, len(lines) + n) for n, text in enumerate(typed, start=1)),
        ]
    with open_session() as session:
        ctx = session.account(account)
        db = session.db
        with _refusals_told():
            wanted = wanted_of(document, session, ctx)
            if dry_run or not done_before(db, ctx, "agreement", request_key):
                foreseen, why = foresee(db, ctx, wanted)
                _show(foreseen, why, aside=not dry_run or as_json)
                if dry_run:
                    if as_json:
                        print_json(_foreseen_as_json(foreseen, why))
                    return
                ask("create", _question(foreseen), yes=yes)
            key = key_of(request_key)
            made = patiently(lambda: agree(db, ctx, wanted, actor="cli", request_key=key))
    if as_json:
        print_json(
            {
                "created": True,
                "why": made.why,
                "subscriptions": [each._asdict() for each in made.subscriptions],
            }
        )
    else:
        _tell(made)


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, under the names that a file has for them."""
    said: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, datetime):
            said[name] = value.date()
        elif value not in (None, (), False):
            said[name] = list(value) if isinstance(value, tuple) else value
    if said.pop("no_online_payment", False):
        said["online_payment"] = False
    if "address" in said:
        said["address"] = dict(_part(text) for text in said["address"])
    return said


def _part(text: str) -> tuple[str, str]:
    part, equals, value = text.partition("=")
    if not equals:
        raise UserFacing(
            "This is no part of an address.", where="--address", value=text, remedy="Write it like zip=0155."
        )
    return part.strip(), value.strip()


@contextmanager
def _refusals_told() -> Iterator[None]:
    from kalends.billing.agree import AgreementRefused
    from kalends.events.requests import RequestKeyRefused

    try:
        yield
    except AgreementRefused as refusal:
        raise _told(refusal) from refusal
    except RequestKeyRefused as refusal:
        raise UserFacing(str(refusal), where="--request-key", exit_code=ExitCode.REFUSED) from refusal


def _told(refusal: AgreementRefused) -> UserFacing:
    """Everything that is wrong; a single thing by place, value and remedy, several below each other."""
    from kalends.cli.subscription.request import wrong

    first, *others = refusal.problems
    if not others:
        return wrong(first.place, first.value, first.remedy)
    listed = "\n".join(f"  {problem}" for problem in refusal.problems)
    number = count(len(refusal.problems), "thing is", "things are")
    return UserFacing(f"This cannot be agreed, and nothing was made: {number} wrong.\n{listed}")


def _show(foreseen: Sequence[Foreseen], why: str, *, aside: bool) -> None:
    tell = note if aside else say
    if why:
        tell(f"{count(len(foreseen), 'subscription')}. {why}")
    for each in foreseen:
        title = f"{each.name}: {each.terms} ({_of(each.lines)})"
        if not each.payments:
            tell(f"{title}; nothing of it is billed here.")
            continue
        if each.billed_before:
            title += f"; {count(each.billed_before, 'payment')} made elsewhere"
        if each.overdue:
            title += f"; {count(each.overdue, 'payment')} due before today"
        rows = [
            (payment.cycle + 1, payment.due_date, format_minor(payment.total_minor, each.currency))
            for payment in each.payments
        ]
        tell(f"{title}:")
        table(("payment", "due", "amount"), rows, right=("payment", "amount"), aside=aside)
    if not aside:
        say("Nothing was made.")


def _of(lines: Sequence[int]) -> str:
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))}"


def _question(foreseen: Sequence[Foreseen]) -> str:
    many = count(len(foreseen), "subscription")
    late = sum(each.overdue for each in foreseen)
    billed = (
        f" {count(late, 'payment')} of what is past {'is' if late == 1 else 'are'} billed at once."
        if late
        else ""
    )
    return f"{many} would be made.{billed}"


def _tell(made: Agreed) -> None:
    for each in made.subscriptions:
        say(f"{each.name} ({each.id}) is made of {_of(each.lines)}: {each.terms}.")
    if made.why:
        say(made.why)


def _foreseen_as_json(foreseen: Sequence[Foreseen], why: str) -> dict[str, Any]:
    groups = [
        {**each._asdict(), "payments": [payment._asdict() for payment in each.payments]} for each in foreseen
    ]
    return {"created": False, "why": why, "subscriptions": groups}
