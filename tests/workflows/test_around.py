"""What workflows share with the rest: notices, erasure, the worker, other accounts, sealed secrets."""

from __future__ import annotations

from kalends.accounts.create import create_account
from kalends.accounts.resealing import reseal_account
from kalends.accounts.sql import enter_account
from kalends.crm.erasure import erase_contact
from kalends.messages.backends.interface import Backend
from kalends.messages.delivery import deliver
from kalends.messages.envelope import Envelope
from kalends.messages.refusals import Leaving, digest_of, leave
from kalends.segments.segment import uses_of
from kalends.segments.services import create_segment
from kalends.worker.tasks import TASKS
from kalends.workflows.calls import secret_of
from kalends.workflows.history import enrollments, forget_log, log
from kalends.workflows.services import enroll_by_hand
from kalends.workflows.tasks import tasks_of
from tests.conftest import FIRST_MOMENT, Connect
from tests.workflows.conftest import Flows, new_user
from tests.world import World


class Postman(Backend):
    """Keeps what it is handed."""

    def __init__(self, sent: list[Envelope]) -> None:
        self.sent = sent

    def open(self) -> None: ...

    def send(self, envelope: Envelope) -> None:
        self.sent.append(envelope)

    def close(self) -> None: ...


LETTER = {"do": "mail_contact", "subject": "Hello {{ contact.firstname }}", "body": "x"}


def test_an_erased_person_stands_in_no_log_task_or_webhook(world: World, flows: Flows) -> None:
    kari = world.customer("Kari Nordmann")
    sub = world.subscribe(kari)
    flow = flows.on(
        "Tell",
        LETTER,
        {"do": "make_task", "subject": "Call {{ contact.firstname }} {{ contact.lastname }}"},
        {"do": "call_webhook", "url": "https://example.com/", "properties": ["hs_name"]},
        {
            "do": "notify",
            "to": {"users": [new_user(world, "Ola Selger")]},
            "text": "{{ contact.lastname }} waits",
        },
    )
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    flows.turn()
    world.db.execute("UPDATE subscription SET status = 'canceled', next_due_date = NULL WHERE id = %s", [sub])
    erase_contact(world.db, world.ctx, kari, actor="user:1")

    assert [entry.note for entry in log(world.db, world.ctx, workflow_id=flow)] == [""] * 4
    assert tasks_of(world.db, world.ctx, record_id=sub, done=None) == []
    assert world.one("SELECT body, status FROM workflow_call WHERE workflow_id = %s", flow) == ("", "failed")


def test_who_wants_no_more_emails_gets_none_of_a_workflow(world: World, flows: Flows) -> None:
    kari = world.customer("Kari Nordmann")
    address = world.one("SELECT email FROM contact WHERE id = %s", kari)[0]
    leave(world.db, world.ctx, Leaving(world.ctx.id, kari, digest_of(world.ctx.id, address)))
    flow = flows.on("Write", LETTER)
    enroll_by_hand(world.db, world.ctx, flow, [world.subscribe(kari)], actor="user:1")
    flows.turn()

    assert [entry[1:] for entry in flows.log(flow)] == [
        ("skipped", "The contact has no address, or wants no such email.")
    ]
    assert world.letters("workflow_letter") == []


def test_a_workflow_s_letter_that_waits_when_its_reader_unsubscribes_is_not_sent(
    world: World, flows: Flows
) -> None:
    kari, ola = world.customer("Kari Nordmann"), world.customer("Ola Nordmann")
    notice = {
        "do": "mail_team",
        "to": {"users": [new_user(world, "Siri Selger")]},
        "subject": "See",
        "body": "x",
    }
    flow = flows.on("Write", LETTER, notice)
    enroll_by_hand(world.db, world.ctx, flow, [world.subscribe(each) for each in (kari, ola)], actor="user:1")
    flows.turn()
    (address,) = world.one("SELECT email FROM contact WHERE id = %s", kari)
    digest = digest_of(world.ctx.id, address)
    world.db.execute("UPDATE message SET status = 'sending' WHERE contact_id = %s", [kari])
    leave(world.db, world.ctx, Leaving(world.ctx.id, kari, digest))
    world.db.execute("UPDATE message SET status = 'queued' WHERE account_id = %s", [world.ctx.id])
    sent: list[Envelope] = []
    deliver(world.db, world.ctx, Postman(sent), 1_000)

    assert sorted(
        (each.recipient.partition(".")[0], bool(each.message["List-Unsubscribe"])) for each in sent
    ) == [
        ("ola", True),
        ("siri", False),
        ("siri", False),
    ], "Kari gets none, and staff have nothing to unsubscribe from"


def test_the_worker_lets_workflows_of_all_accounts_run_and_forgets_old_logs(
    world: World, flows: Flows
) -> None:
    flow = flows.on("Note", {"do": "set_property", "property": "hs_invoice_comments", "value": "seen"})
    enroll_by_hand(world.db, world.ctx, flow, [world.subscribe(world.customer())], actor="user:1")
    (task,) = [each for each in TASKS if each.name == "workflows"]

    assert task.do(world.db, world.ctx, FIRST_MOMENT, lambda: False, False).notes == {"looked_after": 1}
    assert task.do(world.db, world.ctx, FIRST_MOMENT, lambda: False, False).notes == {}
    world.db.execute("UPDATE workflow_log SET at = at - interval '91 days'")
    assert forget_log(world.db, world.ctx, 100) == 1
    assert len(enrollments(world.db, world.ctx, workflow_id=flow)) == 1, "who was enrolled is known for good"


def test_another_account_s_workflows_are_not_there(world: World, flows: Flows, connect: Connect) -> None:
    flow = flows.on("Mine", {"do": "wait", "amount": 1, "unit": "days"})
    sub = world.subscribe(world.customer())
    enroll_by_hand(world.db, world.ctx, flow, [sub], actor="user:1")
    db = connect()
    other = create_account(
        db, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    enter_account(db, other.id)

    assert enrollments(db, other) == []
    assert db.execute("SELECT count(*) FROM workflow").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM enrollment").fetchone() == (0,)


def test_a_segment_knows_the_workflows_that_name_it_and_secrets_are_resealed(
    world: World, flows: Flows
) -> None:
    segment = create_segment(world.db, world.ctx, name="Seen", object="subscription", kind="static")
    flow = flows.made("Uses", {"do": "change_segment", "segment": segment, "add": False})

    assert [(use.kind, use.id) for use in uses_of(world.db, world.ctx, segment)] == [("workflow", flow)]
    made = secret_of(world.db, world.ctx)
    assert secret_of(world.db, world.ctx) == made
    assert reseal_account(world.db, world.ctx.id).before == 1


def test_a_notice_is_for_those_whom_the_workflow_names(world: World, flows: Flows) -> None:
    told, other = new_user(world, "Ola Selger"), new_user(world, "Aino Myyjä")
    flow = flows.on("Tell", {"do": "notify", "to": {"users": [told]}, "text": "Look at {{ record.name }}"})
    enroll_by_hand(world.db, world.ctx, flow, [world.subscribe(world.customer())], actor="user:1")
    flows.turn()
    seen = (
        "SELECT count(*) FROM event WHERE account_id = %s AND kind = 'workflow.notified' "
        "AND data -> 'users' @> %s::jsonb"
    )
    assert [world.one(seen, world.ctx.id, str(user))[0] for user in (told, other)] == [1, 0]
