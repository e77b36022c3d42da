"""Reports on command: a list, a table, one JSON document, a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from kalends.insight import REPORTS
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


def test_reports_are_listed_and_told_as_table_as_json_and_as_a_picture(
    world: World, here: Give, tmp_path: Path
) -> None:
    world.subscribe(world.customer(), "100", billed_elsewhere=True)
    world.until("2026-03-15")

    assert all(name in here("report").out for name in REPORTS)
    told = here("report", "mrr", "--from", "2026-01-01")
    assert told.code == 0
    assert "MRR: 100.00" in told.out
    assert "Feb 2026" in told.out
    document = here("report", "net-new-mrr", "--from", "2026-01-01", "--json").json()
    figures = {each["key"]: each for each in document["series"]}
    assert figures["new"]["values"] == [10_000, 0, 0]
    assert figures["end"]["total"] == 10_000
    assert document["question"]["from"] == "2026-01-01"
    assert (
        here("report", "churn", "--json", "--from", "2026-02-01").json()["series"][0]["values"]
        == ["0.000000"] * 2
    )
    for name in ("mrr.svg", "mrr.png"):
        assert here("report", "mrr", "--chart", tmp_path / name, "--language", "fi").code == 0
    assert (tmp_path / "mrr.svg").read_text().startswith("<svg")
    assert (tmp_path / "mrr.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("mrr", "--from", "soon"), "'soon'"),
        (("mrr", "--from", "2026-05-01", "--to", "2026-04-01"), "2026-05-01 is after 2026-04-01"),
        (("mrr", "--from", "2000-01-01", "--every", "daily"), "more than 1,100 columns"),
        (("mrr", "--every", "hourly"), "'hourly'"),
        (("mrr", "--currency", "XXQ"), "'XXQ'"),
        (("mrr", "--owner", "Olive"), "'Olive'"),
        (("mrr", "--filter", '{"groups": [[{"property": "hs_mmr", "operator": "known"}]]}'), "hs_mrr"),
        (("mrr", "--chart", "mrr.jpg"), "mrr.jpg"),
        (("revenues",), "revenues"),
    ],
)
def test_what_cannot_be_asked_is_named_with_its_remedy(
    world: World, give: Give, words: tuple[str, ...], named: str
) -> None:
    answer = give("report", *words, "--account", world.ctx.id)
    assert answer.code == ExitCode.BAD_INPUT
    assert named in answer.err
