"""Emails to segments on pages: written, looked at as a reader, tried, sent, stopped; and what refuses says why."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from kalends.segments.mailings import send_next
from tests.conftest import AnyConnection
from tests.staff.stage import Stage

HTMX = {"HTTP_HX_REQUEST": "true"}
NAMED = [[{"property": "firstname", "operator": "is_any_of", "values": ["Ingrid"]}]]


@pytest.fixture
def segment(client: Client, stage: Stage) -> str:
    """The number of a segment of five contacts."""
    name = f"Five {len(client.get(f'/{stage.ctx.id}/segments').content)}"
    answer = client.post(
        f"/{stage.ctx.id}/contacts/segment",
        {"f": json.dumps(NAMED), "name": name, "kind": "active"},
        follow=True,
    )
    return answer.redirect_chain[-1][0].rpartition("/")[2]


def write(client: Client, stage: Stage, segment: str, **words: str) -> str:
    given = {"name": "News", "segment": segment, "subject_en": "News for {{ firstname }}", "body_en": "Hello"}
    answer = client.post(f"/{stage.ctx.id}/mailings/new", given | words, follow=True)
    assert answer.status_code == 200, re.findall(r'class="error".*?</p>', answer.content.decode(), re.S)
    return answer.redirect_chain[-1][0]


def test_a_draft_shows_what_each_reader_gets_is_tried_and_sent(
    client: Client, stage: Stage, segment: str, db: AnyConnection
) -> None:
    at = write(client, stage, segment)
    page = client.get(at).content.decode()
    assert page.count("News for Ingrid") >= 5
    contact = re.findall(r"contact=(\d+)", page)[0]
    preview = client.get(f"{at}/preview", {"contact": contact})
    assert "News for Ingrid" in preview.content.decode()
    assert "default-src 'none'" in preview["Content-Security-Policy"]
    client.post(f"{at}/try")
    tried = db_count(db, stage, "occasion LIKE 'trial%%'")
    assert tried >= 1
    asked = client.get(f"{at}/send", **HTMX).content.decode()
    assert "has 5 contacts that you may see" in asked
    client.post(f"{at}/send")
    while send_next(db, stage.ctx):
        pass
    sent = client.get(at).content.decode()
    assert "Letters" in sent
    assert sent.count("ingrid.") >= 5
    assert client.get(f"{at}/edit").status_code == 404, "what was sent is not written anew"
    assert client.post(f"{at}/send").status_code == 422


def db_count(db: AnyConnection, stage: Stage, condition: str) -> int:
    db.execute("SELECT set_config('kalends.account_id', %s, false)", [str(stage.ctx.id)])
    query = f"SELECT count(*) FROM message WHERE account_id = %s AND kind = 'mailing' AND {condition}"
    return db.execute(query, [stage.ctx.id]).fetchall()[0][0]


def test_a_place_that_stands_for_nothing_is_refused(client: Client, stage: Stage, segment: str) -> None:
    given = {"name": "X", "segment": segment, "subject_en": "Hi", "body_en": "Dear {{ fristname }}"}
    answer = client.post(f"/{stage.ctx.id}/mailings/new", given)
    assert answer.status_code == 422
    assert "English, text: it cannot be sent so" in answer.content.decode()


def test_a_draft_is_changed_and_deleted(client: Client, stage: Stage, segment: str) -> None:
    at = write(client, stage, segment)
    changed = {"name": "Other news", "segment": segment, "subject_fi": "Uutisia", "body_fi": "Hei"}
    client.post(f"{at}/edit", changed)
    assert "Other news" in client.get(at).content.decode()
    assert "It was sent to nobody." in client.get(f"{at}/delete", **HTMX).content.decode()
    client.post(f"{at}/delete")
    assert client.get(at).status_code == 404


def test_sending_is_stopped(client: Client, stage: Stage, segment: str) -> None:
    at = write(client, stage, segment)
    client.post(f"{at}/send")
    client.post(f"{at}/stop")
    assert "Stopped" in client.get(at).content.decode()
