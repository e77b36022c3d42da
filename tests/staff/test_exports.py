"""Exports on the pages: asked for above a list, watched, fetched by whoever may, listed, canceled."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.models import User
from kalends.accounts.sql import enter_account
from kalends.exports import exports
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.portability.reader import open_archive
from kalends.worker.exports import Maker
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def maker(tmp_path: Path, settings: Any) -> Maker:
    """A worker's maker of exports, with a folder of its own."""
    settings.MEDIA_ROOT = str(tmp_path)
    return Maker(system_now, lambda: database.connect(autocommit=True))


@pytest.fixture
def member(stage: Stage, db: Any) -> User:
    """Somebody who may export, and is no administrator."""
    user = new_user("Henrik Aas")
    give_place(db, user, stage.ctx.id)
    db.execute(
        "UPDATE membership SET role = 'member' WHERE account_id = %s AND user_id = %s",
        [stage.ctx.id, user.id],
    )
    return user


def begin(client: Client, stage: Stage, query: str = "", **words: Any) -> int:
    """Ask for an export as the dialog does; returns its number."""
    asked = {"format": "csv", "language": "en", "scope": "view", **words}
    answer = client.post(f"{stage.index}/export{query}", asked)
    assert answer.status_code == 303, answer.content.decode()
    return int(answer["Location"].rpartition("/")[2])


def fetched(client: Client, stage: Stage, id_: int) -> str:
    answer = client.get(f"/{stage.ctx.id}/exports/{id_}/file")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_what_the_list_shows_is_what_is_exported(stage: Stage, sign_in: SignIn, maker: Maker) -> None:
    client = sign_in(stage.user)
    page = client.get(f"{stage.index}?status=active&status=unpaid&sort=-hs_name&cols=hs_status")
    link = re.search(r'id="export-list" href="([^"]+)"', page.content.decode())
    assert link is not None
    dialog = client.get(link[1].replace("&amp;", "&"), **HTMX).content.decode()
    title = re.search(r"Export (\d+) subscriptions", dialog)
    assert title is not None
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', dialog)
    words: dict[str, list[str]] = {}
    for name, value in hidden:
        words.setdefault(name, []).append(value)
    id_ = begin(client, stage, **words)
    assert maker.drain()
    head, *rows = csv.reader(io.StringIO(fetched(client, stage, id_)))
    assert head[:3] == ["Record ID", "Name", "Status"]
    assert head[3:5] == ["Associated Contact IDs", "Associated Contact"]
    assert head[5:] == ["Associated Company IDs", "Associated Company"]
    assert len(rows) == int(title[1])
    assert {row[2] for row in rows} == {"Active", "Unpaid"}
    assert rows[0][1] == max((row[1] for row in rows), key=str.casefold)


def test_an_administrator_fetches_the_whole_account_in_the_background_and_nobody_else(
    stage: Stage, sign_in: SignIn, member: User, maker: Maker, tmp_path: Path
) -> None:
    client, other = sign_in(stage.user), sign_in(member)
    log = f"/{stage.ctx.id}/settings/exports"
    address = f"{log}/account"
    assert address in client.get(log).content.decode()
    assert address not in other.get(log).content.decode()
    assert other.get(address).status_code == 403
    assert other.post(address).status_code == 403
    assert "hold billing here" in client.get(address, **HTMX).content.decode()
    page = client.post(address)["Location"]
    assert "The whole account" in client.get(page).content.decode()
    assert maker.drain()
    answer = client.get(f"{page}/file")
    assert answer["Content-Type"] == "application/zip"
    path = tmp_path / "fetched.zip"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    with open_archive(path) as archive:
        archive.check(lambda rows, table: None)
        assert archive.manifest.account["id"] == stage.ctx.id
        assert archive.tables["subscription"].rows > 0
    assert "The whole account" in client.get(log).content.decode()
    assert other.get(page).status_code == 404
    assert other.get(f"{page}/file").status_code == 404


def test_ticked_records_alone_are_exported(stage: Stage, sign_in: SignIn, maker: Maker) -> None:
    client = sign_in(stage.user)
    wanted = [stage.ids["unpaid"], stage.ids["paused"]]
    id_ = begin(client, stage, id=[str(each) for each in wanted], scope="properties", language="nb")
    maker.drain()
    head, *rows = fetched(client, stage, id_).splitlines()
    assert head.startswith("Post-ID,")
    assert {int(row.split(",")[0]) for row in rows} == set(wanted)


def test_a_dialog_shows_how_far_it_has_come_and_then_the_way_to_the_file(
    stage: Stage, sign_in: SignIn, maker: Maker
) -> None:
    client = sign_in(stage.user)
    begun = client.post(f"{stage.index}/export", {"format": "xlsx", "scope": "view"}, **HTMX).content.decode()
    standing = re.search(r'hx-get="(/\d+/exports/\d+/standing)"', begun)
    assert standing is not None
    assert "Waiting" in client.get(standing[1]).content.decode()
    maker.drain()
    done = client.get(standing[1]).content.decode()
    assert "hx-trigger" not in done
    assert f'href="{standing[1].removesuffix("standing")}file"' in done


def test_what_cannot_be_made_is_refused_in_the_dialog_with_what_was_chosen(
    stage: Stage, sign_in: SignIn
) -> None:
    client = sign_in(stage.user)
    answer = client.post(
        f"{stage.index}/export", {"format": "xls", "scope": "everything", "tied": "all"}, **HTMX
    )
    assert answer.status_code == 422
    assert "CSV files only" in answer.content.decode()
    assert '<option value="xls" selected>' in answer.content.decode()


def test_a_file_is_for_whoever_asked_and_for_administrators_who_are_signed_in(
    stage: Stage, sign_in: SignIn, maker: Maker, member: User, db: Any
) -> None:
    other = sign_in(member)
    mine, theirs = begin(sign_in(stage.user), stage), begin(other, stage)
    maker.drain()
    maker.drain()
    file = f"/{stage.ctx.id}/exports/{mine}/file"
    assert other.get(file).status_code == 404
    assert Client().get(file)["Location"].startswith("/sign-in?next=")
    assert fetched(other, stage, theirs) == fetched(sign_in(stage.user), stage, theirs)
    log = other.get(f"/{stage.ctx.id}/settings/exports").content.decode()
    assert f"/exports/{theirs}/file" in log
    assert f"/exports/{mine}/file" not in log
    db.execute(
        "UPDATE membership SET role = 'reader' WHERE account_id = %s AND user_id = %s",
        [stage.ctx.id, member.id],
    )
    assert other.get(f"/{stage.ctx.id}/exports/{theirs}/file").status_code == 403
    assert 'id="export-list"' not in other.get(stage.index).content.decode()
    assert other.post(f"{stage.index}/export", {"format": "csv"}).status_code == 403


def test_a_file_that_is_over_leads_to_the_page_that_says_so(
    stage: Stage, sign_in: SignIn, maker: Maker, db: Any
) -> None:
    client = sign_in(stage.user)
    id_ = begin(client, stage)
    maker.drain()
    enter_account(db, stage.ctx.id)
    db.execute(
        "UPDATE data_export SET expires_at = asked_at WHERE account_id = %s AND id = %s", [stage.ctx.id, id_]
    )
    answer = client.get(f"/{stage.ctx.id}/exports/{id_}/file", follow=True)
    assert "files are kept for 30 days" in answer.content.decode()


def test_an_export_is_canceled_from_the_log_and_the_audit_log_knows(
    stage: Stage, sign_in: SignIn, maker: Maker, db: Any
) -> None:
    client = sign_in(stage.user)
    id_ = begin(client, stage)
    cancel = f"/{stage.ctx.id}/settings/exports/{id_}/cancel"
    assert cancel in client.get(f"/{stage.ctx.id}/settings/exports").content.decode()
    assert "No file is made" in client.get(cancel).content.decode()
    assert client.post(cancel, {}).status_code == 303
    maker.drain()
    enter_account(db, stage.ctx.id)
    found = exports.find(db, stage.ctx, id_)
    assert found is not None
    assert found.status == "canceled"
    assert client.get(cancel).status_code == 404
    audit = client.get(f"/{stage.ctx.id}/settings/audit?category=export").content.decode()
    assert f"Exported file: {found.name}" in audit


def test_administrators_are_told_of_large_exports_of_others_and_everybody_of_their_own(
    stage: Stage, sign_in: SignIn, maker: Maker, member: User
) -> None:
    admin, other = sign_in(stage.user), sign_in(member)
    theirs = f'href="/{stage.ctx.id}/exports/{begin(other, stage)}"'
    maker.drain()
    bell, alert = f"/{stage.ctx.id}/notifications", f"/{stage.ctx.id}/settings/exports/alert"
    assert theirs in other.get(bell).content.decode()
    assert theirs not in admin.get(bell).content.decode()
    assert admin.post(alert, {"least": "275001"}).status_code == 422
    assert admin.post(alert, {"least": "5"}).status_code == 303
    assert theirs in admin.get(bell).content.decode()
    assert other.get(alert).status_code == 403
