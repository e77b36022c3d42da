"""``kalends workflow``: what happens by itself to records: seen, made, turned on and off, tested, followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from kalends.cli.asking import RECORD_ID
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, facts, json_option, moment, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.workflows.flows import Stored

ACTOR = "cli"
_TEMPLATES = ("past_due", "rotate_owner", "next_payment", "renewal", "recover")


@click.group()
def workflow() -> None:
    """Make workflows, turn them on and off, test them with a record, and see what they did."""


@workflow.command("list", epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def list_(account: str | None, as_json: bool) -> None:
    """List the account's workflows, and how it stands with each.

    \b
    Examples:
      kalends workflow list
      kalends workflow list --json
    """
    from kalends.workflows.flows import list_workflows
    from kalends.workflows.history import figures

    with open_session() as session:
        ctx = session.account(account)
        found = list_workflows(session.db, ctx)
        known = figures(session.db, ctx, [each.id for each in found])
    if as_json:
        told = [{**each._asdict(), "figures": known[each.id]._asdict()} for each in found]
        print_json({"account": ctx.id, "workflows": told})
    elif not found:
        say("There is no workflow yet. `kalends workflow create NAME --template past_due` makes one.")
    else:
        rows = [
            (
                each.id,
                each.name,
                each.object,
                "broken" if each.problem else "on" if each.is_on else "off",
                known[each.id].active,
                known[each.id].enrolled,
                known[each.id].failed_actions,
            )
            for each in found
        ]
        table(("workflow", "name", "object", "state", "in it", "enrolled", "failed in 7 days"), rows)


@workflow.command(epilog="Exit codes: 0 shown, 2 no such workflow, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@account_option
@json_option
def show(which: str, account: str | None, as_json: bool) -> None:
    """Show a workflow: its definition, its versions, how it stands.

    \b
    Examples:
      kalends workflow show 5120
      kalends workflow show "Recover failed payments" --json
    """
    from kalends.workflows.flows import definition_json
    from kalends.workflows.history import figures, versions

    with _found(account, which) as (session, ctx, stored):
        made = definition_json(session.db, ctx, stored.id, stored.version)
        known = figures(session.db, ctx, [stored.id])[stored.id]
        past = versions(session.db, ctx, stored.id)
    if as_json:
        told = {"figures": known._asdict(), "versions": [each._asdict() for each in past], "definition": made}
        print_json({"account": ctx.id, **stored._asdict(), **told})
        return
    facts(
        [
            ("workflow", f"{stored.id}, {stored.name}"),
            ("state", stored.problem or ("on" if stored.is_on else "off")),
            ("records", f"{known.active} in it, {known.enrolled} enrolled, {known.goal} met the goal"),
            ("version", f"{stored.version}, of {moment(past[0].made_at)}"),
        ]
    )
    say(json.dumps(made, indent=2, ensure_ascii=False))


@workflow.command(
    epilog="Exit codes: 0 made, 2 a definition with mistakes, which are all told, 3 no database."
)
@click.argument("name")
@click.option("--file", "file", type=click.File("rb"), help="The definition as JSON; - is standard input.")
@click.option(
    "--template", type=click.Choice(_TEMPLATES), help="Begin with a workflow that ships with Kalends."
)
@click.option(
    "--user",
    "users",
    type=RECORD_ID,
    multiple=True,
    help="A user whom a template is to name; may be repeated.",
)
@account_option
@json_option
def create(
    name: str,
    file: IO[bytes] | None,
    template: str | None,
    users: tuple[int, ...],
    account: str | None,
    as_json: bool,
) -> None:
    """Make a workflow, which is off until it is turned on. See docs/guide.md, Workflows, for definitions.

    \b
    Examples:
      kalends workflow create "Tell the team" --template past_due --user 1
      kalends workflow create Reminders --file reminders.json
    """
    from kalends.workflows.services import create_workflow
    from kalends.workflows.templates import TEMPLATES

    if (file is None) == (template is None):
        raise click.UsageError("Give either --file or --template.")
    with open_session() as session, _refusals():
        ctx = session.account(account)
        made = TEMPLATES[template].made(ctx.language, users) if template else _read(file)
        id_ = create_workflow(session.db, ctx, name=name, definition=made, actor=ACTOR)
    _tell(
        as_json,
        {"account": ctx.id, "workflow": id_},
        f"Workflow {id_} is there; `kalends workflow on {id_}` turns it on.",
    )


def _read(file: IO[bytes] | None) -> dict[str, Any]:
    assert file is not None, "one of the two was given"
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError) as problem:
        raise UserFacing(
            "The definition is no JSON.",
            where="--file",
            value=str(problem),
            remedy="Write it as docs/guide.md shows.",
        ) from problem


@workflow.command(epilog="Exit codes: 0 turned on, 2 no such workflow or one that cannot run, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@click.option("--existing", is_flag=True, help="Enroll also the records that meet its filter already.")
@account_option
@json_option
def on(which: str, existing: bool, account: str | None, as_json: bool) -> None:
    """Turn a workflow on: for what begins to be true and occurs from now on, and with --existing for what is true.

    \b
    Examples:
      kalends workflow on 5120
      kalends workflow on 5120 --existing
    """
    from kalends.workflows.services import turn_on
    from kalends.workflows.timers import EXISTING, timers_of

    with _found(account, which) as (session, ctx, stored):
        came = turn_on(session.db, ctx, stored.id, actor=ACTOR, existing=existing)
        more = EXISTING in timers_of(session.db, ctx, stored.id)
    _tell(
        as_json,
        {"account": ctx.id, "workflow": stored.id, "enrolled": came, "more": more},
        f"It is on; {count(came, 'record')} came in{', and the worker lets in the others' if more else ''}.",
    )


@workflow.command(epilog="Exit codes: 0 turned off, 2 no such workflow, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@click.option("--finish", is_flag=True, help="Let the records that are in it go on to the end.")
@account_option
@json_option
def off(which: str, finish: bool, account: str | None, as_json: bool) -> None:
    """Turn a workflow off: nobody comes in any more, and without --finish whoever is in it leaves.

    \b
    Examples:
      kalends workflow off 5120
      kalends workflow off 5120 --finish
    """
    from kalends.workflows.services import turn_off

    with _found(account, which) as (session, ctx, stored):
        done = turn_off(session.db, ctx, stored.id, actor=ACTOR, finish=finish)
    words = f"It is off; {count(done.ended, 'record')} left it, and {count(done.going_on, 'record')} go on to the end."
    _tell(as_json, {"account": ctx.id, "workflow": stored.id, **done._asdict()}, words)


@workflow.command(epilog="Exit codes: 0 enrolled, 2 no such workflow or one that is off, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@click.argument("records", metavar="RECORD...", type=RECORD_ID, nargs=-1, required=True)
@account_option
@json_option
def enroll(which: str, records: tuple[int, ...], account: str | None, as_json: bool) -> None:
    """Enroll records by hand, whether or not they meet a trigger.

    \b
    Examples:
      kalends workflow enroll 5120 1042 1043
    """
    from kalends.workflows.services import enroll_by_hand

    with _found(account, which) as (session, ctx, stored):
        came = enroll_by_hand(session.db, ctx, stored.id, records, actor=ACTOR)
    told = {"account": ctx.id, "workflow": stored.id, "enrolled": [each.record_id for each in came]}
    _tell(as_json, told, f"{count(len(came), 'record')} of {len(records)} came in.")


@workflow.command("test", epilog="Exit codes: 0 told, 2 no such workflow or record, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@click.argument("record", type=RECORD_ID)
@account_option
@json_option
def test_(which: str, record: int, account: str | None, as_json: bool) -> None:
    """Tell what a workflow would do to a record, step by step. Nothing of it is done.

    \b
    Examples:
      kalends workflow test 5120 1042
    """
    from kalends.workflows.trying import try_out

    with _found(account, which) as (session, ctx, stored):
        trial = try_out(session.db, ctx, record, workflow_id=stored.id)
    if as_json:
        told = {"meets_trigger": trial.meets_trigger, "kept_out": trial.kept_out}
        print_json({"account": ctx.id, **told, "steps": [each._asdict() for each in trial.steps]})
        return
    say("It meets a trigger now." if trial.meets_trigger else "It meets no trigger now.")
    if trial.kept_out:
        say("It would be kept out.")
    rows = [(moment(each.at), each.action, each.kind, each.outcome, each.note) for each in trial.steps]
    table(("when", "action", "kind", "outcome", "note"), rows)


@workflow.command(epilog="Exit codes: 0 shown, 2 no such workflow, 3 no database.")
@click.argument("which", metavar="ID|NAME")
@click.option("--record", type=RECORD_ID, help="Only what was done to this record.")
@click.option("--failed", is_flag=True, help="Only what failed.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, at most."
)
@account_option
@json_option
def history(
    which: str, record: int | None, failed: bool, limit: int, account: str | None, as_json: bool
) -> None:
    """Show who was enrolled in a workflow, and what it did, newest first.

    \b
    Examples:
      kalends workflow history 5120
      kalends workflow history 5120 --record 1042 --json
      kalends workflow history 5120 --failed
    """
    from kalends.workflows.history import enrollments, log

    with _found(account, which) as (session, ctx, stored):
        statuses = ("failed", "stopped") if failed else ()
        came = enrollments(
            session.db, ctx, workflow_id=stored.id, record_id=record, statuses=statuses, limit=limit
        )
        outcome = "failed" if failed else None
        done = log(session.db, ctx, workflow_id=stored.id, record_id=record, outcome=outcome, limit=limit)
    if as_json:
        told = {
            "enrollments": [each._asdict() for each in came],
            "actions": [each._asdict() for each in done],
        }
        print_json({"account": ctx.id, "workflow": stored.id, **told})
        return
    table(
        ("enrolled", "record", "occasion", "status", "why"),
        [
            (moment(each.enrolled_at), each.record_id, each.occasion, each.status, each.reason)
            for each in came
        ],
    )
    table(
        ("done", "record", "action", "outcome", "note"),
        [(moment(each.at), each.record_id, each.action, each.outcome, each.note) for each in done],
    )


@contextmanager
def _found(account: str | None, which: str) -> Iterator[tuple[Session, AccountContext, Stored]]:
    """The workflow of a number or a name. What is refused is told as the command line tells it."""
    from kalends.workflows.flows import list_workflows

    with open_session() as session, _refusals():
        ctx = session.account(account)
        known = list_workflows(session.db, ctx)
        stored = next((each for each in known if which in (str(each.id), each.name)), None)
        if stored is None:
            raise UserFacing(
                "There is no such workflow.",
                where="ID|NAME",
                value=which,
                remedy="`kalends workflow list` shows those that there are.",
            )
        yield session, ctx, stored


@contextmanager
def _refusals() -> Iterator[None]:
    from kalends.workflows.services import WorkflowRefused
    from kalends.workflows.sheet import DefinitionError

    try:
        yield
    except DefinitionError as error:
        told = "\n".join(map(str, error.problems[1:]))
        first = error.problems[0]
        message = (
            "The definition has mistakes."
            if not told
            else f"The definition has mistakes. Besides the first:\n{told}"
        )
        raise UserFacing(message, where=first.place, value=first.value, remedy=first.remedy) from error
    except WorkflowRefused as refused:
        raise UserFacing(
            str(refused), where="the workflow", value=refused.reason, remedy=str(refused)
        ) from refused


def _tell(as_json: bool, document: dict[str, Any], words: str) -> None:
    if as_json:
        print_json(document)
    else:
        say(words)
