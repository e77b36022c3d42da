"""Segments are brought up to date, listed and compared with their filters from the command line."""

from __future__ import annotations

from kalends.platform.errors import ExitCode
from kalends.segments.services import create_segment
from tests.cli.conftest import Give
from tests.world import World


def test_segments_are_listed_up_to_date_and_a_difference_is_named(here: Give, world: World) -> None:
    world.customer()
    known = {"groups": [[{"property": "email", "operator": "known"}]]}
    id_ = create_segment(world.db, world.ctx, name="Reachable", object="contact", kind="active", filter=known)

    told = here("segments", "--check", "--json")

    assert told.code == ExitCode.OK
    listed = told.json()["segments"][0]
    assert (listed["name"], listed["members"] > 0) == ("Reachable", True)
    assert told.json()["differing"] == []
    assert "Every active segment has the members" in here("segments", "--check").out
    world.db.execute(
        "DELETE FROM segment_member WHERE account_id = %s AND segment_id = %s", [world.ctx.id, id_]
    )
    differing = here("segments", "--check")
    assert differing.code == ExitCode.PROBLEM_FOUND
    assert "missing" in differing.out
