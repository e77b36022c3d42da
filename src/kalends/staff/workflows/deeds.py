"""What is done with a workflow as a whole: made, renamed, cloned, published, turned on and off, deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.catalog import get_object
from kalends.query import compile_count, fetch, parse
from kalends.staff.cells import Names
from kalends.staff.forms import Form
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.shell import shell
from kalends.staff.visit import Visit
from kalends.staff.workflows.desk import Desk, by_label, found, objects_offered
from kalends.staff.workflows.kinds import count
from kalends.staff.workflows.pages import version_of
from kalends.workflows.drafts import change_draft, drop_draft, publish_draft, worked_on
from kalends.workflows.services import (
    NAME_LENGTH_MAX,
    count_active,
    create_workflow,
    delete_workflow,
    edit_workflow,
    turn_off,
    turn_on,
)
from kalends.workflows.sheet import LIMITS
from kalends.workflows.templates import TEMPLATES

_TEMPLATE_OWN = ""


class FlowDeed(Deed):
    """A deed of the pages of workflows."""

    __slots__ = ()

    @property
    def needs(self) -> str:
        """The ability that it takes."""
        return "workflows"

    def home(self, visit: Visit) -> str:
        """The list of workflows."""
        return reverse("workflows", args=[visit.ctx.id])

    def framed(self, request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
        """What stands around the dialog, and in it."""
        visit.require("workflows")
        with visit.cursor() as cursor:
            around = shell(cursor, visit, request, "workflows")
        return {**around, "title": _("Workflows"), **content}


class CreateForm(Form):
    """What a new workflow begins with."""

    template = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect, required=False)
    object = forms.ChoiceField(label=gettext_lazy("Records, if from scratch"))
    people = forms.MultipleChoiceField(
        label=gettext_lazy("Whom a template names"), widget=forms.CheckboxSelectMultiple, required=False
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH_MAX,
        required=False,
        help_text=gettext_lazy("Empty: the name of the template."),
    )

    def clean(self) -> dict[str, Any]:
        """What begins from scratch has its name at once."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("template") and not cleaned.get("name"):
            self.add_error("name", _("Give the workflow a name."))
        return cleaned


class NameForm(Form):
    """A name for a workflow."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)


class OnForm(Form):
    """Whether those that pass already come in."""

    existing = forms.ChoiceField(
        label=gettext_lazy("Records that pass already"),
        widget=forms.RadioSelect,
        initial="future",
        choices=(
            ("future", gettext_lazy("Leave them: only who begins to pass from now on comes in")),
            ("existing", gettext_lazy("Enroll them too, now")),
        ),
    )


class OffForm(Form):
    """What happens to those that are in it."""

    enrolled = forms.ChoiceField(
        label=gettext_lazy("Records that are in it"),
        widget=forms.RadioSelect,
        initial="finish",
        choices=(
            ("finish", gettext_lazy("They go on to the end")),
            ("end", gettext_lazy("They leave now, and no further step is done")),
        ),
    )


def _create_form(visit: Visit, data: Any) -> Form:
    form = CreateForm(
        data, initial={"people": [str(visit.user.id)], "template": _TEMPLATE_OWN, "object": "subscription"}
    )
    shipped = [
        (key, f"{each.name.in_language(visit.language)}. {each.description.in_language(visit.language)}")
        for key, each in TEMPLATES.items()
    ]
    people = sorted(Names.of_account(visit.ctx.id).owners.items(), key=lambda each: each[1].casefold())
    objects = by_label(
        [(name, get_object(name).plural_label.in_language(visit.language)) for name in objects_offered()]
    )
    for name, options in (
        ("template", [(_TEMPLATE_OWN, _("From scratch")), *shipped]),
        ("people", people),
        ("object", objects),
    ):
        field = form.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = options
    return form


def _create(db: Any, visit: Visit, asked: dict[str, Any]) -> int:
    template = TEMPLATES.get(asked["template"])
    people = tuple(int(each) for each in asked["people"]) or (visit.user.id,)
    return create_workflow(
        db,
        visit.ctx,
        name=asked["name"] or (template.name.in_language(visit.language) if template else ""),
        definition=template.made(visit.language, people) if template else {"object": asked["object"]},
        actor=visit.who.actor,
        owner_id=visit.user.id,
    )


def _at(visit: Visit, workflow_id: int, **_which: Any) -> str:
    return reverse("workflow", args=[visit.ctx.id, workflow_id])


create = FlowDeed(
    name="create workflow",
    page="workflows",
    form=_create_form,
    asked=lambda visit, form: Asked(
        _("Create a workflow"), _("Create"), [_("It is off until you turn it on.")]
    ),
    work=_create,
    told=lambda asked: _("The workflow is there, and off"),
    leads=_at,
)
rename = FlowDeed(
    name="rename workflow",
    page="workflows",
    form=lambda visit, data, workflow_id: NameForm(data, initial={"name": found(visit, workflow_id).name}),
    asked=lambda visit, form, workflow_id: Asked(_("Rename the workflow"), _("Rename")),
    work=lambda db, visit, asked, workflow_id: edit_workflow(
        db, visit.ctx, workflow_id, actor=visit.who.actor, name=asked["name"]
    ),
    told=lambda asked: _("The workflow has another name"),
    back=_at,
)
clone = FlowDeed(
    name="clone workflow",
    page="workflows",
    form=lambda visit, data, workflow_id: NameForm(
        data, initial={"name": _("%(name)s (copy)") % {"name": found(visit, workflow_id).name}}
    ),
    asked=lambda visit, form, workflow_id: Asked(
        _("Clone the workflow"), _("Clone"), [_("The copy is off, and nobody is in it.")]
    ),
    work=lambda db, visit, asked, workflow_id: create_workflow(
        db,
        visit.ctx,
        name=asked["name"],
        definition=worked_on(db, visit.ctx, workflow_id),
        actor=visit.who.actor,
        owner_id=visit.user.id,
    ),
    told=lambda asked: _("The workflow is there, and off"),
    leads=_at,
)


def _in_it(visit: Visit, workflow_id: int) -> str:
    number = count_active(visit.psycopg(), visit.ctx, workflow_id)
    return _("Records in it now: %(count)s") % {"count": count(number)}


def _publish_asked(visit: Visit, form: Form, workflow_id: int) -> Asked:  # noqa: ARG001
    desk = Desk.of(visit, workflow_id)
    effects = [
        _("The draft becomes version %(number)s, and counts for whoever comes in from now on.")
        % {"number": desk.stored.version + 1},
        _in_it(visit, workflow_id),
        _("They finish by the version by which they came in."),
    ]
    if desk.draft and desk.draft.base != desk.stored.version:
        effects.append(
            _("Version %(number)s was published after the draft was begun; the draft replaces it.")
            % {"number": desk.stored.version}
        )
    return Asked(_("Publish the changes"), _("Publish"), effects)


publish = FlowDeed(
    name="publish workflow",
    page="workflows",
    form=of_what_is_there(found),
    asked=_publish_asked,
    work=lambda db, visit, asked, workflow_id: publish_draft(
        db, visit.ctx, workflow_id, actor=visit.who.actor
    ),
    told=lambda asked: _("The changes are published"),
    back=_at,
)
discard = FlowDeed(
    name="discard draft",
    page="workflows",
    form=of_what_is_there(found),
    asked=lambda visit, form, workflow_id: Asked(
        _("Discard the draft"),
        _("Discard"),
        [_("The published version stays as it is. What the draft changed is gone.")],
        takes_away=True,
    ),
    work=lambda db, visit, asked, workflow_id: drop_draft(db, visit.ctx, workflow_id),
    told=lambda asked: _("The draft is gone"),
    back=_at,
)


def _on_form(visit: Visit, data: Any, workflow_id: int) -> Form:
    desk = Desk.of(visit, workflow_id)
    return OnForm(data) if _match(desk) else Form(data)


def _match(desk: Desk) -> Any:
    return next(
        (each.get("filter") for each in desk.definition.get("triggers", ()) if each.get("on") == "match"),
        None,
    )


def _on_asked(visit: Visit, form: Form, workflow_id: int) -> Asked:  # noqa: ARG001
    desk = Desk.of(visit, workflow_id)
    effects: list[str] = []
    wanted = _match(desk)
    if wanted:
        try:
            sql = compile_count(desk.object, parse(desk.object, wanted, LIMITS), visit.asking)
        except ValueError:
            effects.append(_("The filter trigger has something to repair first."))
        else:
            with visit.cursor() as cursor:
                number = fetch(cursor, sql)[0]["count"]
            effects.append(
                _("Records that pass the filter trigger now: %(count)s") % {"count": count(number)}
            )
    if not desk.definition.get("triggers"):
        effects.append(_("Without triggers records come in by hand, or by another workflow, only."))
    else:
        effects.append(_("Events and dates count from this moment on."))
    if not desk.definition.get("actions"):
        effects.append(_("It has no steps yet: whoever comes in has nothing to do."))
    if desk.draft:
        effects.append(_("The changes of the draft are published with it."))
    effects.append(_("It acts for the whole account: on records that you may not see as well."))
    return Asked(_("Turn on %(name)s") % {"name": desk.stored.name}, _("Turn on"), effects)


def _turn_on(db: Any, visit: Visit, asked: dict[str, Any], workflow_id: int) -> int:
    publish_draft(db, visit.ctx, workflow_id, actor=visit.who.actor)
    existing = asked.get("existing") == "existing"
    return turn_on(db, visit.ctx, workflow_id, actor=visit.who.actor, existing=existing)


switch_on = FlowDeed(
    name="turn on workflow",
    page="workflows",
    form=_on_form,
    asked=_on_asked,
    work=_turn_on,
    told=lambda asked: _("The workflow is on"),
    back=_at,
)


def _off_form(visit: Visit, data: Any, workflow_id: int) -> Form:
    found(visit, workflow_id)
    return OffForm(data)


switch_off = FlowDeed(
    name="turn off workflow",
    page="workflows",
    form=_off_form,
    asked=lambda visit, form, workflow_id: Asked(
        _("Turn off %(name)s") % {"name": found(visit, workflow_id).name},
        _("Turn off"),
        [_("Nobody comes in any more."), _in_it(visit, workflow_id)],
    ),
    work=lambda db, visit, asked, workflow_id: (
        turn_off(
            db, visit.ctx, workflow_id, actor=visit.who.actor, finish=asked["enrolled"] == "finish"
        ).ended
    ),
    told=lambda asked: _("The workflow is off"),
    back=_at,
)
delete = FlowDeed(
    name="delete workflow",
    page="workflows",
    form=of_what_is_there(found),
    asked=lambda visit, form, workflow_id: Asked(
        _("Delete the workflow %(name)s") % {"name": found(visit, workflow_id).name},
        _("Delete"),
        [
            _in_it(visit, workflow_id),
            _("They leave it now, and no further step is done. No record is deleted."),
        ],
        takes_away=True,
    ),
    work=lambda db, visit, asked, workflow_id: delete_workflow(
        db, visit.ctx, workflow_id, actor=visit.who.actor
    ),
    told=lambda asked: _("The workflow is deleted"),
)


def _restore_form(visit: Visit, data: Any, workflow_id: int, number: int) -> Form:
    version_of(Desk.of(visit, workflow_id), number)
    return Form(data)


def _restore(db: Any, visit: Visit, asked: dict[str, Any], workflow_id: int, number: int) -> None:  # noqa: ARG001
    was = version_of(Desk.of(visit, workflow_id), number)
    change_draft(db, visit.ctx, workflow_id, lambda _definition: was, actor=visit.who.actor)


restore = FlowDeed(
    name="restore version",
    page="workflows",
    form=_restore_form,
    asked=lambda visit, form, workflow_id, number: Asked(
        _("Take version %(number)s as a draft") % {"number": number},
        _("Take"),
        [_("A draft that there is now is replaced. Nothing counts before you publish it.")],
    ),
    work=_restore,
    told=lambda asked: _("Kept in the draft"),
    back=_at,
)
