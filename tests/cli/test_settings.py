"""``kalends settings``: everything that an account may decide, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

from kalends.accounts import people
from kalends.accounts.change import RULES
from kalends.cli.settings import NOTICES
from kalends.platform.errors import ExitCode
from tests.business.messages.post import administrator
from tests.business.messages.test_letterhead import SVG
from tests.cli.conftest import Give
from tests.world import World


def test_every_setting_is_shown_with_its_meaning_and_what_it_may_be(here: Give) -> None:
    answer = here("settings", "show", "--json")
    told = answer.json()["settings"]
    assert set(told) == set(RULES)
    assert told["retry_days"] == {
        "value": [1, 3, 5, 7],
        "default": [1, 3, 5, 7],
        "allowed": RULES["retry_days"].allowed,
        "meaning": RULES["retry_days"].meaning,
    }
    assert "1, 3, 5, 7" in here("settings", "show").out


def test_a_setting_is_set_and_the_answer_says_what_it_was(here: Give, world: World) -> None:
    answer = here("settings", "set", "retry_days", "2,5")
    assert (answer.code, answer.out) == (ExitCode.OK, "retry_days is 2, 5 now; it was 1, 3, 5, 7.\n")
    assert here("settings", "set", "retry_days", "2 5").out == "retry_days is 2, 5, as it was.\n"
    assert world.reload().settings.retry_days == (2, 5)
    assert here("settings", "set", "city", "Oslo", "--json").json()["changed"] is True


def test_a_value_that_cannot_be_is_refused_with_the_setting_the_value_and_what_may_be(here: Give) -> None:
    answer = here("settings", "set", "retry_days", "5, 3")
    assert answer.code == ExitCode.BAD_INPUT
    for said in ("retry_days", "5, 3", "each larger than the one before"):
        assert said in answer.err


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(here: Give) -> None:
    answer = here("settings", "set", "retry_day", "1")
    assert answer.code == ExitCode.BAD_INPUT
    assert "Did you mean retry_days?" in answer.err


def test_a_logo_is_set_from_a_file_and_removed(here: Give, world: World, tmp_path: Path) -> None:
    file = tmp_path / "logo.svg"
    file.write_bytes(SVG)
    assert here("settings", "logo", file).code == ExitCode.OK
    assert world.reload().letterhead.logo.endswith("-600x160")
    file.write_text("no picture")
    answer = here("settings", "logo", file)
    assert answer.code == ExitCode.BAD_INPUT
    assert "Give a PNG, JPEG or SVG file." in answer.err
    assert here("settings", "logo").code == ExitCode.BAD_INPUT
    assert here("settings", "logo", "--remove").code == ExitCode.OK
    assert world.reload().letterhead.logo == ""
    typed = here("settings", "set", "logo", "x")
    assert typed.code == ExitCode.BAD_INPUT
    assert "kalends settings logo FILE" in typed.err


def test_each_user_is_told_of_what_they_want_to_be_told_of(here: Give, world: World) -> None:
    boss = administrator(world)
    answer = here("settings", "notices", boss, "--payments-made", "off", "--json")
    (member,) = answer.json()["members"]
    assert (member["email"], member["payments_made"], member["disputes"]) == (boss, False, True)
    assert boss in here("settings", "notices").out
    nobody = here("settings", "notices", "nobody@seller.test", "--pauses", "on")
    assert nobody.code == ExitCode.BAD_INPUT
    assert here("settings", "notices", "--pauses", "on").code == ExitCode.BAD_INPUT


def test_the_switches_are_those_of_the_users() -> None:
    assert tuple(NOTICES) == people.NOTICES
