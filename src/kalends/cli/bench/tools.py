"""What is measured of segments and workflows."""

from __future__ import annotations

import click

from kalends.cli.bench.shared import EXIT_CODES, measured, number, rates, went
from kalends.cli.show import facts, json_option, print_json, table


@click.command(epilog=EXIT_CODES)
@number("--contacts", 4, 20_000_000, 1_000_000)
@number("--changes", 1, 1_000_000, 1_000, "Who moves to Oslo.")
@json_option
def segments(contacts: int, changes: int, as_json: bool) -> None:
    """What a segment costs: finding its members among all contacts, and following some that change.

    Makes contacts, half of them in Oslo, lets a segment find those, and then lets others move there. The floor is the
    bare SQL of the filter with its answer written once into a bare table. Everything happens in a database of its own
    on the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench segments
      kalends bench segments --contacts 200000 --changes 5000 --json
    """
    from kalends.bench.segments import bench_segments

    changes = min(changes, contacts // 2)
    found = measured(contacts, lambda progress: bench_segments(contacts, changes, progress))
    if as_json:
        print_json(found)
        return
    columns = ("what", "members", "seconds", "floor", "ratio", "where the time went")
    table(
        columns,
        [
            (
                what,
                f"{each['count']:,}",
                each["seconds"],
                each["floor_seconds"],
                each["ratio"],
                went(each["spent"]),
            )
            for what, each in (("first filling", found["first"]), ("changes", found["changes"]))
        ],
        right=columns[1:5],
    )


@click.command(epilog=EXIT_CODES)
@number("--enrollments", 20, 20_000_000, 20_000)
@json_option
def workflows(enrollments: int, as_json: bool) -> None:
    """How many enrollments a second a workflow does, beside the same rows written by one statement a table.

    Makes a book of subscriptions, changes all of them, and lets a workflow react in one process: it reads the journal,
    asks who passes, lets them in, and does four actions for each (a property, a branch, a task, a wait). Then the very
    rows that came of it are copied into bare tables with primary keys only: the floor. Everything happens in a database
    of its own on the installation's server, which is dropped at the end.

    \b
    Examples:
      kalends bench workflows
      kalends bench workflows --enrollments 100000 --json
    """
    from kalends.bench.workflows import bench_workflows

    found = measured(enrollments, lambda progress: bench_workflows(enrollments, progress))
    if as_json:
        print_json(found)
        return
    facts(
        [
            ("enrollments", f"{found['enrollments']:,}, {found['actions']} actions each"),
            *rates(found),
        ]
    )
