"""Charts: what the data says is what the picture says, to eyes, to ears and to a keyboard."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.insight import REPORTS, Question, ask, chart_of
from kalends.insight.charts import PAGE, PAPER, Chart, Form, Point, Track, draw, png, sheet
from kalends.insight.charts.scale import scale
from tests.business.proof.books import Book
from tests.insight.test_reports import FIRST, LAST

_SVG = "{http://www.w3.org/2000/svg}"
FORMS = get_args(Form)

values = st.none() | st.fractions(-(10**9), 10**9, max_denominator=100)


def points(*numbers: Any) -> tuple[Point, ...]:
    return tuple(
        Point(None)
        if number is None
        else Point(Fraction(number), f"v{number}", f"/at/{number}", Fraction(abs(number)))
        for number in numbers
    )


def chart(form: Form, *tracks: Track, **more: Any) -> Chart:
    columns = tuple(f"column {at}" for at in range(len(tracks[0].points) if tracks else 0))
    return Chart(form, "Title <of> it", 'It "rose" & fell.', columns, tracks, **more)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


@pytest.mark.parametrize("form", FORMS)
@given(rows=st.lists(st.lists(values, min_size=4, max_size=4), max_size=3))
@settings(max_examples=12, deadline=None)
def test_whatever_the_data_a_chart_is_whole_and_lies_within_its_picture(
    form: Form, rows: list[list[Any]]
) -> None:
    tracks = tuple(
        Track(f"<{at}>", points(*row), as_line=at == 1, second=at == 1) for at, row in enumerate(rows)
    )
    root = parsed(draw(chart(form, *tracks), "c"))

    _, _, width, height = map(int, root.attrib["viewBox"].split())
    for shape in root.iter(f"{_SVG}rect"):
        x, y, wide, high = (Fraction(shape.attrib[name]) for name in ("x", "y", "width", "height"))
        assert -1 <= x <= x + wide <= width + 1
        assert -1 <= y <= y + high <= height + 1


@pytest.mark.parametrize("form", FORMS)
def test_a_chart_is_named_described_and_leads_to_its_records(form: Form) -> None:
    root = parsed(draw(chart(form, Track("One", points(3, 5, 2))), "c7"))
    named = {child.attrib["id"]: child.text for child in root if "id" in child.attrib}

    assert named == {"c7-title": "Title <of> it", "c7-desc": 'It "rose" & fell.'}
    assert (root.attrib["aria-labelledby"], root.attrib["aria-describedby"]) == ("c7-title", "c7-desc")
    links = [link.attrib["href"] for link in root.iter(f"{_SVG}a")]
    if form == "kpi":
        assert links == ["/at/2"]
    elif form == "gauge":
        assert links == ["/at/3"]
    else:
        assert sorted(links)[:3] == ["/at/2", "/at/3", "/at/5"]
    assert all(link.attrib["aria-label"] for link in root.iter(f"{_SVG}a"))
    assert "style" not in draw(chart(form, Track("One", points(3, 5, 2))), "c7")


def test_columns_are_as_high_as_their_values() -> None:
    root = parsed(draw(chart("column", Track("One", points(100, 50, -25))), "c"))
    heights = [Fraction(shape.attrib["height"]) for shape in root.iter(f"{_SVG}rect")]
    assert abs(heights[0] - 2 * heights[1]) < 1
    assert abs(heights[0] - 4 * heights[2]) < 1


def test_the_shares_of_a_ring_go_all_the_way_round() -> None:
    root = parsed(draw(chart("donut", Track("One", points(1, 1, 2))), "c"))
    arcs = [path.attrib["d"] for path in root.iter(f"{_SVG}path")]
    ends = [re.findall(r"M(\S+ \S+)A.* (\S+ \S+)$", arc)[0] for arc in arcs]
    assert len(arcs) == 3
    assert ends[0][-1] == ends[1][0]
    assert ends[1][-1] == ends[2][0]
    assert ends[2][-1] == ends[0][0]


def test_a_gap_in_the_values_is_a_gap_in_the_line() -> None:
    root = parsed(draw(chart("line", Track("One", points(1, 2, None, 4, 5))), "c"))
    assert len([path for path in root.iter(f"{_SVG}path") if path.attrib.get("fill") == "none"]) == 2


def test_a_waterfall_of_small_steps_is_torn_and_says_so() -> None:
    tracks = [
        Track(
            name,
            tuple(Point(Fraction(value), name) if at == place else Point(None) for at in range(3)),
            total=place != 1,
        )
        for place, (name, value) in enumerate([("start", 1000), ("new", 20), ("end", 1020)])
    ]
    torn, whole = draw(chart("waterfall", *tracks), "c"), draw(chart("waterfall", *tracks[1:]), "c")
    assert torn.count('stroke="var(--surface)"') == 2
    assert whole.count('stroke="var(--surface)"') == 0
    assert [text.text for text in parsed(torn).iter(f"{_SVG}text") if text.text == "0"] == []


@given(st.lists(st.fractions(-(10**12), 10**12, max_denominator=1000), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_scale_holds_all_values_between_few_round_ticks(numbers: list[Fraction]) -> None:
    found = scale(numbers, 0, 100)
    assert found.low <= min([*numbers, 0]) <= max([*numbers, 0]) <= found.high
    assert 2 <= len(found.ticks) <= 8
    assert found.ticks[-1] == found.high


@pytest.mark.parametrize("form", FORMS)
def test_colors_follow_the_page_and_a_picture_has_its_own(form: Form) -> None:
    made = chart(form, Track("One", points(3, 5, 2)))
    assert not re.findall(r"#[0-9a-f]{6}", draw(made, "c", palette=PAGE))
    assert "var(" not in sheet(made)
    assert set(PAGE.colors) == set(PAPER.colors)


def test_a_picture_is_a_png_of_twice_the_size() -> None:
    made = png(chart("column", Track("Æ ø å ä ö", points(3, 5, 2))), width=400, height=200)
    assert made[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(made[16:20], "big") == 800


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_has_its_chart(book: Book, name: str) -> None:
    answer = ask(book.world.db, book.world.ctx, name, Question(FIRST, LAST))
    made = chart_of(answer, "fi", link=lambda behind: f"/behind/{behind.kind}")
    root = parsed(draw(made, name))

    assert made.form == REPORTS[name].form
    assert made.summary
    assert list(root.iter(f"{_SVG}text"))
    assert name in ("by-method", "cohorts", "cohorts-by-count") or list(root.iter(f"{_SVG}a"))
