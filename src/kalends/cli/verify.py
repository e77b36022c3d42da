"""``kalends verify`` and ``kalends explain``: every figure proved, and one figure explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import ALL, Session, account_option, open_processors, open_session
from kalends.cli.show import count, facts, json_option, print_json, say
from kalends.core.digits import whole_number
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.proof.explanation import Explanation
    from kalends.proof.report import Report
    from kalends.proof.run import Step


@click.command(
    epilog="Exit codes: 0 everything agrees, 1 there are differences, 2 no such account, 3 no database."
)
@click.option(
    "--account", "account", metavar="ID|NAME|all", default=ALL, show_default=True, help="Which account."
)
@json_option
@click.pass_context
def verify(click_ctx: click.Context, account: str, as_json: bool) -> None:
    """Work every invoice, balance, total and property out again from first principles, and name each difference.

    The arithmetic is a second, slow and obvious one that shares no rule with the billing path. The ledger must balance
    in every currency, each total must be what the ledger says, and the processors' statements must agree. Nothing is
    changed; when the books were proved and what was found is kept for `kalends status`.

    \b
    Examples:
      kalends verify
      kalends verify --account "Nordlys AS" --json
    """
    with open_session() as session:
        choices = [account] if account != ALL else [str(id_) for id_, _ in session.known_accounts()]
        proofs: list[tuple[AccountContext, Report]] = []
        for choice in choices:
            ctx = session.account(choice)
            report = verify_account(session, ctx)
            proofs.append((ctx, report))
            if not as_json:
                _tell(ctx, report)
    if as_json:
        print_json(_document(proofs))
    elif not proofs:
        say("There is no account yet, and so nothing to prove.")
    if any(report.found for _, report in proofs):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def verify_account(session: Session, ctx: AccountContext) -> Report:
    """Prove the books of the account that is entered, and keep that it was done."""
    from kalends.platform.clock import system_now
    from kalends.proof.made import keep_proof
    from kalends.proof.verify import verify as prove

    with open_processors(ctx) as processors, Progress(f"verify {ctx.name}") as progress:

        def tell(step: Step) -> None:
            progress(step.done, step.check)

        report = prove(session.db, ctx, processors=processors, progress=tell)
    keep_proof(session.db, ctx, report, system_now())
    return report


def _document(proofs: list[tuple[AccountContext, Report]]) -> dict[str, Any]:
    return {
        "checked": sum(report.checked for _, report in proofs),
        "differences": sum(report.found for _, report in proofs),
        "accounts": [{"account": ctx.id, "name": ctx.name, **report.as_json()} for ctx, report in proofs],
    }


def _tell(ctx: AccountContext, report: Report) -> None:
    looked = f"{ctx.name}: {count(report.checked, 'invoice')}, {count(len(report.checks), 'check')}"
    say(f"{looked}: {'everything agrees' if report.clean else count(report.found, 'difference')}.")
    for difference in report.differences:
        say(f"  [{difference.check}] {difference}")
    if report.found > len(report.differences):
        say(f"  and {report.found - len(report.differences):,} more")
    for remark in report.notes:
        say(f"  note: {remark}")


@click.command(epilog="Exit codes: 0 explained, 2 no such invoice, 3 no database.")
@click.argument("invoice")
@click.option(
    "--next", "upcoming", is_flag=True, help="Explain the next payment of the SUBSCRIPTION of that number."
)
@account_option
@json_option
def explain(invoice: str, upcoming: bool, account: str | None, as_json: bool) -> None:
    """Say why an INVOICE (its number or id) comes to its amount: line by line, rule by rule, in plain words.

    Dates, roundings, discounts and taxes are told in the order in which they were applied.

    \b
    Examples:
      kalends explain INV-1001
      kalends explain INV-1001 --json
      kalends explain --next 1042
    """
    from kalends.proof.explain import UnknownInvoice, UnknownSubscription, explain_invoice, explain_next

    with open_session() as session:
        ctx = session.account(account)
        try:
            if upcoming:
                told = explain_next(session.db, ctx, _number(invoice))
            else:
                told = explain_invoice(session.db, ctx, invoice)
        except (UnknownInvoice, UnknownSubscription) as problem:
            raise UserFacing(str(problem), where=f"account {ctx.id} ({ctx.name})", value=invoice) from problem
    if as_json:
        print_json(told.as_json())
    else:
        _tell_explanation(told)


def _number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise UserFacing(
            "A subscription is named by its number.",
            where="--next",
            value=text,
            remedy="Give a number such as 1042.",
        )
    return number


def _tell_explanation(told: Explanation) -> None:
    """Amounts stand in a column of their own, the words beside them."""
    say(told.title)
    facts((fact.label, fact.value) for fact in told.facts)
    amounts = ["" if step.amount_minor is None else told.money(step.amount_minor) for step in told.steps]
    width = max((len(amount) for amount in amounts), default=0)
    part = ""
    for step, amount in zip(told.steps, amounts, strict=True):
        if step.part != part:
            say()
            part = step.part
        say(
            f"{step.sign or ' '} {amount:>{width}}  {step.text}"
            if amount
            else f"  {'':>{width}}  {step.text}"
        )
