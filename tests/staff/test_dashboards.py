"""Dashboards: reports beside each other, arranged by buttons, shared, and never beyond anybody's sight."""

from __future__ import annotations

import html
import json
import re

from django.test import Client

from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


def at(stage: Stage, rest: str) -> str:
    return f"/{stage.ctx.id}/analytics/{rest}"


def make(client: Client, stage: Stage, name: str, sharing: str = "private") -> str:
    answer = client.post(at(stage, "dashboards/new"), {"name": name, "sharing": sharing})
    assert answer.status_code == 303, answer.content.decode()
    return at(stage, f"dashboards/{answer['Location'].rpartition('/')[2]}")


def headings(client: Client, board: str) -> list[str]:
    page = html.unescape(client.get(board).content.decode())
    return re.findall(r'<h2 id="tile-\d+-heading">(?:<a [^>]*>)?([^<]+)', page)


def test_reports_are_put_on_a_dashboard_and_arranged(client: Client, stage: Stage) -> None:
    board = make(client, stage, "Money")
    assert "Nothing on it yet" in client.get(board).content.decode()
    state = json.dumps({"object": "subscription", "rows": "subscription.hs_status", "shape": "donut"})
    kept = client.post(
        at(stage, "custom/save"), {"name": "Ring on a board", "sharing": "private", "state": state}
    )
    number = kept["Location"].rpartition("/")[2]
    for word in ("ready:mrr", "ready:cohorts", f"saved:{number}"):
        assert client.post(f"{board}/add", {"report": word}).status_code == 303
    assert headings(client, board) == ["MRR over time", "Revenue retention by start month", "Ring on a board"]
    client.post(f"{board}/arrange", {"do": "earlier:2"})
    client.post(f"{board}/arrange", {"do": "wider:1"})
    assert headings(client, board) == ["MRR over time", "Ring on a board", "Revenue retention by start month"]
    assert "board__tile--8" in client.get(board).content.decode()
    client.post(f"{board}/arrange", {"do": "remove:0"})
    for nonsense in ("earlier:0", "later:9", "wider:-1", "remove:99", "fly:1", ""):
        assert client.post(f"{board}/arrange", {"do": nonsense}).status_code == 303
    assert headings(client, board) == ["Ring on a board", "Revenue retention by start month"]
    for wrong in ("ready:none", "saved:1", "saved:x", ""):
        assert client.post(f"{board}/add", {"report": wrong}).status_code == 422
    assert (
        client.post(at(stage, "dashboards/new"), {"name": "Money", "sharing": "private"}).status_code == 422
    )


def test_a_shared_dashboard_shows_each_what_they_may_see(
    client: Client, stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    board = make(client, stage, "Shared", "everyone")
    state = json.dumps({"object": "subscription", "shape": "kpi"})
    kept = client.post(at(stage, "custom/save"), {"name": "Only mine", "sharing": "private", "state": state})
    client.post(f"{board}/add", {"report": f"saved:{kept['Location'].rpartition('/')[2]}"})
    client.post(f"{board}/add", {"report": "ready:active"})
    other = new_user("Henrik Aas")
    give_place(db, other, stage.ctx.id)
    db.execute("UPDATE membership SET role = 'sales' WHERE user_id = %s", [other.id])
    theirs = sign_in(other)
    page = theirs.get(board).content.decode()
    assert "This report is not shared with you" in page
    assert "Only mine" not in page
    assert "board__acts" not in page
    assert theirs.get(at(stage, "dashboards")).status_code == 200
    theirs.post(f"{board}/arrange", {"do": "remove:0"})
    assert headings(client, board)[0] == "Only mine"
    client.post(f"{board}/change", {"name": "Shared no more", "sharing": "private"})
    assert theirs.get(board).status_code == 404
    client.post(f"{board}/delete")
    assert client.get(board).status_code == 404


def test_a_dashboard_is_emailed_by_the_clock_and_the_emails_are_seen_to_on_their_page(
    client: Client, stage: Stage
) -> None:
    board = make(client, stage, "Emailed", "everyone")
    client.post(f"{board}/add", {"report": "ready:mrr"})
    assert f'href="{board}/emails/new"' in client.get(board).content.decode()
    assert stage.user.name in html.unescape(client.get(f"{board}/emails/new").content.decode())
    wanted = {"recipients": [str(stage.user.id)], "when": "week:1", "at": "07:30", "format": "png"}
    for wrong in ({"recipients": []}, {"when": "week:8"}, {"at": "25:00"}, {"format": "doc"}):
        assert client.post(f"{board}/emails/new", wanted | wrong).status_code == 422
    answer = client.post(f"{board}/emails/new", wanted)
    assert answer["Location"] == f"{board}/emails"
    page = html.unescape(client.get(f"{board}/emails").content.decode())
    assert "Every week on Monday, 07:30" in page
    number = re.search(rf"{board}/emails/(\d+)/send", page)
    assert number is not None
    mail = f"{board}/emails/{number[1]}"
    for verb, said in (
        ("send", "Being made now"),
        ("off", "Turn on"),
        ("on", "Turn off"),
        ("delete", "No emails yet"),
    ):
        assert client.get(f"{mail}/{verb}").status_code == 200
        assert client.post(f"{mail}/{verb}").status_code == 303
        assert said in html.unescape(client.get(f"{board}/emails").content.decode())
    assert client.post(f"{mail}/send").status_code == 404
