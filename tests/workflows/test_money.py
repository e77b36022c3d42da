"""A workflow never moves money: what it may import, what it may write, and what comes of writing all of that."""

from __future__ import annotations

import ast
from pathlib import Path

import kalends.workflows
from kalends.catalog import get_object
from kalends.workflows.services import enroll_by_hand
from kalends.workflows.writable import is_writable, workflow_objects, writable_properties
from tests.workflows.conftest import Flows
from tests.world import World

MONEY = ("billing", "payments", "sales", "ledger")


def test_no_module_of_the_room_imports_one_that_moves_money() -> None:
    folder = Path(kalends.workflows.__file__).parent
    imported = {
        name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert len(imported) > 30
    assert [name for name in imported if name.split(".")[1:2] and name.split(".")[1] in MONEY] == []


def test_properties_by_which_billing_decides_cannot_be_written() -> None:
    assert set(writable_properties(get_object("payment"))) == {
        "hubspot_owner_id",
        "hs_internal_comment",
        "hs_reference_number",
    }
    by_money = {
        "subscription": ("hs_status", "hs_invoice_creation", "hs_collection_process", "hs_currency_code",
                         "hs_recurring_billing_frequency", "hs_recurring_billing_start_date",
                         "hs_number_of_expected_payments"),
        "invoice": ("hs_invoice_status", "hs_due_date", "hs_amount_billed", "hs_currency"),
        "quote": ("hs_status",),
    }  # fmt: skip
    for name, properties in by_money.items():
        obj = get_object(name)
        assert [each for each in properties if is_writable(obj, obj.by_name[each])] == []
    for name in ("subscription", "invoice", "payment"):
        obj = get_object(name)
        assert not [each for each in writable_properties(obj) if obj.by_name[each].type == "money"]
    assert "line_item" not in workflow_objects()


def test_a_workflow_that_writes_all_it_can_leaves_every_amount_and_charge_as_it_was(
    world: World, flows: Flows
) -> None:
    kari = world.customer()
    charged = world.subscribe(kari, method=world.method(kari))
    invoiced = world.subscribe(kari)
    record = world.one(
        "INSERT INTO subscription (account_id, name, contact_id, status, collection, creates_invoices, currency, "
        "frequency, start_date, anchor_date, anchor_cycle, mrr_minor, arr_minor, created_at, updated_at) "
        "SELECT account_id, 'Elsewhere', contact_id, 'active', 'manual', FALSE, currency, frequency, start_date, "
        "anchor_date, 0, 0, 0, created_at, updated_at FROM subscription WHERE id = %s RETURNING id",
        invoiced,
    )[0]
    world.until("2026-01-02")
    before = _money(world)
    subscription = get_object("subscription")
    actions = []
    for name in writable_properties(subscription):
        prop = subscription.by_name[name]
        value = {"bool": "true", "number": "0", "date": "2026-06-01", "money": "1"}.get(prop.type, "x")
        value = prop.options[0].value if prop.options else "1" if prop.options_from == "owners" else value
        actions.append({"do": "set_property", "property": name, "value": value})
    flow = flows.on("All", *actions)
    enroll_by_hand(world.db, world.ctx, flow, [charged, invoiced, record], actor="user:1")
    flows.turn()

    assert {entry[1] for entry in flows.log(flow)} >= {"done"}
    assert _money(world) == before


def _money(world: World) -> list[object]:
    """Everything that says how much is owed, charged or booked, and what comes next."""
    return [
        world.rows(f"SELECT * FROM {table} WHERE account_id = %s ORDER BY 1, 2, 3", world.ctx.id)
        for table in ("ledger_transfer", "charge_attempt")
    ] + [
        world.rows(
            "SELECT id, status, creates_invoices, collection, currency, next_due_date, next_amount_minor, mrr_minor "
            "FROM subscription WHERE account_id = %s ORDER BY id",
            world.ctx.id,
        ),
        world.rows(
            "SELECT id, total_minor, status FROM invoice WHERE account_id = %s ORDER BY id", world.ctx.id
        ),
    ]
