"""Own properties of each object: listed, made, edited, archived and restored."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.permissions import PERMITTED
from kalends.catalog import ObjectType, get_object
from kalends.crm.properties import (
    PropertyRefused,
    UnknownProperty,
    archive_property,
    create_property,
    definition,
    definitions,
    restore_property,
    update_property,
)
from kalends.crm.property_groups import Taken, groups
from kalends.crm.property_terms import FIELD_TYPES, LABEL_LONGEST, Choice, Definition
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit, account_page

TYPES = {
    "string": lambda: _("Text"),
    "number": lambda: _("Number"),
    "date": lambda: _("Date"),
    "datetime": lambda: _("Date and time"),
    "enumeration": lambda: _("One of several options"),
    "several": lambda: _("Several of several options"),
    "bool": lambda: _("Yes or no"),
}
"""The types that a person chooses from; *several* is an enumeration that a record may have many values of."""
_SHOWN = {**TYPES, "money": lambda: _("Amount"), "phone_number": lambda: _("Phone number")}

worded(Taken, lambda problem: _("There is a property of this name already, perhaps an archived one."), "name")
worded(PropertyRefused, lambda problem: _("The property cannot be so: %(reason)s") % {"reason": problem})


class PropertyForm(Form):
    """A property: what never changes once it is made, and what can."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=LABEL_LONGEST)
    name = forms.CharField(
        label=gettext_lazy("Internal name"),
        help_text=gettext_lazy("For programs; it never changes. Empty: made of the label."),
        max_length=100,
        required=False,
    )
    type = forms.ChoiceField(label=gettext_lazy("Type"), help_text=gettext_lazy("It never changes."))
    options = forms.CharField(
        label=gettext_lazy("Options"),
        help_text=gettext_lazy("One on each line."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    unique = forms.BooleanField(
        label=gettext_lazy("No two records have the same value"),
        help_text=gettext_lazy("For texts and numbers; it never changes."),
        required=False,
    )

    def __init__(self, data: Any, before: Definition | None = None) -> None:
        super().__init__(data, initial=_initial(before) if before else {"type": "string"})
        self.before = before
        self.fields["type"].choices = [(key, words()) for key, words in TYPES.items()]  # type: ignore[attr-defined]
        if before is not None:
            for name in ("name", "type", "unique"):
                del self.fields[name]
            if before.type != "enumeration" or before.options_from:
                del self.fields["options"]

    def clean_name(self) -> str:
        """The internal name, of the label where none was given."""
        name = self.cleaned_data["name"].strip() or _named(self.cleaned_data.get("label", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) or name.startswith("hs_"):
            raise ValidationError(
                _("Lower-case letters, digits and underscores, beginning with a letter, and not with hs_.")
            )
        return name

    def clean_options(self) -> list[str]:
        """The options, one of each line."""
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]
        if len({line.lower() for line in lines}) < len(lines):
            raise ValidationError(_("Two options are the same."))
        return lines

    def clean(self) -> dict[str, Any]:
        """Raises ``ValidationError`` where options are wanted and none is given."""
        data = self.cleaned_data
        kind = self.before.type if self.before else data.get("type")
        if "options" in self.fields and kind in ("enumeration", "several") and data.get("options") == []:
            self.add_error("options", _("Give at least one option."))
        return data


def _initial(before: Definition) -> dict[str, Any]:
    return {
        "label": before.label,
        "description": before.description,
        "options": "\n".join(each.label for each in before.options),
    }


def _named(label: str) -> str:
    """An internal name made of a label.

    >>> _named("Kundenummer hos Åsen")
    'kundenummer_hos_asen'
    """
    plain = unicodedata.normalize("NFKD", label.lower().replace("ø", "o").replace("æ", "ae"))
    return re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode()).strip("_")[:100]


def _options(labels: list[str], before: tuple[Choice, ...] = ()) -> tuple[Choice, ...]:
    """Options by their labels: one that is there keeps its value, also where it moves."""
    there = {each.label: each for each in before}
    taken = {each.value for each in before}
    found = []
    for place, label in enumerate(labels):
        value = _named(label) or f"option_{place + 1}"
        while label not in there and value in taken:
            value += "_2"
        taken.add(value)
        found.append(there.get(label, Choice(value, label))._replace(display_order=place))
    return tuple(found)


def _object(name: str) -> ObjectType:
    if name not in PERMITTED:
        raise Http404(f"no object {name}")
    return get_object(name)


@require_safe
@account_page
def first(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The properties of contacts, with which most begin."""
    return _page(request, visit, "contact")


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The properties of an object."""
    return _page(request, visit, name)


def _page(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    visit.require(PLACES["properties"].needs)
    obj, db = _object(name), visit.psycopg()
    living, gone = definitions(db, visit.ctx, obj), definitions(db, visit.ctx, obj, archived=True)
    many = obj.plural_label.in_language(visit.language)
    columns = [_("Property"), _("Type"), _("Description")]
    tables = [
        Table(
            "own",
            _("Your own properties: %(records)s") % {"records": many},
            columns,
            [_row(visit, obj, each) for each in living],
            add=Act(_("Make a property"), reverse("settings-property-add", args=[visit.ctx.id, name])),
            empty=_("None yet. The properties below are there from the beginning."),
        )
    ]
    if gone:
        tables.append(
            Table(
                "archived",
                _("Archived"),
                columns,
                [_row(visit, obj, each) for each in gone],
                note=_("Their values stay on the records, and come back with them."),
            )
        )
    system = [each for each in obj.properties if not each.custom]
    tables.append(
        Table(
            "system",
            _("From the beginning"),
            columns,
            [_system_row(each, visit.language) for each in system],
            note=_("They belong to Kalends and cannot be changed."),
        )
    )
    picks = [
        {
            "label": get_object(each).plural_label.in_language(visit.language),
            "link": reverse("settings-properties-of", args=[visit.ctx.id, each]),
            "chosen": each == name,
        }
        for each in PERMITTED
    ]
    context = {"tables": tables, "picks": picks, "pick_label": _("Object")}
    return shown(request, visit, "properties", "tables", context)


def _row(visit: Visit, obj: ObjectType, each: Definition) -> Row:
    address = [visit.ctx.id, obj.name, each.name]
    acts = (
        [Act(_("Restore"), reverse("settings-property-restore", args=address))]
        if each.archived_at
        else [
            Act(_("Edit"), reverse("settings-property-edit", args=address)),
            Act(_("Archive"), reverse("settings-property-archive", args=address)),
        ]
    )
    kind = TYPES["several" if each.multiple else each.type]()
    options = ", ".join(option.label for option in each.options[:6])
    more = f"{options}, …" if len(each.options) > 6 else options
    return Row(
        each.label, [Cell(each.label, each.name), Cell(kind, more), Cell(each.description or "--")], acts
    )


def _system_row(each: Any, language: str) -> Row:
    label = each.label.in_language(language)
    kind = _SHOWN.get(str(each.type), lambda: str(each.type))()
    return Row(label, [Cell(label, each.name), Cell(kind), Cell("--")])


def _definition(visit: Visit, name: str, property_: str, *, archived: bool = False) -> Definition:
    try:
        return definition(visit.psycopg(), visit.ctx, _object(name), property_, archived=archived)
    except UnknownProperty as problem:
        raise Http404(str(problem)) from problem


def _make(db: Any, visit: Any, asked: dict[str, Any], name: str) -> int:
    obj = _object(name)
    kind = "enumeration" if asked["type"] == "several" else asked["type"]
    field = "checkbox" if asked["type"] == "several" else FIELD_TYPES[kind][0]
    wanted = Definition(
        name=asked["name"],
        label=asked["label"],
        type=kind,
        field_type=field,
        group=groups(db, visit.ctx, obj)[0].name,
        description=asked["description"],
        options=_options(asked["options"]) if kind == "enumeration" else (),
        unique=asked["unique"],
    )
    return create_property(db, visit.ctx, obj, wanted, actor=visit.who.actor).id


def _edit(db: Any, visit: Any, asked: dict[str, Any], name: str, property_: str) -> None:
    obj = _object(name)
    before = definition(db, visit.ctx, obj, property_)
    options = _options(asked["options"], before.options) if "options" in asked else before.options
    wanted = replace(before, label=asked["label"], description=asked["description"], options=options)
    update_property(db, visit.ctx, obj, wanted, actor=visit.who.actor)


def _archive(db: Any, visit: Any, asked: dict[str, Any], name: str, property_: str) -> None:  # noqa: ARG001
    archive_property(db, visit.ctx, _object(name), property_, actor=visit.who.actor)


def _restore(db: Any, visit: Any, asked: dict[str, Any], name: str, property_: str) -> None:  # noqa: ARG001
    restore_property(db, visit.ctx, _object(name), property_, actor=visit.who.actor)


def _new_form(visit: Visit, data: Any, name: str) -> Form:  # noqa: ARG001
    _object(name)
    return PropertyForm(data)


def _back(visit: Visit, name: str, property_: str = "") -> str:  # noqa: ARG001
    return reverse("settings-properties-of", args=[visit.ctx.id, name]) if name else link(visit, "properties")


add = Deed(
    name="create property",
    page="properties",
    form=_new_form,
    asked=lambda visit, form, name: Asked(
        _("Make a property: %(records)s")
        % {"records": _object(name).plural_label.in_language(visit.language)},
        _("Make it"),
        [_("It is at once in lists, filters, exports and the API. Records have no value in it yet.")],
    ),
    work=_make,
    told=lambda asked: _("The property %(label)s is there") % asked,
    back=_back,
)
edit = Deed(
    name="update property",
    page="properties",
    form=lambda visit, data, name, property_: PropertyForm(data, _definition(visit, name, property_)),
    asked=lambda visit, form, name, property_: Asked(
        _("Edit the property %(name)s") % {"name": property_},
        _("Save"),
        [_("An option that is taken away stays on the records that have it.")],
    ),
    work=_edit,
    told=lambda asked: _("The property is saved"),
    back=_back,
)
archive = Deed(
    name="archive property",
    page="properties",
    form=of_what_is_there(_definition),
    asked=lambda visit, form, name, property_: Asked(
        _("Archive the property %(name)s") % {"name": _definition(visit, name, property_).label},
        _("Archive"),
        [
            _(
                "It disappears from lists, filters, exports and the API; views that filter by it stop working."
            ),
            _("The values stay on the records. Restore it, and they are back."),
        ],
        takes_away=True,
    ),
    work=_archive,
    told=lambda asked: _("The property is archived"),
    back=_back,
)
restore = Deed(
    name="restore property",
    page="properties",
    form=of_what_is_there(partial(_definition, archived=True)),
    asked=lambda visit, form, name, property_: Asked(
        _("Restore the property %(name)s")
        % {"name": _definition(visit, name, property_, archived=True).label},
        _("Restore"),
        [_("It comes back with the values that the records have.")],
    ),
    work=_restore,
    told=lambda asked: _("The property is back"),
    back=_back,
)
