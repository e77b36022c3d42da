"""Analytics on pages: the state in the address, every figure leading to its records, files, and what is wrong said."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from urllib.parse import unquote

import pytest
from django.test import Client

from kalends.insight import REPORTS
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


def at(stage: Stage, rest: str = "") -> str:
    return f"/{stage.ctx.id}/analytics{rest}"


def test_the_overview_and_every_report_open_and_say_themselves_in_words(client: Client, stage: Stage) -> None:
    page = client.get(at(stage)).content.decode()
    assert "Recurring revenue" in page
    assert page.count('class="kpi"') == 6
    assert page.count("<svg") > 5
    for name, report in REPORTS.items():
        answer = client.get(at(stage, f"/{name}"))
        told = answer.content.decode()
        assert answer.status_code == 200, name
        assert f"<h1>{html.escape(report.label.en)}</h1>" in told, name
        assert "chart__told" in told or "Nothing to show yet" in told, name
        assert "tbl--figures" in told, name


def test_a_month_that_has_only_begun_tells_no_share(client: Client, stage: Stage) -> None:
    """Nobody has left on its first days, and it is not better than the month before for that."""
    told = _kpis(client.get(at(stage), {"from": "2026-01-01", "to": "2026-06-02"}).content.decode())
    assert [label for label in told if "May 2026" in label] == [
        "Net retention, May 2026",
        "MRR churn, May 2026",
    ]
    assert "since Apr 2026" in told["MRR churn, May 2026"]
    assert "since May 2026" in told["MRR"]

    whole = _kpis(client.get(at(stage), {"from": "2026-01-01", "to": "2026-05-31"}).content.decode())
    assert "since Apr 2026" in whole["MRR churn"]
    assert whole["MRR churn"].split(" since ")[0] == told["MRR churn, May 2026"].split(" since ")[0]


def _kpis(page: str) -> dict[str, str]:
    """The text of each figure of the overview, by its label."""
    found = re.findall(
        r'<span class="eyebrow">([^<]+)</span><span class="v">(.*?)</span></div>', page, re.DOTALL
    )
    return {label: re.sub(r"<[^>]+>", "", rest) for label, rest in found}


def test_every_figure_of_every_report_leads_to_records_that_are_there(client: Client, stage: Stage) -> None:
    """A figure that is more than nothing has something behind it, and the page that it leads to shows it."""
    followed: set[tuple[str, str]] = set()
    for name in REPORTS:
        told = client.get(at(stage, f"/{name}")).content.decode()
        cells = re.findall(r'<td class="num"><a href="([^"]+)">([^<]+)</a>', told)
        for link, text in cells:
            kind = (name, link.partition("behind=")[2][:24])
            if not re.search("[1-9]", text) or kind in followed:
                continue
            followed.add(kind)
            answer = client.get(html.unescape(link))
            shown = answer.content.decode()
            assert answer.status_code == 200, link
            is_share = "%" in text  # of a share of 100 % nothing may have moved
            assert is_share or "There are no records" not in shown, (name, text, unquote(link))
            assert '"found">0 ' not in shown, (name, text, unquote(link))
    assert len(followed) > 15


def test_the_records_behind_new_mrr_sum_up_to_it(client: Client, stage: Stage) -> None:
    new = client.get(at(stage, "/new-revenue"), {"currency": "EUR", "period": "this-year"}).content.decode()
    total = re.search(r'is-total.*?<a href="([^"]+)">([\d,.]+)</a>', new)
    assert total
    page = client.get(html.unescape(total[1])).content.decode()
    amounts = re.findall(r'data-label="Amount"><span class="money">([\d,]+)<span class="dec">\.(\d\d)', page)
    cents = sum(int(whole.replace(",", "")) * 100 + int(rest) for whole, rest in amounts)
    assert f"{cents // 100:,}.{cents % 100:02}" == total[2]


def test_the_address_holds_the_whole_state_and_a_period_follows_the_day(client: Client, stage: Stage) -> None:
    answer = client.get(
        at(stage, "/mrr"),
        {"period": "this-year", "from": "2026-01-01", "to": "2026-06-15", "every": "weekly",
         "owner": str(stage.user.id)},
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="report",
    )  # fmt: skip
    assert answer["HX-Push-Url"] == at(stage, f"/mrr?period=this-year&every=weekly&owner={stage.user.id}")
    own = client.get(
        at(stage, "/mrr"),
        {"period": "this-year", "from": "2026-02-01", "to": "2026-06-15"},
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="report",
    )
    assert own["HX-Push-Url"] == at(stage, "/mrr?from=2026-02-01&to=2026-06-15")
    assert "<html" not in own.content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "yesterday"}, "The first day yesterday is no day"),
        ({"from": "2026-05-01", "to": "2026-04-01"}, "The first day 2026-05-01 is no day, or lies after"),
        ({"to": "9999-01-01"}, "The last day 9999-01-01 is no day between"),
        ({"every": "hourly"}, "The frequency hourly does not fit"),
        ({"every": "daily", "from": "1980-01-01"}, "The frequency daily does not fit"),
        ({"from": "1970-01-01", "to": "2200-01-01"}, "does not fit"),
        ({"currency": "MONEY"}, "MONEY is no currency"),
        ({"owner": "me"}, "me names no owner"),
        ({"product": "1;2"}, "1;2 names no product"),
        ({"segment": "777"}, "The segment 777 is no longer there"),
        ({"period": "someday"}, "someday is no period"),
        ({"filter": '[{"property":'}, "cannot be read"),
    ],
)
def test_what_is_wrong_in_an_address_is_said_and_left_out(
    client: Client, stage: Stage, asked: dict[str, str], said: str
) -> None:
    answer = client.get(at(stage, "/mrr"), asked)
    assert answer.status_code == 200
    assert said in html.unescape(answer.content.decode())


def test_a_chart_is_kept_as_csv_png_and_svg(client: Client, stage: Stage) -> None:
    sheet = client.get(at(stage, "/new-revenue/file/csv"))
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert sheet["Content-Disposition"] == 'attachment; filename="new-revenue.csv"'
    assert rows[0][1] == "New MRR (EUR)"
    assert len(rows) == 14
    assert rows[-1][0] == "Total"
    assert all(re.fullmatch(r"-?\d+\.\d\d", row[1]) for row in rows[1:])
    assert client.get(at(stage, "/mrr/file/png")).content.startswith(b"\x89PNG")
    assert client.get(at(stage, "/cohorts/file/svg")).content.startswith(b"<svg")
    assert client.get(at(stage, "/cohorts/file/csv")).status_code == 200
    assert client.get(at(stage, "/mrr/file/exe")).status_code == 404
    assert client.get(at(stage, "/none")).status_code == 404
    assert client.get(at(stage, "/mrr/records"), {"behind": "{}"}).status_code == 404


def test_a_report_shows_what_its_reader_may_see(
    stage: Stage, db: AnyConnection, sign_in: SignIn, client: Client
) -> None:
    user = new_user("Sales Person")
    give_place(db, user, stage.ctx.id)
    db.execute("UPDATE membership SET role = 'sales' WHERE user_id = %s", [user.id])
    own = sign_in(user).get(at(stage, "/active")).content.decode()
    assert own != client.get(at(stage, "/active")).content.decode()
    assert "Nothing to show yet" in own


def test_a_segment_of_customers_narrows_a_report_to_their_subscriptions(client: Client, stage: Stage) -> None:
    ingrid = [[{"property": "firstname", "operator": "is_any_of", "values": ["Ingrid"]}]]
    made = client.post(
        f"/{stage.ctx.id}/contacts/segment",
        {"f": json.dumps(ingrid), "name": "Ingrids in analytics", "kind": "active"},
        follow=True,
    )
    number = made.redirect_chain[-1][0].rpartition("/")[2]
    narrowed = client.get(at(stage, "/by-status"), {"segment": number}).content.decode()
    by_hand = json.dumps({"groups": [[{"associated": "contact", "conditions": ingrid[0]}]]})
    same = client.get(at(stage, "/by-status"), {"filter": by_hand}).content.decode()

    def figures(page: str) -> list[str]:
        return re.findall(r">([\d,.]+)</a></td>", page)

    assert figures(narrowed) == figures(same) != figures(client.get(at(stage, "/by-status")).content.decode())
    assert "Ingrids in analytics" in narrowed
