"""A person has what is known of them, and is erased, from the command line."""

from __future__ import annotations

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


def test_a_person_has_what_is_known_of_them(here: Give, world: World) -> None:
    kari = world.customer(address="Storgata 1")

    told = here("contact", "export", kari)

    assert told.code == ExitCode.OK
    assert told.json()["contacts"][0]["address"] == "Storgata 1"
    assert "Kari Nordmann" in told.err


def test_erasing_says_what_follows_and_waits_for_a_yes(here: Give, world: World) -> None:
    kari = world.customer()

    asked = here("contact", "erase", kari)

    assert asked.code == ExitCode.BAD_INPUT
    assert f"Contact {kari} (Kari Nordmann)." in asked.err
    assert "for 10 years after their own" in asked.err
    assert "cannot be taken back" in asked.err
    assert world.one("SELECT first_name FROM contact WHERE id = %s", kari) == ("Kari",)
    assert here("contact", "erase", kari, "--yes").code == ExitCode.OK
    assert world.rows("SELECT id FROM contact WHERE id = %s", kari) == []


def test_without_a_setting_for_it_no_buyer_is_kept(here: Give, world: World) -> None:
    assert here("settings", "set", "keep_buyers_years", "0").code == ExitCode.OK
    kari = world.customer()

    done = here("contact", "erase", kari, "--yes", "--json")

    assert "neither the buyer's name" in done.err
    assert done.json()["erased"] == [kari]


def test_who_is_billed_is_refused_with_the_remedy(here: Give, world: World) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari)

    refused = here("contact", "erase", kari, "--yes")

    assert refused.code == ExitCode.REFUSED
    assert f"Subscription {id_} (Fleet Core) is active: cancel it first." in " ".join(refused.err.split())


def test_a_contact_that_is_not_there_is_told(here: Give, world: World) -> None:
    for verb in ("export", "erase"):
        assert here("contact", verb, 999_999_999).code == ExitCode.BAD_INPUT
