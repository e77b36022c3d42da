"""``kalends import``: contacts, companies and subscriptions from CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.progress import Progress
from kalends.cli.session import account_option, open_session
from kalends.cli.show import count, facts, json_option, print_json, say, table
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.imports.mapping import ImportMapping
    from kalends.imports.outcome import Outcome

OBJECTS = ("contact", "company", "subscription")
SHOWN = 50


@click.command(
    "import",
    epilog="Exit codes: 0 imported (or, with --dry-run, it would be), 1 imported but rows or changes were left out, "
    "2 the file has problems and nothing was changed, 3 no database, 5 no room.",
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--map", "mapping", type=click.Path(path_type=Path), help="The mapping file (TOML).")
@click.option("--dry-run", is_flag=True, help="Do everything, report, and take it back.")
@click.option("--skip-bad-rows", is_flag=True, help="Import the good rows and say which were left out.")
@click.option(
    "--print-map", type=click.Choice(OBJECTS), help="Print a mapping file to start from, and leave."
)
@account_option
@json_option
@click.pass_context
def import_(
    click_ctx: click.Context,
    file: Path | None,
    mapping: Path | None,
    dry_run: bool,
    skip_bad_rows: bool,
    print_map: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Import contacts, companies or subscriptions from a CSV FILE.

    The mapping file says which column becomes what. The whole file is read and checked first, and every problem is
    listed by row and column, with the value and what would be right. Then all of it is imported, or nothing.
    Interrupted or killed, nothing of it is there; give the same command again.

    Importing the same file twice changes nothing. A changed row changes plain properties of its record; what a
    subscription charges is never changed by an import: such changes are named and refused.

    A subscription that started in the past must say how much of it was billed elsewhere, so that history is never
    billed by accident. docs/importing.md shows mapping files for real exports.

    \b
    Examples:
      kalends import --print-map subscription > subscriptions.toml
      kalends import contacts.csv --map contacts.toml --dry-run
      kalends import subscriptions.csv --map subscriptions.toml --account "Nordlys AS" --json
    """
    if print_map is not None:
        from kalends.imports.template import mapping_template

        click.echo(mapping_template(print_map), nl=False)
        return
    if file is None or mapping is None:
        raise click.UsageError("Give a FILE and its mapping: kalends import book.csv --map book.toml")
    from kalends.imports.mapping import read_mapping

    read = read_mapping(mapping)
    outcome = _import(file, read, account, dry_run=dry_run, skip_bad_rows=skip_bad_rows)
    if as_json:
        print_json(_document(file, read, outcome, dry_run=dry_run))
    else:
        _tell(file, read, outcome, dry_run=dry_run, skipping=skip_bad_rows)
    click_ctx.exit(_exit_code(outcome, skipping=skip_bad_rows))


def _import(
    file: Path, mapping: ImportMapping, account: str | None, *, dry_run: bool, skip_bad_rows: bool
) -> Outcome:
    from kalends.imports.load import import_file

    if file.is_dir():
        raise UserFacing("This is a folder.", where=str(file), remedy="Give a CSV file.")
    with file.open("rb"):
        pass
    with open_session() as session, Progress("rows") as progress:
        return import_file(
            session.db,
            session.account(account),
            file,
            mapping,
            dry_run=dry_run,
            skip_bad_rows=skip_bad_rows,
            progress=lambda doing, rows: progress(rows, doing),
        )


def _exit_code(outcome: Outcome, *, skipping: bool) -> ExitCode:
    if outcome.problems.found:
        return ExitCode.PROBLEM_FOUND if skipping else ExitCode.BAD_INPUT
    return ExitCode.PROBLEM_FOUND if outcome.refused else ExitCode.OK


def _document(file: Path, mapping: ImportMapping, outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "file": str(file),
        "object": mapping.object,
        "dry_run": dry_run,
        "written": outcome.written,
        "rows": outcome.rows,
        "created": outcome.created,
        "updated": outcome.updated,
        "unchanged": outcome.unchanged,
        "left_out_rows": outcome.left_out,
        "contacts_created": outcome.contacts_created,
        "payment_methods_created": outcome.payment_methods_created,
        "ignored_columns": outcome.ignored_columns,
        "problems": {
            "found": outcome.problems.found,
            "first": [problem._asdict() for problem in outcome.problems.in_order()],
        },
        "refused_changes": {
            "found": outcome.refused,
            "first": [change._asdict() for change in outcome.first_refused],
        },
    }


def _tell(file: Path, mapping: ImportMapping, outcome: Outcome, *, dry_run: bool, skipping: bool) -> None:
    _tell_problems(file, outcome)
    stopped = outcome.problems.found and not skipping
    if stopped:
        found = count(outcome.problems.found, "problem")
        say(f"{file.name}: {found} in {count(outcome.rows, 'row')}. Nothing was imported.")
        say("Correct them, or import the good rows with --skip-bad-rows.")
        return
    would = "would be " if dry_run else ""
    many = {"company": "companies"}.get(mapping.object, "")
    facts(
        [
            ("rows", f"{outcome.rows:,}"),
            (f"{would}made", count(outcome.created, mapping.object, many)),
            (f"{would}changed", count(outcome.updated, mapping.object, many)),
            ("as they were", count(outcome.unchanged, mapping.object, many)),
            (f"contacts {would}made", f"{outcome.contacts_created:,}" if outcome.contacts_created else None),
            (
                f"payment methods {would}made",
                f"{outcome.payment_methods_created:,}" if outcome.payment_methods_created else None,
            ),
            ("rows left out", f"{outcome.left_out:,}" if outcome.left_out else None),
            ("columns not mapped", ", ".join(outcome.ignored_columns) or None),
        ]
    )
    for change in outcome.first_refused[:SHOWN]:
        say(f"refused: {change}")
    if outcome.refused > SHOWN:
        say(f"and {outcome.refused - SHOWN:,} more")
    if dry_run:
        say("This was a rehearsal: nothing was written.")


def _tell_problems(file: Path, outcome: Outcome) -> None:
    problems = outcome.problems.in_order()[:SHOWN]
    if not problems:
        return
    rows = [(problem.row, problem.column, problem.value, problem.remedy) for problem in problems]
    table(("row", "column", "value", "what would be right"), rows, title=file.name, right=("row",))
    if outcome.problems.found > len(problems):
        say(f"and {outcome.problems.found - len(problems):,} more")
    say()
