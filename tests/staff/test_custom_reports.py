"""Custom reports on pages: built in a form, followed to their records, kept, shared, and never beyond sight."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import pytest
from django.test import Client

from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "report"}
BY_STATUS = {
    "object": "subscription",
    "rows": "subscription.hs_status",
    "measure": ["count:subscription", "sum:subscription.hs_mrr"],
    "shape": "column",
}


def at(stage: Stage, rest: str) -> str:
    return f"/{stage.ctx.id}/analytics/{rest}"


def test_a_report_is_built_step_by_step_and_its_address_says_all_of_it(client: Client, stage: Stage) -> None:
    assert client.get(at(stage, "custom")).status_code == 200
    sent = {
        "draft": "1", "filtered": "payment", "object": "payment", "join": "subscription", "shape": "stacked-bar",
        "rows": "payment.hs_initiated_date", "rows_every": "quarterly", "columns": "subscription.hs_status",
        "of0": "payment.hs_initial_amount", "what0": "median", "of1": "payment", "money": "account",
        "p0": "hs_currency_code", "g0": "0", "o0": "is_any_of", "v0": "EUR",
    }  # fmt: skip
    answer = client.get(at(stage, "custom"), sent, **HTMX)
    page = html.unescape(answer.content.decode())
    assert "callout" not in page
    assert "<svg" in page
    assert "Gross amount: median" in page
    again = client.get(answer["HX-Replace-Url"], **HTMX)
    assert again["HX-Replace-Url"] == answer["HX-Replace-Url"]
    shown = [
        re.search(r'<table class="tbl tbl--figures">.*?</table>', html.unescape(each), re.S)
        for each in (page, again.content.decode())
    ]
    assert shown[0]
    assert shown[1]
    assert shown[0][0] == shown[1][0]


def test_every_number_of_records_is_one_click_from_those_records(client: Client, stage: Stage) -> None:
    page = client.get(at(stage, "custom"), BY_STATUS).content.decode()
    links = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a></td>', page)
    assert len(links) > 3
    for link, number in links:
        listed = client.get(html.unescape(link)).content.decode()
        assert re.search(rf'id="found">{number} ', listed), link


def test_a_report_is_kept_shared_changed_and_deleted(
    client: Client, stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    state = json.dumps({"object": "subscription", "rows": "subscription.hs_status", "shape": "donut"})
    answer = client.post(
        at(stage, "custom/save"), {"name": "Status ring", "sharing": "everyone", "state": state}
    )
    number = answer["Location"].rpartition("/")[2]
    shown = client.get(at(stage, f"saved/{number}"), follow=True)
    assert "<h1>Status ring</h1>" in shown.content.decode()
    assert (
        client.post(
            at(stage, "custom/save"), {"name": "Status ring", "sharing": "private", "state": state}
        ).status_code
        == 422
    )

    other = new_user("Henrik Aas")
    give_place(db, other, stage.ctx.id)
    db.execute("UPDATE membership SET role = 'sales' WHERE user_id = %s", [other.id])
    theirs = sign_in(other)
    assert "Status ring" in theirs.get(at(stage, "saved")).content.decode()
    refused = theirs.post(at(stage, f"saved/{number}/delete"))
    assert "It belongs to somebody else" in refused.content.decode()

    client.post(at(stage, f"saved/{number}/change"), {"name": "Ring", "sharing": "private"})
    assert "Ring" not in theirs.get(at(stage, "saved")).content.decode()
    assert theirs.get(at(stage, f"saved/{number}")).status_code == 404
    client.post(at(stage, f"saved/{number}/overwrite"), {"state": json.dumps({"object": "payment"})})
    assert "object=payment" in client.get(at(stage, f"saved/{number}"))["Location"]
    client.post(at(stage, f"saved/{number}/delete"))
    assert client.get(at(stage, f"saved/{number}")).status_code == 404


def test_a_ready_made_report_is_kept_with_its_filters(client: Client, stage: Stage) -> None:
    asked = client.get(at(stage, "mrr/save"), {"period": "this-year", "currency": "EUR"}).content.decode()
    state = html.unescape(re.search(r'name="state" value="([^"]*)"', asked)[1])  # type: ignore[index]
    answer = client.post(at(stage, "mrr/save"), {"name": "MRR in EUR", "sharing": "private", "state": state})
    number = answer["Location"].rpartition("/")[2]
    assert client.get(at(stage, f"saved/{number}"))["Location"] == at(
        stage, "mrr?period=this-year&currency=EUR"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"object": "planet"}, "no records called planet"),
        ({"object": "payment", "rows": "payment.none"}, "The rows payment.none are no property"),
        (
            {"object": "payment", "measure": "product:payment.hs_initial_amount"},
            "The measure product:payment",
        ),
        ({"object": "payment", "shape": "sphere"}, "There is no chart sphere"),
        ({"object": "payment", "f": "[["}, "The filter of the address cannot be read"),
        (
            {"object": "payment", "f": '[[{"property":"none","operator":"known"}]]'},
            "filter of the address cannot",
        ),
        ({"object": "payment", "shape": "pivot"}, "This chart needs rows"),
        (
            {"object": "payment", "shape": "scatter", "rows": "payment.hs_latest_status"},
            "needs rows and two measures",
        ),
        ({"object": "payment\x00", "rows": "\x00", "measure": "sum:\x00"}, "Custom report"),
    ],
)
def test_what_is_wrong_in_a_report_is_said_and_the_rest_is_shown(
    client: Client, stage: Stage, asked: dict[str, str], said: str
) -> None:
    answer = client.get(at(stage, "custom"), asked)
    assert answer.status_code == 200
    assert said in html.unescape(answer.content.decode())


def test_a_report_is_kept_as_csv_and_as_a_picture(client: Client, stage: Stage) -> None:
    sheet = client.get(at(stage, "custom/file/csv"), BY_STATUS).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet)))
    assert rows[0][:2] == ["Status", "Subscriptions: number"]
    assert len(rows) > 4
    assert all(re.fullmatch(r"\d+", row[1]) for row in rows[1:])
    assert client.get(at(stage, "custom/file/png"), BY_STATUS).content.startswith(b"\x89PNG")
    assert client.get(at(stage, "custom/file/svg"), {**BY_STATUS, "shape": "table"}).status_code == 404


def test_whoever_may_not_see_an_object_makes_no_report_of_it(
    stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    user = new_user("Sales Person")
    give_place(db, user, stage.ctx.id)
    db.execute("UPDATE membership SET role = 'sales' WHERE user_id = %s", [user.id])
    page = sign_in(user).get(at(stage, "custom"), {"object": "subscription", "measure": "count:subscription"})
    assert re.search(r'<td class="num">(<a [^>]*>)?0(</a>)?</td>', page.content.decode())


def test_whoever_may_not_export_looks_at_a_report_and_takes_no_file_of_it(
    stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    user = new_user("Only Reader")
    give_place(db, user, stage.ctx.id)
    db.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [user.id])
    reader = sign_in(user)
    by_address = {"object": "contact", "rows": "contact.email", "shape": "column"}
    page = reader.get(at(stage, "custom"), by_address)
    assert page.status_code == 200
    assert "custom/file/" not in page.content.decode()
    for kind in ("csv", "png", "svg"):
        refused = reader.get(at(stage, f"custom/file/{kind}"), by_address)
        assert refused.status_code == 403
        assert "You may not export records." in html.unescape(refused.content.decode())
