"""What the buyers' templates need: icons, amounts and days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Lucide icon, for the eye only: the words beside it say the same."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>',
        css,
        static("staff/icons/sprite.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def money(context: dict[str, Any], amount_minor: int | None, currency: str) -> SafeString | str:
    """An amount in minor units, with its currency stepping back."""
    if amount_minor is None:
        return "--"
    figure = context["guest"].formats.figure(amount_minor, currency)
    return format_html('<span class="money">{}<span class="cur">{}</span></span>', figure, currency)


@register.simple_tag(takes_context=True)
def amount(context: dict[str, Any], amount_minor: int, currency: str) -> str:
    """The same as plain text, for buttons and sentences."""
    return context["guest"].formats.money(amount_minor, currency)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], value: date | None) -> SafeString | str:
    """A day, in a few words."""
    if value is None:
        return "--"
    written = context["guest"].formats.short_day(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), written)
