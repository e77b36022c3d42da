"""What a file is called when it is kept reaches the browser whole, whatever letters are in it."""

from __future__ import annotations

import pytest

from kalends.staff.insight.files import file


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("mrr", 'attachment; filename="mrr.csv"'),
        ('a"; filename="b', r'attachment; filename="a\"; filename=\"b.csv"'),
        ("Åsnes", "attachment; filename*=utf-8''%C3%85snes.csv"),
    ],
)
def test_a_file_of_a_report_has_the_name_that_it_was_given(name: str, header: str) -> None:
    assert file("", name, "csv")["Content-Disposition"] == header
