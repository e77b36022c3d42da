"""Pipelines of deals and their stages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.catalog import get_object
from kalends.crm.pipelines import (
    LABEL_LONGEST,
    Pipeline,
    PipelineRefused,
    Stage,
    StageTerms,
    archive_pipeline,
    archive_stage,
    create_pipeline,
    create_stage,
    pipelines,
    records_in,
    update_pipeline,
    update_stage,
)
from kalends.crm.schema import account_object
from kalends.staff import formatting
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

DEALS = get_object("deal")
_BEGINNING = (
    (0, lambda: _("New")),
    (50, lambda: _("Offer sent")),
    (100, lambda: _("Won")),
    (0, lambda: _("Lost")),
)
"""The stages that a new pipeline begins with: the likelihood in per cent that a deal in it is won, and its name."""

worded(PipelineRefused, lambda problem: _("This cannot be done: %(reason)s") % {"reason": problem}, "label")


class PipelineForm(Form):
    """What a pipeline is called."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=LABEL_LONGEST)


class StageForm(Form):
    """A stage: its name, how likely a deal in it is won, whether it ends there, and its place."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=LABEL_LONGEST)
    probability = forms.IntegerField(
        label=gettext_lazy("Likelihood of winning, in per cent"),
        help_text=gettext_lazy("From 0 to 100; a deal in a stage of 100 is won."),
        min_value=0,
        max_value=100,
    )
    closed = forms.BooleanField(
        label=gettext_lazy("A deal in it is closed"),
        help_text=gettext_lazy("With a likelihood of 0 it is lost."),
        required=False,
    )
    place = forms.IntegerField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Stages stand in the order of these numbers."),
        min_value=0,
        max_value=1000,
    )


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The pipelines, each with its stages."""
    visit.require(PLACES["pipelines"].needs)
    found = pipelines(visit.psycopg(), visit.ctx, DEALS)
    words = _words(visit)
    tables = [_table(visit, each, words) for each in found]
    rows = [_row(visit, each, words) for each in found]
    every = Table(
        "pipelines",
        _("Pipelines"),
        [_("Pipeline"), _("Stages")],
        rows,
        add=Act(_("Make a pipeline"), reverse("settings-pipeline-add", args=[visit.ctx.id])),
    )
    return shown(request, visit, "pipelines", "tables", {"tables": [*tables, every]})


def _words(visit: Visit) -> dict[str, str]:
    """Pipelines and stages in the reader's language, as long as they have the names they came with."""
    deal = account_object(visit.psycopg(), visit.ctx, DEALS.name)
    named = [deal.by_name[name] for name in (deal.pipeline, deal.stage) if name]
    return {
        option.value: option.label.in_language(visit.language) for prop in named for option in prop.options
    }


def _row(visit: Visit, each: Pipeline, words: dict[str, str]) -> Row:
    address = [visit.ctx.id, each.name]
    acts = [
        Act(_("Rename"), reverse("settings-pipeline-rename", args=address)),
        Act(_("Archive"), reverse("settings-pipeline-archive", args=address)),
    ]
    label = words.get(each.name, each.label)
    return Row(label, [Cell(label), Cell(formatting.number(Decimal(len(each.stages))))], acts)


def _table(visit: Visit, each: Pipeline, words: dict[str, str]) -> Table:
    return Table(
        f"pipeline-{each.name}",
        words.get(each.name, each.label),
        [_("Stage"), _("Likelihood of winning"), _("Deals")],
        [_stage_row(visit, each, stage, words) for stage in each.stages],
        add=Act(_("Add a stage"), reverse("settings-stage-add", args=[visit.ctx.id, each.name])),
    )


def _stage_row(visit: Visit, of: Pipeline, each: Stage, words: dict[str, str]) -> Row:
    address = [visit.ctx.id, of.name, each.name]
    standing = records_in(visit.psycopg(), visit.ctx, DEALS, [each.name])
    percent = _("%(number)s %%") % {"number": formatting.number(_percent(each))}
    won = each.probability == 1
    tags = [Tag(_("Won"), "ok") if won else Tag(_("Closed"))] if each.is_closed else []
    label = words.get(each.name, each.label)
    return Row(
        label,
        [Cell(label, tags=tags), Cell(percent), Cell(formatting.number(Decimal(standing)))],
        [
            Act(_("Edit"), reverse("settings-stage-edit", args=address)),
            Act(_("Archive"), reverse("settings-stage-archive", args=address)),
        ],
    )


def _percent(each: Stage) -> Decimal:
    return ((each.probability or Decimal(0)) * 100).quantize(Decimal(1))


def _pipeline(visit: Visit, name: str) -> Pipeline:
    found = next((each for each in pipelines(visit.psycopg(), visit.ctx, DEALS) if each.name == name), None)
    if found is None:
        raise Http404(f"no pipeline {name}")
    return found


def _stage(visit: Visit, name: str, stage: str) -> Stage:
    found = next((each for each in _pipeline(visit, name).stages if each.name == stage), None)
    if found is None:
        raise Http404(f"no stage {stage}")
    return found


def _terms(asked: dict[str, Any], name: str | None = None) -> StageTerms:
    return StageTerms(
        asked["label"], asked["place"], asked["closed"], Decimal(asked["probability"]) / 100, name
    )


def _make(db: Any, visit: Any, asked: dict[str, Any]) -> int:
    stages = [
        StageTerms(words(), place, place > 1, Decimal(percent) / 100)
        for place, (percent, words) in enumerate(_BEGINNING)
    ]
    order = len(pipelines(db, visit.ctx, DEALS))
    return create_pipeline(
        db, visit.ctx, DEALS, label=asked["label"], stages=stages, display_order=order, actor=visit.who.actor
    ).id


def _shown(visit: Visit, each: Pipeline | Stage) -> str:
    """What a reader knows it by."""
    return _words(visit).get(each.name, each.label)


def _kept(visit: Visit, each: Pipeline | Stage, typed: str) -> str:
    """The name to keep: one that nobody changed stays what it is, for readers of every language."""
    return each.label if typed == _shown(visit, each) else typed


def _rename_form(visit: Visit, data: Any, name: str) -> Form:
    return PipelineForm(data, initial={"label": _shown(visit, _pipeline(visit, name))})


def _rename(db: Any, visit: Any, asked: dict[str, Any], name: str) -> None:
    label = _kept(visit, _pipeline(visit, name), asked["label"])
    update_pipeline(db, visit.ctx, DEALS, name, label=label, actor=visit.who.actor)


def _archive(db: Any, visit: Any, asked: dict[str, Any], name: str) -> None:  # noqa: ARG001
    archive_pipeline(db, visit.ctx, DEALS, name, actor=visit.who.actor)


add = Deed(
    name="create pipeline",
    page="pipelines",
    form=lambda visit, data: PipelineForm(data),
    asked=lambda visit, form: Asked(
        _("Make a pipeline"), _("Make it"), [_("It begins with four stages, which you can change.")]
    ),
    work=_make,
    told=lambda asked: _("The pipeline %(label)s is there") % asked,
)
rename = Deed(
    name="rename pipeline",
    page="pipelines",
    form=_rename_form,
    asked=lambda visit, form, name: Asked(_("Rename the pipeline"), _("Rename")),
    work=_rename,
    told=lambda asked: _("The pipeline has another name"),
)
archive = Deed(
    name="archive pipeline",
    page="pipelines",
    form=of_what_is_there(_pipeline),
    asked=lambda visit, form, name: Asked(
        _("Archive the pipeline %(name)s") % {"name": _shown(visit, _pipeline(visit, name))},
        _("Archive"),
        [_("Only a pipeline that no deal stands in can be archived, and one always stays.")],
        takes_away=True,
    ),
    work=_archive,
    told=lambda asked: _("The pipeline is archived"),
)


def _stage_form(visit: Visit, data: Any, name: str) -> Form:
    place = max((each.display_order for each in _pipeline(visit, name).stages), default=0) + 1
    return StageForm(data, initial={"place": place, "probability": 50})


def _stage_edit_form(visit: Visit, data: Any, name: str, stage: str) -> Form:
    each = _stage(visit, name, stage)
    initial = {
        "label": _shown(visit, each),
        "probability": int(_percent(each)),
        "closed": each.is_closed,
        "place": max(each.display_order, 0),
    }
    return StageForm(data, initial=initial)


def _add_stage(db: Any, visit: Any, asked: dict[str, Any], name: str) -> str:
    return create_stage(db, visit.ctx, DEALS, name, _terms(asked), actor=visit.who.actor).name


def _edit_stage(db: Any, visit: Any, asked: dict[str, Any], name: str, stage: str) -> None:
    label = _kept(visit, _stage(visit, name, stage), asked["label"])
    terms = _terms({**asked, "label": label}, stage)
    update_stage(db, visit.ctx, DEALS, name, terms, actor=visit.who.actor)


def _archive_stage(db: Any, visit: Any, asked: dict[str, Any], name: str, stage: str) -> None:  # noqa: ARG001
    archive_stage(db, visit.ctx, DEALS, name, stage, actor=visit.who.actor)


stage_add = Deed(
    name="create stage",
    page="pipelines",
    form=_stage_form,
    asked=lambda visit, form, name: Asked(_("Add a stage"), _("Add")),
    work=_add_stage,
    told=lambda asked: _("The stage %(label)s is there") % asked,
)
stage_edit = Deed(
    name="update stage",
    page="pipelines",
    form=_stage_edit_form,
    asked=lambda visit, form, name, stage: Asked(
        _("Edit the stage %(name)s") % {"name": _shown(visit, _stage(visit, name, stage))},
        _("Save"),
        [_("Deals that stand in it stand in it still; what they are weighed with follows the likelihood.")],
    ),
    work=_edit_stage,
    told=lambda asked: _("The stage is saved"),
)
stage_archive = Deed(
    name="archive stage",
    page="pipelines",
    form=of_what_is_there(_stage),
    asked=lambda visit, form, name, stage: Asked(
        _("Archive the stage %(name)s") % {"name": _shown(visit, _stage(visit, name, stage))},
        _("Archive"),
        [_("Only a stage that no deal stands in can be archived.")],
        takes_away=True,
    ),
    work=_archive_stage,
    told=lambda asked: _("The stage is archived"),
)
