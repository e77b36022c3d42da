"""A small business in which something of everything has happened, and ways to look at what an account is."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from kalends.accounts.people import add_member, add_user
from kalends.billing.credit import issue_credit_note
from kalends.catalog import get_object
from kalends.crm.properties import create_property
from kalends.crm.property_terms import Definition
from kalends.documents.logo import set_logo
from kalends.payments.refund import request_refund
from kalends.portability.tables import models_with_account
from kalends.segments.evaluation import keep
from kalends.segments.services import create_segment
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import Shop, item
from tests.workflows.conftest import Flows, match
from tests.world import World

Db = psycopg.Connection[Any]
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h40v20z"/></svg>'


def live(world: World) -> dict[str, int]:
    """Half a year of the business; returns the numbers of its users and of some records."""
    db, ctx = world.db, world.ctx
    for number in range(20):
        add_user(db, email=f"stranger.{number}.{ctx.id}@skarv.test", name="Stranger")
    kari = add_user(db, email=f"kari.{ctx.id}@skarv.test", name="Kari Nordmann")
    aino = add_user(db, email=f"aino.{ctx.id}@skarv.test", name="Aino Virtanen", language="fi")
    add_member(db, ctx.id, kari, "admin")
    add_member(db, ctx.id, aino)
    set_logo(db, ctx, LOGO, actor=f"user:{kari}")
    subscription = get_object("subscription")
    shared: dict[str, Any] = {"group": "subscriptioninformation", "type": "string", "field_type": "text"}
    create_property(db, ctx, subscription, Definition(name="meter", label="Meter", unique=True, **shared))
    seller: dict[str, Any] = {
        "group": "subscriptioninformation",
        "type": "enumeration",
        "field_type": "select",
    }
    create_property(
        db, ctx, subscription, Definition(name="seller", label="Seller", options_from="owners", **seller)
    )
    flows = Flows(world)
    active = {"on": "match", "filter": match("hs_status", "active")}
    tell = {"do": "notify", "text": "A new one", "to": {"users": [aino]}}
    flows.on("Look", tell, {"do": "wait", "amount": 30, "unit": "days"}, triggers=[active])
    rich, poor = world.customer('Ærlig «Øl» Åse\\n"Quoted"'), world.customer("Late Payer")
    paying = world.subscribe(rich, "99.50", method=world.method(rich), tax="25")
    failing = world.subscribe(poor, "20", method=world.method(poor, "insufficient_funds"))
    billed = world.subscribe(world.customer("By Invoice"), "10.333333", tax="15")
    db.execute(
        "UPDATE subscription SET custom = %s, owner_id = %s, source_id = %s WHERE id = %s",
        [Jsonb({"meter": "A-17", "seller": str(aino)}), aino, f"userId:{aino}", paying],
    )
    owned = {"groups": [[{"property": "hubspot_owner_id", "operator": "is_any_of", "values": [str(aino)]}]]}
    create_segment(db, ctx, name="Aino's", object="subscription", kind="active", filter=owned, made_by=kari)
    shop = Shop(world)
    shop.code("SPRING", "10")
    shop.buy(shop.link(item("Fleet Core", "40", "monthly"), item("Setup", "15")), code="SPRING")
    desk = Desk(world)
    desk.click(desk.published())
    world.until("2026-02-03")
    shop.world.ctx = world.ctx
    (payment, _) = world.rows("SELECT id, 1 FROM payment WHERE subscription_id = %s ORDER BY id", paying)[0]
    request_refund(db, world.ctx, payment, 1_000, reason="too warm")
    issue_credit_note(db, world.ctx, world.invoices(billed, "id")[0], reason="wrong month")
    issue_credit_note(db, world.ctx, world.invoices(paying, "id")[1], reason="a month off")
    world.until("2026-04-02")
    keep(db, world.ctx)
    return {"kari": kari, "aino": aino, "paying": paying, "failing": failing, "billed": billed}


def rows_of(db: Db, account_id: int) -> dict[str, list[str]]:
    """Every row of the account in every table, without the account's number: what the database itself says."""
    found: dict[str, list[str]] = {}
    for table in sorted(models_with_account()):
        query = sql.SQL(
            "SELECT (to_jsonb(t) - 'account_id')::text FROM {} AS t WHERE account_id = %s ORDER BY 1"
        )
        rows = db.execute(query.format(sql.Identifier(table)), [account_id]).fetchall()
        found[table] = [row[0] for row in rows]
    return found


def members_of(path: Path) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def repacked(path: Path, target: Path, **changed: bytes | None) -> Path:
    """The archive with some files changed, added or left out, by name; its manifest as it was unless given."""
    files: dict[str, bytes | None] = {
        **members_of(path),
        **{name.replace("__", "/"): data for name, data in changed.items()},
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            if data is not None:
                packed.writestr(name, data)
    return target


def remanifested(path: Path, target: Path, **changed: Any) -> Path:
    """The archive with another manifest."""
    manifest = json.loads(members_of(path)["manifest.json"]) | changed
    return repacked(path, target, **{"manifest.json": json.dumps(manifest).encode()})


def forged(path: Path, target: Path, name: str, *lines: dict[str, Any] | bytes) -> Path:
    """The archive with other rows in a table, for which manifest and digest speak as well."""
    content = b"".join(
        (each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines
    )
    manifest = json.loads(members_of(path)["manifest.json"])
    (table,) = [each for each in manifest["tables"] if each["table"] == name]
    table |= {"bytes": len(content), "rows": len(lines), "sha256": hashlib.sha256(content).hexdigest()}
    changed = remanifested(path, target.with_name("changed.zip"), tables=manifest["tables"])
    return repacked(changed, target, **{table["file"]: content})


def lines_of(path: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table as the archive has them."""
    return [json.loads(line) for line in members_of(path)[f"tables/{name}.jsonl"].splitlines()]
