"""Forms made of the settings that accounts declare, and the pages that show and change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.accounts.change import RULES, change_settings, settings_of
from kalends.accounts.setting import InvalidSetting, Rule, written
from kalends.crm.countries import countries
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.deal_stages import DealPipeline, deal_pipelines
from kalends.staff.forms import Form, dress
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.settings.words import SECTIONS, WORDS, Words, names_on
from kalends.staff.visit import View, Visit, account_page


class SettingsForm(Form):
    """Some of the account's settings, each a field as its declaration asks for.

    ``pipelines`` are what a setting may choose from that names one of them, or a stage.
    """

    def __init__(
        self,
        names: Sequence[str],
        values: Mapping[str, Any],
        data: Any = None,
        *,
        pipelines: Sequence[DealPipeline] = (),
    ) -> None:
        initial = {
            name: values[name]
            if isinstance(RULES[name].default, bool) or several(name)
            else written(values[name])
            for name in names
        }
        super().__init__(data, initial=initial)
        self.use_required_attribute = False
        for name in names:
            self.fields[name] = field_for(name)
            if WORDS[name].kind in _OF_PIPELINES:
                self.fields[name] = _of_pipelines(name, pipelines, str(values[name]))
            dress(self.fields[name])
        self.pipelines = pipelines

    def clean(self) -> dict[str, Any]:
        """A stage is one of the pipeline that is chosen beside it."""
        typed = super().clean() or self.cleaned_data
        chosen = {WORDS[name].kind: (name, typed.get(name)) for name in self.fields if name in WORDS}
        if {"pipeline", "stage"} <= chosen.keys():
            name, stage = chosen["stage"]
            of = next((each for each in self.pipelines if each.name == chosen["pipeline"][1]), None)
            if of is not None and stage is not None and stage not in dict(of.stages):
                self.add_error(name, str(WORDS[name].wrong))
        return typed

    def sections(self) -> list[Section]:
        """The fields under the headings of their cards."""
        found: dict[str, list[BoundField]] = {}
        for field in self.visible_fields():
            found.setdefault(WORDS[field.name].section, []).append(field)
        return [
            Section(key, str(SECTIONS[key].heading), str(SECTIONS[key].note), fields)
            for key, fields in found.items()
        ]


class Section(NamedTuple):
    """A card of a form."""

    key: str
    heading: str
    note: str
    fields: list[BoundField]


def field_for(name: str) -> forms.Field:
    """The field of a form for a setting, from what it declares: a switch, a number, a choice, or words."""
    rule, words = RULES[name], WORDS[name]
    common: dict[str, Any] = {"label": words.label, "help_text": words.help}
    if isinstance(rule.default, bool):
        return forms.BooleanField(required=False, **common)
    if isinstance(rule.default, int):
        return forms.IntegerField(min_value=rule.least, max_value=rule.most, **common)
    if several(name):
        choices = [(each, words.options[each]) for each in rule.choices]
        return _Several(choices=choices, error_messages={"required": str(words.wrong)}, **common)
    if rule.choices:
        choices = [(each, words.options[each]) for each in rule.choices]
        return forms.ChoiceField(choices=choices, **common)
    if words.kind == "country":
        return forms.ChoiceField(
            choices=[("", "--"), *countries(get_language() or "en")], required=False, **common
        )
    if words.kind == "zone":
        zones = sorted(each for each in available_timezones() if "/" in each or each == "UTC")
        choices = [(each, each.replace("_", " ")) for each in zones]
        return forms.ChoiceField(choices=choices, **common)
    return _Written(name, rule, words, **common)


_OF_PIPELINES = ("pipeline", "stage")


def _of_pipelines(name: str, pipelines: Sequence[DealPipeline], now: str) -> forms.Field:
    """The field of a setting that is the internal name of a pipeline or a stage, chosen by what people call it.

    What is there ``now`` can stay, even if it was archived since.
    """
    words = WORDS[name]
    choices: list[Any] = [(each.name, each.label) for each in pipelines]
    known = {each.name for each in pipelines}
    if words.kind == "stage":
        choices = [(each.label, each.stages) for each in pipelines]
        known = {stage for each in pipelines for stage, _label in each.stages}
    if now not in known:
        choices.insert(0, (now, now))
    common: dict[str, Any] = {"label": words.label, "help_text": words.help}
    return forms.ChoiceField(choices=choices, **common)


def several(name: str) -> bool:
    """Whether a setting is some of its choices, not one of them."""
    return bool(RULES[name].choices) and isinstance(RULES[name].default, tuple)


class _Several(forms.MultipleChoiceField):
    """Some of a setting's choices, each with a box."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> tuple[str, ...]:
        """The values that the setting takes. Raises ``ValidationError``."""
        return tuple(super().clean(value))


class _Written(forms.CharField):
    """A setting that is typed in, read as the command line reads it, refused in the reader's language."""

    def __init__(self, name: str, rule: Rule, words: Words, **more: Any) -> None:
        self.name, self.rule, self.words = name, rule, words
        attrs = {"type": "color"} if words.kind == "color" else {}
        widget = forms.Textarea(attrs={"rows": 3}) if words.kind == "long" else forms.TextInput(attrs=attrs)
        super().__init__(required=False, widget=widget, **more)

    def clean(self, value: Any) -> Any:
        """The value that the setting takes. Raises ``ValidationError``."""
        try:
            return self.rule.read(self.name, super().clean(value))
        except InvalidSetting as problem:
            raise ValidationError(str(self.words.wrong)) from problem


def _anybody(visit: Visit, form: SettingsForm) -> None:
    """Nothing is looked at but the values."""


def settings_page(
    key: str,
    template: str = "form",
    more: Any = None,
    check: Callable[[Visit, SettingsForm], None] = _anybody,
) -> View:
    """The address of a page of settings: shown by GET, changed by POST.

    ``more`` adds to the template's context; ``check`` looks at a form whose values are right and may add errors.
    """

    names = names_on(key)

    def form_of(visit: Visit, data: Any = None) -> SettingsForm:
        chooses = any(WORDS[name].kind in _OF_PIPELINES for name in names)
        pipelines = deal_pipelines(visit) if chooses else ()
        return SettingsForm(names, settings_of(visit.ctx), data, pipelines=pipelines)

    def show(request: HttpRequest, visit: Visit, form: SettingsForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "sections": form.sections(),
            "wrong_heading": _("Nothing was saved"),
            "wrong_text": _("Look at the fields that are marked, and save again."),
            "save_note": _("Who changed what stays in the audit log."),
            **(more(visit) if more else {}),
        }
        return shown(request, visit, key, template, context, status=status)

    @require_safe
    @account_page
    def get(request: HttpRequest, visit: Visit) -> HttpResponse:
        visit.require(PLACES[key].needs)
        return show(request, visit, form_of(visit))

    @account_action(PLACES[key].needs)
    def post(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
        form = form_of(visit, request.POST)
        if form.is_valid():
            check(visit, form)
        if form.is_valid():
            try:
                changed = visit.do("settings", lambda db: _change(db, visit, form))
            except Refused as refusal:
                form.refuse(refusal)
            else:
                return moved(request, link(visit, key), saved(changed["changed"]))
        return show(request, visit, form, status=422)

    return by_method(get=get, post=post)


def _change(db: Any, visit: Visit, form: SettingsForm) -> dict[str, Any]:
    wanted = {name: form.cleaned_data[name] for name in form.fields if name in WORDS}
    changed = change_settings(db, visit.ctx, wanted, actor=visit.who.actor)
    return {"changed": sorted(changed.changes)}


def saved(names: Sequence[str]) -> str:
    """What a toast says of the settings that were changed."""
    if not names:
        return _("Nothing was changed: everything stood so already")
    if len(names) == 1:
        label = str(WORDS[names[0]].label)
        return _("Saved: %(setting)s") % {"setting": label}
    return ngettext("Saved: %(number)s setting", "Saved: %(number)s settings", len(names)) % {
        "number": len(names)
    }
