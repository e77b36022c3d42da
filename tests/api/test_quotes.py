"""Quotes as programs publish and change them: by the same rules as people."""

from __future__ import annotations

from tests.api.conftest import Api, tie

QUOTES = "/crm/v3/objects/quotes"


def _quote(api: Api, *, complete: bool = True) -> str:
    ties = []
    if complete:
        deal = api.make("deals", dealname="Fleet", dealstage="appointmentscheduled")
        contact = api.make("contacts", email="buyer@customers.test", firstname="Kari")
        ties = [tie(deal, 64), tie(contact, 69)]
    quote = api.make("quotes", ties, hs_title="Offer", hs_expiration_date="2027-12-31")
    if complete:
        api.make("line_items", [tie(quote, 68)], name="Core", price="10", quantity="1")
    return quote


def _set(api: Api, quote: str, status: int = 200, **properties: str) -> dict[str, str]:
    return api.patch(f"{QUOTES}/{quote}", {"properties": properties}, status)


def test_a_published_quote_has_an_address_and_is_locked(api: Api) -> None:
    quote = _quote(api)

    _set(api, quote, hs_status="APPROVAL_NOT_NEEDED")

    found = api.get(f"{QUOTES}/{quote}?properties=hs_quote_link,hs_pdf_download_link,hs_locked")["properties"]
    assert found["hs_locked"] == "true"
    assert "/quote/" in found["hs_quote_link"]
    assert found["hs_pdf_download_link"].endswith("/pdf")
    assert "DRAFT" in _set(api, quote, 400, hs_title="Other")["message"]
    _set(api, quote, hs_status="DRAFT")
    _set(api, quote, hs_title="Other")


def test_a_quote_that_offers_nothing_to_nobody_is_not_published(api: Api) -> None:
    refused = _set(api, _quote(api, complete=False), 400, hs_status="APPROVAL_NOT_NEEDED")

    assert "deal" in refused["message"]


def test_a_new_quote_is_a_draft(api: Api) -> None:
    wrong = {"hs_title": "Offer", "hs_expiration_date": "2027-12-31", "hs_status": "APPROVED"}

    assert "DRAFT" in api.post(QUOTES, {"properties": wrong}, 400)["message"]


def test_an_accepted_quote_stays_as_it_is(api: Api) -> None:
    quote = _quote(api)
    _set(api, quote, hs_status="APPROVAL_NOT_NEEDED")
    _set(api, quote, hs_status="ACCEPTED")

    _set(api, quote, 400, hs_status="DRAFT")

    found = api.get(f"{QUOTES}/{quote}?properties=hs_accepted_date,hs_status")["properties"]
    assert (found["hs_status"], bool(found["hs_accepted_date"])) == ("ACCEPTED", True)
