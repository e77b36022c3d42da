"""`kalends account`: an archive is written, and an account made of it."""

from __future__ import annotations

from pathlib import Path

from kalends.accounts.sql import enter_account
from tests.cli.conftest import Give
from tests.world import World


def test_an_account_goes_out_and_comes_in_held_and_proved(
    world: World, here: Give, give: Give, tmp_path: Path
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    out = tmp_path / "out.zip"
    wrote = here("account", "export", "--out", out, "--hand-over")
    assert (wrote.code, wrote.err) == (0, "")
    assert "Billing is held here" in wrote.out
    assert "Connect Stripe" in wrote.out
    assert "handed over" in here("bill").err
    again = here("account", "export", "--out", out)
    assert (again.code, "There is a file of this name" in again.err) == (2, True)

    took = give("account", "import", out, "--json")
    made = took.json()
    assert (took.code, made["rows"]["subscription"], made["held"]) == (0, 1, True)
    assert give("verify", "--account", made["account"]).code == 0
    assert "another installation" in give("bill", "--account", made["account"]).err
    assert give("hold", "--release", "--account", made["account"]).code == 0
    enter_account(world.db, made["account"])
    assert world.one("SELECT count(*) FROM invoice WHERE account_id = %s", made["account"]) == (1,)


def test_a_file_that_is_no_archive_is_refused_with_what_to_do(give: Give, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("Email\nkari@nordlys.example\n")
    refused = give("account", "import", file)
    assert refused.code == 2
    assert "damaged, or was copied in part" in refused.err
    assert "remedy: Nothing was imported" in refused.err
