"""``kalends verify`` and ``kalends explain``: every figure proved, and one figure explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import ALL, Session, account_option, open_processors, open_session
from kalends.cli.show import count, json_option, print_json, say
from kalends.platform.errors import ExitCode

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.proof.report import Report
    from kalends.proof.run import Step


@click.command(epilog="Exit codes: 0 everything agrees, 1 there are differences, 2 no such account, 3 no database.")
@click.option("--account", "account", metavar="ID|NAME|all", default=ALL, show_default=True, help="Which account.")
@json_option
@click.pass_context
def verify(click_ctx: click.Context, account: str, as_json: bool) -> None:
    """Work every invoice, balance, total and property out again from first principles, and name each difference.

    The arithmetic is a second, slow and obvious one that shares no rule with the billing path. The ledger must balance in
    every currency, each total must be what the ledger says, and the processors' statements must agree. Nothing is written.

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
    """Prove the books of the account that is entered."""
    from kalends.proof.verify import verify as prove

    with open_processors(ctx) as processors, Progress(f"verify {ctx.name}") as progress:

        def tell(step: Step) -> None:
            progress(step.done, step.check)

        return prove(session.db, ctx, processors=processors, progress=tell)


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
@account_option
@json_option
def explain(invoice: str, account: str | None, as_json: bool) -> None:
    """Say why an INVOICE (its number or id) comes to its amount: line by line, rule by rule, in plain words.

    Dates, roundings, discounts and taxes are told in the order in which they were applied.

    \b
    Examples:
      kalends explain INV-1001
      kalends explain INV-1001 --json
    """
    from kalends.cli.tell_invoice import explain_invoice

    with open_session() as session:
        explain_invoice(session, session.account(account), invoice, as_json=as_json)
