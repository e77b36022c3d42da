"""Search over what one may see, and jumps to the pages that one may open."""

from __future__ import annotations

import pytest
from django.test import Client

from kalends.accounts.models import User
from kalends.accounts.permissions import Grants, place_of
from kalends.accounts.roles import create_role, give_role
from kalends.platform import database
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user

HTMX = {"HX-Request": "true"}


def found(client: Client, stage: Stage, words: str) -> str:
    return client.get(f"/{stage.ctx.id}/search", {"q": words}, headers=HTMX).content.decode()


def test_records_of_every_kind_are_found_with_their_page(client: Client, stage: Stage) -> None:
    shown = found(client, stage, "Brekke")
    assert "Brekke Transport AS" in shown
    assert f'href="/{stage.ctx.id}/companies/' in shown
    assert f'href="{stage.record("main")}"' in found(client, stage, "Fleet Pro")
    assert f'href="/{stage.ctx.id}/invoices/' in found(client, stage, "INV-1001")


def test_at_most_five_of_a_kind_and_a_way_to_all_of_them(client: Client, stage: Stage) -> None:
    shown = found(client, stage, "Fleet Core")
    assert shown.count(f'href="{stage.index}/') == 5
    assert f'href="{stage.index}?q=Fleet+Core"' in shown


def test_pages_are_found_by_words_of_their_names(client: Client, stage: Stage) -> None:
    assert f'href="/{stage.ctx.id}/clock"' in found(client, stage, "clock move")
    assert f'href="/{stage.ctx.id}/contacts"' in found(client, stage, "")
    assert f'href="/{stage.ctx.id}/create/subscription"' in found(client, stage, "create")
    assert "Nothing fits" in found(client, stage, "zzqqxx")


def test_in_a_large_table_old_records_are_found_by_what_has_an_index(
    client: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalends.staff.index.counts.LARGE", 0)
    monkeypatch.setattr("kalends.staff.account.search.NEWEST", 1)
    for words in ("INV-1001", "inv-1001", "INV-100"):
        assert f'href="/{stage.ctx.id}/invoices/' in found(client, stage, words)
    subscription = stage.record("main").rpartition("/")[2]
    assert f'href="{stage.record("main")}"' in found(client, stage, subscription)
    middle = found(client, stage, "NV-1001")
    assert "Nothing fits" in middle
    assert "words are looked for in the newest 1." in middle


def test_in_a_table_of_the_usual_size_words_are_looked_for_in_every_record(
    client: Client, stage: Stage
) -> None:
    middle = found(client, stage, "NV-1001")
    assert f'href="/{stage.ctx.id}/invoices/' in middle
    assert "words are looked for in the newest" not in middle


def test_without_javascript_it_is_a_page(client: Client, stage: Stage) -> None:
    page = client.get(f"/{stage.ctx.id}/search", {"q": "<b>Brekke"})
    assert "<main" in page.content.decode()
    assert "<b>Brekke" not in page.content.decode()
    assert page["Vary"].count("HX-Request") == 1


@pytest.fixture
def limited(stage: Stage) -> User:
    """Somebody who sees the contacts that they own, which are none, and nothing else."""
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
        with db.cursor() as cursor:
            by = place_of(cursor, stage.ctx.id, stage.user.id)
        assert by is not None
        grants = Grants.read({"objects": {"contact": {"view": "owned"}}})
        role = create_role(db, stage.ctx, name=f"Limited {user.id}", grants=grants, by=by)
        give_role(db, stage.ctx, user.id, role, by=by)
    return user


def test_nobody_finds_what_they_may_not_see(limited: User, stage: Stage, sign_in: SignIn) -> None:
    client = sign_in(limited)
    for words in ("Brekke", "Fleet Pro", "INV-1001", "Ingrid"):
        assert "Nothing fits" in found(client, stage, words)
    assert "/settings" not in found(client, stage, "")


@pytest.mark.parametrize("words", ["\x00", "%", "_" * 500, "'; DROP TABLE", "\\"])
def test_odd_words_are_words(client: Client, stage: Stage, words: str) -> None:
    assert client.get(f"/{stage.ctx.id}/search", {"q": words}).status_code == 200
