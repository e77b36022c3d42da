"""Every account begins with pipelines, makes its own, and never loses one that records stand in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kalends.catalog import get_object
from kalends.crm.pipelines import (
    PipelineRefused,
    StageTerms,
    UnknownPipeline,
    archive_pipeline,
    archive_stage,
    create_pipeline,
    create_stage,
    pipeline,
    pipelines,
    update_pipeline,
    update_stage,
)
from kalends.crm.records import New, Who, Wish, prepare_changes, prepare_new, write_changes, write_new
from kalends.crm.schema import account_object
from kalends.query import Associated, parse
from tests.world import World

DEAL, TICKET = get_object("deal"), get_object("ticket")
WHO = Who("test")


def new_deal(world: World, **properties: Any) -> list[str]:
    """Make a deal; what is wrong with it, or nothing."""
    obj = account_object(world.db, world.ctx, "deal")
    (draft,) = prepare_new(world.db, world.ctx, obj, [New({"dealname": "Fleet", **properties})])
    if not draft.written.problems:
        write_new(world.db, world.ctx, obj, [draft], WHO)
    return [problem.message for problem in draft.written.problems]


def the_deal(world: World, *columns: str) -> Any:
    """Columns of the account's only deal; a single one bare."""
    row = world.one(f"SELECT {', '.join(columns)} FROM deal WHERE account_id = %s", world.ctx.id)
    return row[0] if len(columns) == 1 else row


def move(world: World, **properties: Any) -> list[str]:
    """Change the account's only deal; what is wrong with the change, or nothing."""
    obj = account_object(world.db, world.ctx, "deal")
    with world.db.transaction():
        found = prepare_changes(world.db, world.ctx, obj, [Wish(the_deal(world, "id"), properties)])
        problems = [problem.message for change in found.changes for problem in change.problems()]
        if not problems:
            write_changes(world.db, world.ctx, obj, found.changes, WHO)
    return problems


def renewals(world: World) -> str:
    """A second pipeline of deals, with two stages; returns its name."""
    stages = [
        StageTerms("Asked", 0, probability=Decimal("0.5")),
        StageTerms("Renewed", 1, probability=Decimal(1)),
    ]
    return create_pipeline(world.db, world.ctx, DEAL, label="Renewals", stages=stages).name


def test_every_account_begins_with_the_deal_pipeline_that_integrations_expect(world: World) -> None:
    (found,) = pipelines(world.db, world.ctx, DEAL)

    assert (found.name, found.label) == ("default", "Sales pipeline")
    assert [(stage.name, str(stage.probability), stage.is_closed) for stage in found.stages] == [
        ("appointmentscheduled", "0.200", False),
        ("qualifiedtobuy", "0.400", False),
        ("presentationscheduled", "0.600", False),
        ("decisionmakerboughtin", "0.800", False),
        ("contractsent", "0.900", False),
        ("closedwon", "1.000", True),
        ("closedlost", "0.000", True),
    ]


def test_tickets_and_orders_have_theirs_and_contacts_have_none(world: World) -> None:
    (support,) = pipelines(world.db, world.ctx, TICKET)

    assert [stage.label for stage in support.stages] == [
        "New",
        "Waiting on contact",
        "Waiting on us",
        "Closed",
    ]
    assert [stage.is_closed for stage in support.stages] == [False, False, False, True]
    assert [each.name for each in pipelines(world.db, world.ctx, get_object("order"))] == ["default"]
    with pytest.raises(UnknownPipeline, match="Contacts have no pipelines"):
        pipelines(world.db, world.ctx, get_object("contact"))


def test_the_stages_of_the_account_are_the_options_of_the_property(world: World) -> None:
    name = renewals(world)
    deal = account_object(world.db, world.ctx, "deals")

    assert [each.value for each in deal.by_name["pipeline"].options] == ["default", name]
    labels = [each.label.en for each in deal.by_name["dealstage"].options]
    assert labels[:2] == ["Appointment scheduled", "Qualified to buy"]
    assert labels[-2:] == ["Asked", "Renewed"]
    assert deal.by_name["dealstage"].options[5].label.no == "Lukket vunnet", (
        "known stages keep their translations"
    )


def test_they_are_options_too_where_subscriptions_are_found_by_their_deal(world: World) -> None:
    name = renewals(world)
    subscription = account_object(world.db, world.ctx, "subscription")
    of_deal = {"property": "pipeline", "operator": "is_any_of", "values": [name]}

    wanted = parse(subscription, {"groups": [[{"associated": "deal", "conditions": [of_deal]}]]})

    assert isinstance(wanted.groups[0][0], Associated)


def test_a_new_deal_gets_the_pipeline_of_its_stage_and_the_end_of_the_month(world: World) -> None:
    name = renewals(world)
    asked = pipeline(world.db, world.ctx, DEAL, name).stages[0].name

    assert new_deal(world, dealstage=asked) == []
    assert the_deal(world, "pipeline", "close_at::text") == (name, "2026-01-31 22:59:59.999+00")


def test_a_stage_of_another_pipeline_is_refused(world: World) -> None:
    renewals(world)

    (problem,) = new_deal(world, dealstage="closedwon", pipeline=renewals_name(world))
    assert "is not one of the pipeline" in problem
    assert new_deal(world, dealstage="nowhere") != []


def renewals_name(world: World) -> str:
    """The name of the second pipeline."""
    return pipelines(world.db, world.ctx, DEAL)[1].name


def test_closing_a_deal_says_when(world: World) -> None:
    new_deal(world, dealstage="contractsent", closedate="2026-05-01T00:00:00Z")

    assert move(world, dealstage="closedwon") == []
    assert the_deal(world, "stage", "close_at") == ("closedwon", world.ctx.now)


def test_moving_to_another_pipeline_takes_a_stage_of_it(world: World) -> None:
    new_deal(world, dealstage="contractsent")
    name = renewals(world)

    assert len(move(world, pipeline=name)) == 1
    assert move(world, dealstage=pipeline(world.db, world.ctx, DEAL, name).stages[0].name) == []
    assert the_deal(world, "pipeline") == name


def test_a_stage_that_a_deal_stands_in_cannot_go(world: World) -> None:
    new_deal(world, dealstage="contractsent")

    with pytest.raises(PipelineRefused, match="1 deal stands in it; move it first"):
        archive_stage(world.db, world.ctx, DEAL, "default", "contractsent")
    move(world, dealstage="closedlost")
    archive_stage(world.db, world.ctx, DEAL, "default", "contractsent")
    assert "contractsent" not in [
        stage.name for stage in pipeline(world.db, world.ctx, DEAL, "default").stages
    ]
    assert len(move(world, dealstage="contractsent")) == 1, "nothing is moved into a stage that has gone"


def test_a_pipeline_goes_when_it_is_empty_and_not_the_only_one(world: World) -> None:
    with pytest.raises(PipelineRefused, match="the only pipeline"):
        archive_pipeline(world.db, world.ctx, DEAL, "default")
    name = renewals(world)
    new_deal(world, dealstage="contractsent")
    with pytest.raises(PipelineRefused, match="1 deal stands in it"):
        archive_pipeline(world.db, world.ctx, DEAL, "default")

    archive_pipeline(world.db, world.ctx, DEAL, name)

    assert [each.name for each in pipelines(world.db, world.ctx, DEAL)] == ["default"]
    assert [each.name for each in pipelines(world.db, world.ctx, DEAL, archived=True)] == [name]


def test_stages_are_added_changed_and_replaced(world: World) -> None:
    name = renewals(world)
    late = create_stage(world.db, world.ctx, DEAL, name, StageTerms("Late", 2, probability=Decimal("0.1")))
    update_stage(
        world.db,
        world.ctx,
        DEAL,
        name,
        StageTerms("Very late", 5, probability=Decimal("0.05"), name=late.name),
    )
    assert pipeline(world.db, world.ctx, DEAL, name).stage(late.name).label == "Very late"

    after = update_pipeline(
        world.db,
        world.ctx,
        DEAL,
        name,
        label="Renewal",
        stages=[
            StageTerms("Late", 0, probability=Decimal("0.2"), name=late.name),
            StageTerms("Won", 1, probability=Decimal(1)),
        ],
    )

    assert [(stage.label, stage.is_closed) for stage in after.stages] == [("Late", False), ("Won", True)]
    assert after.label == "Renewal"


@pytest.mark.parametrize(
    ("label", "stages", "why"),
    [
        ("sales PIPELINE", [StageTerms("A", probability=Decimal(0))], "is taken"),
        (" ", [StageTerms("A", probability=Decimal(0))], "Give a label"),
        ("New", [], "at least one stage"),
        ("New", [StageTerms("A")], "a probability from 0.0 to 1.0"),
        ("New", [StageTerms("A", probability=Decimal(2))], "a probability from 0.0 to 1.0"),
        (
            "New",
            [StageTerms("A", probability=Decimal(0)), StageTerms("a", probability=Decimal(0))],
            "is taken",
        ),
        ("New", [StageTerms("A", probability=Decimal(0), name="closedwon")], "a stage 'closedwon'"),
    ],
)
def test_what_is_no_pipeline_is_refused_and_leaves_nothing(
    world: World, label: str, stages: list[StageTerms], why: str
) -> None:
    with pytest.raises(PipelineRefused, match=why):
        create_pipeline(world.db, world.ctx, DEAL, label=label, stages=stages)
    assert len(pipelines(world.db, world.ctx, DEAL)) == 1
