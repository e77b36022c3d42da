"""What is measured of files: into an account, out of it, and for its customers."""

from __future__ import annotations

import click

from kalends.cli.bench.shared import EXIT_CODES, measured, number, rates, went
from kalends.cli.show import facts, json_option, print_json, table


@click.command("import", epilog=EXIT_CODES)
@number("--rows", 2, 1_000_000, 20_000)
@json_option
def import_(rows: int, as_json: bool) -> None:
    """How many rows a second are imported: contacts and subscriptions by command, contacts by the worker.

    Writes CSV files and imports them as `kalends import` does, the whole of a file checked first and then written in
    one transaction, and as a worker does for the page, rehearsed and then run in blocks. The floor is COPY of the very
    rows that came of it into bare tables. Everything happens in a database and a folder of its own, which are thrown
    away at the end.

    \b
    Examples:
      kalends bench import
      kalends bench import --rows 100000 --json
    """
    from kalends.bench.imports import bench_imports

    found = measured(rows, lambda progress: bench_imports(rows, progress))
    if as_json:
        print_json(found)
        return
    columns = ("import", "rows", "a second", "floor", "ratio", "where the time went")
    table(
        columns,
        [
            (
                each["import"],
                f"{each['count']:,}",
                f"{each['per_second']:,}",
                f"{each['floor_per_second']:,}",
                each["ratio"],
                went(each["spent"]),
            )
            for each in found["imports"]
        ],
        right=columns[1:5],
    )


@click.command(epilog=EXIT_CODES)
@number("--subscriptions", 20, 20_000_000, 1_000_000)
@number("--rounds", 1, 100, 3, "Times each is done.")
@json_option
def export(subscriptions: int, rounds: int, as_json: bool) -> None:
    """What an export of subscriptions costs, beside PostgreSQL's own COPY of the same SELECT.

    Makes a book of subscriptions and exports twenty columns of all of them to CSV, as a worker does: with words for
    values, times of the account's zone, text that no spreadsheet runs, packed. It takes turns with COPY of the bare
    values of the same columns in the same order, written to a file. Everything happens in a database and a folder of
    its own, which are thrown away at the end.

    \b
    Examples:
      kalends bench export
      kalends bench export --subscriptions 200000 --rounds 5 --json
    """
    from kalends.bench.exports import bench_exports

    found = measured(subscriptions, lambda progress: bench_exports(subscriptions, rounds, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("subscriptions", f"{found['count']:,}, {found['columns']} columns"),
            *rates(found),
            ("file", f"{found['export_bytes']:,} bytes, packed from about {found['floor_bytes']:,}"),
            ("memory grown", f"{found['memory_grown_mb']} MB"),
        ]
    )


@click.command(epilog=EXIT_CODES)
@number("--documents", 2, 100_000, 200)
@json_option
def pdf(documents: int, as_json: bool) -> None:
    """What the PDF of an invoice costs, beside the typesetter alone.

    Bills a book and makes the documents of its invoices; it takes turns with typst's bare compilation of sheets that
    were read and put into words before. Everything happens in a database of its own on the installation's server, which
    is dropped at the end.

    \b
    Examples:
      kalends bench pdf
      kalends bench pdf --documents 1000 --json
    """
    from kalends.bench.documents import bench_documents

    found = measured(documents, lambda progress: bench_documents(documents, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("documents", f"{found['documents']:,} of {found['bytes']:,} bytes"),
            *rates(found),
            ("ours", f"p50 {found['ours']['p50_ms']} ms, p95 {found['ours']['p95_ms']} ms"),
            ("typst alone", f"p50 {found['typst']['p50_ms']} ms, p95 {found['typst']['p95_ms']} ms"),
        ]
    )
