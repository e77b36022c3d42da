"""Actions on contacts: the link to their own pages is sent once a press, and tells so in the contact's history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.business.messages.post import Post
from tests.staff.deeds import Company, companies, toast, words


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


def address(company: Company, contact: int) -> str:
    (email,) = company.world.one("SELECT email FROM contact WHERE id = %s", contact)
    return email


def test_a_contact_gets_the_link_to_their_pages(company: Company) -> None:
    kari = company.world.customer()
    email = address(company, kari)
    assert "Send portal link" in words(company.client.get(f"/{company.world.ctx.id}/contacts/{kari}"))
    assert f"{email} gets a letter with a link" in company.dialog("contacts", kari, "portal-link")
    answer = company.send("contacts", kari, "portal-link", request_key="one")
    assert toast(company.client, answer) == f"The letter to {email} is on its way"
    assert company.world.letters("portal_link") == [("portal_link", email)]
    text = Post(company.world).letter("portal_link").text
    assert "You get this because Skarv Software AS sent you the link." in text
    assert "asked for it" not in text
    events = "SELECT actor FROM event WHERE object_id = %s AND kind = 'contact.portal_link_sent'"
    assert company.world.rows(events, kari) == [(f"user:{company.user.id}",)]
    page = words(company.client.get(f"/{company.world.ctx.id}/contacts/{kari}"))
    assert "Sent the link to their own pages" in page


def test_one_press_sends_one_letter_and_another_press_another(company: Company) -> None:
    kari = company.world.customer()
    for key in ("one", "one", "two"):
        assert company.send("contacts", kari, "portal-link", request_key=key).status_code == 303
    assert len(company.world.letters("portal_link")) == 2


def test_the_link_is_not_sent_where_customers_see_no_pages(company: Company) -> None:
    kari = company.world.customer()
    company.world.db.execute(
        "UPDATE account SET settings = settings || '{\"portal\": false}' WHERE id = %s",
        [company.world.ctx.id],
    )
    assert "Switch them on in the settings first" in words(
        company.client.get(f"/{company.world.ctx.id}/contacts/{kari}")
    )
    assert company.send("contacts", kari, "portal-link", request_key="one").status_code in (404, 409, 422)
    assert company.world.letters("portal_link") == []


def test_who_may_only_read_sends_no_link(company: Company) -> None:
    kari = company.world.customer()
    reader = company.as_role("reader")
    assert (
        reader.post(company.address("contacts", kari, "portal-link"), {"request_key": "x"}).status_code == 403
    )
    assert "Send portal link" not in words(reader.get(f"/{company.world.ctx.id}/contacts/{kari}"))
    assert company.world.letters("portal_link") == []
