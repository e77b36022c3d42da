"""What templates need to say money, dates, shapes and cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kalends.staff import formatting, markup

register = template.Library()


register.simple_tag(markup.icon)
register.simple_tag(markup.cell)
register.simple_tag(markup.table_row)
register.simple_tag(markup.strip_day)
register.simple_tag(markup.heading)
register.simple_tag(markup.nav_link)


@register.simple_tag(takes_context=True)
def palette(context: template.Context) -> SafeString:
    """The palette and the list of keys, which are the same on every page of an account."""
    return _palette(context["account"].id, context["visit"].user.single_keys, context["language"])


@lru_cache(maxsize=256)
def _palette(account_id: int, single_keys: bool, language: str) -> SafeString:  # noqa: ARG001
    told = {"account_id": account_id, "single_keys": single_keys}
    return render_to_string("staff/account/palette.html", told)


@register.filter
def money(value: formatting.Money | None) -> SafeString | str:
    """An amount with its decimals and its currency stepping back."""
    return "--" if value is None else markup.money(value)


@register.filter
def figures(value: formatting.Money | None) -> SafeString | str:
    """An amount without its currency, where a heading names it."""
    if value is None:
        return "--"
    return format_html(
        '<span class="money">{}<span class="dec">{}</span></span>', value.whole, value.decimals
    )


@register.simple_tag
def minor(amount_minor: int | None, currency: str) -> SafeString | str:
    """An amount in minor units."""
    return money(None if amount_minor is None else formatting.minor(amount_minor, currency))


@register.simple_tag
def price(value: Decimal, currency: str) -> str:
    """A unit price."""
    return formatting.price(value, currency)


@register.filter
def day(value: date | None) -> SafeString | str:
    """A date."""
    if value is None:
        return "--"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formatting.day(value))


@register.filter
def number(value: Any) -> str:
    """A number that is not money."""
    return formatting.number(Decimal(value))


@register.filter
def entry(values: Any, key: Any) -> Any:
    """What a mapping holds for a key; nothing where there is neither."""
    return values.get(key) if values else None


@register.filter
def field_kind(field: BoundField) -> str:
    """How a form's field is laid out: ``check``, ``choices`` (several in one), ``text``."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "choices" if getattr(widget, "use_fieldset", False) else "text"
