"""Workflows from the command line: made of a template or a file, turned on and off, tested, followed."""

from __future__ import annotations

from pathlib import Path

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


def test_a_workflow_is_made_tested_turned_on_followed_and_turned_off(here: Give, world: World) -> None:
    sub = world.subscribe(world.customer())
    made = here("workflow", "create", "Tell us", "--template", "past_due", "--json").json()["workflow"]
    shown = here("workflow", "show", "Tell us")
    assert "0 in it" in shown.out
    assert '"on": "match"' in shown.out

    tried = here("workflow", "test", str(made), str(sub), "--json").json()
    assert (tried["meets_trigger"], tried["steps"][0]["outcome"]) == (False, "skipped")
    assert "tell" in here("workflow", "test", str(made), str(sub)).out
    assert "0 records came in" in here("workflow", "on", str(made), "--existing").out
    assert here("workflow", "enroll", str(made), str(sub), "1", "--json").json()["enrolled"] == [sub]
    (listed,) = here("workflow", "list", "--json").json()["workflows"]
    assert (listed["is_on"], listed["figures"]["active"]) == (True, 1)
    assert "Tell us" in here("workflow", "list").out
    assert "1 record left it" in here("workflow", "off", "Tell us").out
    (left,) = here("workflow", "history", str(made), "--json").json()["enrollments"]
    assert left["reason"] == "The workflow was turned off."
    assert "turned off" in here("workflow", "history", str(made), "--record", str(sub)).out


def test_what_is_wrong_is_told_with_place_value_and_remedy(here: Give, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text('{"object": "subscription", "again": "daily", "triggers": [{"on": "moon"}]}')
    told = here("workflow", "create", "X", "--file", str(file))
    assert told.code == ExitCode.BAD_INPUT
    assert "moon" in told.err
    assert "again" in told.err
    file.write_text("{")
    assert "no JSON" in here("workflow", "create", "X", "--file", str(file)).err
    assert "no such workflow" in here("workflow", "show", "X").err
    assert "no workflow yet" in here("workflow", "list").out
    assert here("workflow", "create", "X").code == ExitCode.BAD_INPUT
