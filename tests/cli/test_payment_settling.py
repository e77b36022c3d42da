"""A charge that got no answer, settled on command by somebody who looked at the processor."""

from __future__ import annotations

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def lost(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """A payment whose charge got no answer, since the processor could not be reached."""
    from kalends.payments.processors.interface import ProcessorUnavailable
    from kalends.payments.processors.sandbox import SandboxProcessor

    def dead(*_: object) -> None:
        raise ProcessorUnavailable("The line is dead.")

    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    with monkeypatch.context() as line:
        line.setattr(SandboxProcessor, "charge", dead)
        line.setattr(SandboxProcessor, "lookup", dead)
        world.until("2026-01-01", hour=6)
    return world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]


def test_what_was_found_paid_is_written_with_its_reference(world: World, here: Give, lost: int) -> None:
    done = here("payment", "settle", lost, "--paid", "ch_9", "--fee", "3.20", "--yes", "--json")

    assert "100.00 EUR is written down as paid" in done.err
    assert done.json() == {"payment": lost, "was": "processing", "status": "succeeded", "next_retry_on": None}
    assert world.one("SELECT processor_ref, fee_minor FROM payment WHERE id = %s", lost) == ("ch_9", 320)


def test_what_was_found_not_paid_is_tried_again_on_its_day(world: World, here: Give, lost: int) -> None:
    done = here("payment", "settle", lost, "--not-paid", "--reason", "Not in their list", "--yes")

    assert "tried again on 2026-01-02" in done.err
    assert f"Payment {lost} is failed; it is tried again on 2026-01-02." in done.out
    assert world.one("SELECT failure_reason FROM payment WHERE id = %s", lost) == ("Not in their list",)


@pytest.mark.parametrize("words", [[], ["--paid", "ch_9", "--not-paid"]])
def test_either_it_was_paid_or_it_was_not(here: Give, lost: int, words: list[str]) -> None:
    answer = here("payment", "settle", lost, *words, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert "Either it was paid or it was not" in answer.err


def test_what_is_known_is_refused(here: Give, lost: int) -> None:
    here("payment", "settle", lost, "--not-paid", "--yes")
    answer = here("payment", "settle", lost, "--paid", "ch_9", "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "its outcome is known" in answer.err
