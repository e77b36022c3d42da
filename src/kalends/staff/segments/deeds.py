"""What is done with a segment: begun, renamed, cloned, made static, deleted and restored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.segments.evaluation import evaluate_if_small
from kalends.segments.segment import uses_of
from kalends.segments.services import (
    NAME_LENGTH_MAX,
    clone_segment,
    create_segment,
    delete_segment,
    make_static,
    rename_segment,
    restore_segment,
)
from kalends.staff.forms import Form
from kalends.staff.objects import PAGES
from kalends.staff.segments.pages import found
from kalends.staff.segments.words import use_words
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.shell import shell
from kalends.staff.visit import Visit


class NameForm(Form):
    """A name for a segment."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)


class BeginForm(Form):
    """Of which records a new segment is, and how it is to be filled."""

    object = forms.ChoiceField(label=gettext_lazy("Records"))
    how = forms.ChoiceField(
        label=gettext_lazy("Members"),
        widget=forms.RadioSelect,
        initial="filter",
        choices=(
            ("filter", gettext_lazy("By a filter, which you build next to the list")),
            ("hand", gettext_lazy("By hand: an empty static segment, filled from lists")),
        ),
    )
    name = forms.CharField(label=gettext_lazy("Name, if by hand"), max_length=NAME_LENGTH_MAX, required=False)

    def clean(self) -> dict[str, Any]:
        """A segment made by hand has its name at once."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("how") == "hand" and not cleaned.get("name"):
            self.add_error("name", _("Give the segment a name."))
        return cleaned


class SegmentDeed(Deed):
    """A deed of the pages of segments."""

    __slots__ = ()

    @property
    def needs(self) -> str:
        """The ability that it takes."""
        return self.page

    def home(self, visit: Visit) -> str:
        """The list of segments."""
        return reverse("segments", args=[visit.ctx.id])

    def framed(self, request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
        """What stands around the dialog, and in it."""
        visit.require(self.page)
        with visit.cursor() as cursor:
            around = shell(cursor, visit, request, "segments")
        return {**around, "title": _("Segments"), **content}


def _filled(visit: Visit, id_: int) -> None:
    """Find the members of a small segment at once."""
    evaluate_if_small(visit.psycopg(), visit.ctx, id_)


def _at(visit: Visit, segment_id: int) -> str:
    return reverse("segment", args=[visit.ctx.id, segment_id])


def _begin_form(visit: Visit, data: Any) -> Form:
    form = BeginForm(data)
    field = form.fields["object"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [
        (each.name, each.object.plural_label.in_language(visit.language))
        for each in PAGES.values()
        if visit.may("view", each.name)
    ]
    return form


def _begin(db: Any, visit: Visit, asked: dict[str, Any]) -> dict[str, Any]:
    """A segment by hand is made; one by a filter begins at the list."""
    if asked["how"] == "filter":
        return {"object": asked["object"]}
    made = create_segment(
        db,
        visit.ctx,
        name=asked["name"],
        object=asked["object"],
        kind="static",
        made_by=visit.user.id,
        actor=visit.who.actor,
    )
    return {"id": made}


def _begun(visit: Visit, result: dict[str, Any]) -> str:
    if "id" in result:
        return _at(visit, result["id"])
    return f"{reverse(PAGES[result['object']].index, args=[visit.ctx.id])}#advanced"


begin = SegmentDeed(
    name="begin segment",
    page="segments",
    form=_begin_form,
    asked=lambda visit, form: Asked(_("Create a segment"), _("Continue")),
    work=_begin,
    told=lambda asked: (
        _("The segment is there: select records in a list to fill it") if asked["how"] == "hand" else ""
    ),
    leads=_begun,
)
rename = SegmentDeed(
    name="rename segment",
    page="segments",
    form=lambda visit, data, segment_id: NameForm(data, initial={"name": found(visit, segment_id).name}),
    asked=lambda visit, form, segment_id: Asked(_("Rename the segment"), _("Rename")),
    work=lambda db, visit, asked, segment_id: rename_segment(
        db, visit.ctx, segment_id, asked["name"], visit.who.actor
    ),
    told=lambda asked: _("The segment has another name"),
    back=_at,
)
clone = SegmentDeed(
    name="clone segment",
    page="segments",
    form=lambda visit, data, segment_id: NameForm(
        data, initial={"name": _("%(name)s (copy)") % {"name": found(visit, segment_id).name}}
    ),
    asked=lambda visit, form, segment_id: Asked(
        _("Clone the segment"),
        _("Clone"),
        [_("An active one gets the same filter, a static one the members of today.")],
    ),
    work=lambda db, visit, asked, segment_id: clone_segment(
        db, visit.ctx, segment_id, asked["name"], made_by=visit.user.id, actor=visit.who.actor
    ),
    told=lambda asked: _("The copy is there"),
    after=_filled,
)
to_static = SegmentDeed(
    name="make segment static",
    page="segments",
    form=of_what_is_there(found),
    asked=lambda visit, form, segment_id: Asked(
        _("Convert %(name)s to static") % {"name": found(visit, segment_id).name},
        _("Convert"),
        [
            _("It keeps the members that it has now. Nothing joins or leaves by itself any more."),
            _("This cannot be turned around."),
        ],
    ),
    work=lambda db, visit, asked, segment_id: make_static(db, visit.ctx, segment_id, visit.who.actor),
    told=lambda asked: _("The segment is static now"),
    back=_at,
)


def _consequences(visit: Visit, segment_id: int) -> list[str]:
    used = [use_words(each) for each in uses_of(visit.psycopg(), visit.ctx, segment_id)]
    return [
        _("No record is deleted with it. It can be restored from the list of segments."),
        *(used or [_("Nothing else asks for it.")]),
        *(
            [_("Until it is restored, their conditions on it let nobody through, and emails to it stop.")]
            if used
            else []
        ),
    ]


delete = SegmentDeed(
    name="delete segment",
    page="segments",
    form=of_what_is_there(found),
    asked=lambda visit, form, segment_id: Asked(
        _("Delete the segment %(name)s") % {"name": found(visit, segment_id).name},
        _("Delete"),
        _consequences(visit, segment_id),
        takes_away=True,
    ),
    work=lambda db, visit, asked, segment_id: delete_segment(db, visit.ctx, segment_id, visit.who.actor),
    told=lambda asked: _("The segment is deleted"),
)
restore = SegmentDeed(
    name="restore segment",
    page="segments",
    form=of_what_is_there(lambda visit, segment_id: found(visit, segment_id, deleted=True)),
    asked=lambda visit, form, segment_id: Asked(
        _("Restore the segment %(name)s") % {"name": found(visit, segment_id, deleted=True).name},
        _("Restore"),
        [_("An active one finds its members anew, a static one has those that it had.")],
    ),
    work=lambda db, visit, asked, segment_id: restore_segment(db, visit.ctx, segment_id, visit.who.actor),
    told=lambda asked: _("The segment is back"),
)
