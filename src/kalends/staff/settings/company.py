"""Company and branding: the logo, and how the brand color reads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.change import change_settings
from kalends.accounts.letterhead import LogoName, contrast
from kalends.documents.logo import LARGEST_FILE, UnfitLogo, read_logos, set_logo
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import moved
from kalends.staff.settings.deeds import Asked, Deed
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.visit import Visit, account_page

TEXT_READS, SHAPE_SHOWS = 4.5, 3.0
"""Contrast that WCAG 2.2 asks of text, and of shapes (AA)."""

worded(
    UnfitLogo,
    lambda problem: (
        _("This picture cannot be used (%(reason)s) Give a PNG, JPEG or SVG file of up to 512 kB.")
        % {"reason": problem}
    ),
    "picture",
)


class LogoForm(Form):
    """A picture to be the logo."""

    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy(
            "PNG, JPEG or SVG, up to 512 kB. It is drawn anew with at most 640 by 160 pixels."
        ),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/svg+xml"}),
    )


def branding(visit: Visit) -> dict[str, Any]:
    """What the page shows besides its form: logo, color and how they read."""
    head = visit.ctx.letterhead
    on_white = contrast(head.brand_color, "#ffffff")
    return {
        "letterhead": head,
        "logo": LogoName.read(head.logo) if head.logo else None,
        "initial": visit.ctx.name.strip()[:1].upper(),
        "ink_ratio": f"{contrast(head.ink, head.brand_color):.1f}",
        "white_ratio": f"{on_white:.1f}",
        "reads": contrast(head.ink, head.brand_color) >= TEXT_READS,
        "stands_out": on_white >= SHAPE_SHOWS,
    }


@require_safe
@account_page
def picture(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:  # noqa: ARG001
    """The account's logo as a picture. A name never changes what it shows."""
    visit.require(PLACES["company"].needs)
    content = read_logos(visit.psycopg(), visit.ctx.id, [name]).get(name)
    if content is None:
        raise Http404(f"no logo {name}")
    return HttpResponse(
        content, content_type="image/png", headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )


def upload_form(request: HttpRequest, visit: Visit, form: LogoForm, status: int = 200) -> HttpResponse:
    """The page that asks for a picture."""
    context = {"form": form, **branding(visit)}
    return shown(request, visit, "company", "logo", context, status=status)


@require_safe
@account_page
def ask_logo(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for a picture."""
    return upload_form(request, visit, LogoForm())


@account_action("settings")
def upload(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """Make a picture the logo."""
    form = LogoForm(request.POST, files=request.FILES)
    if form.is_valid():
        content = _content(form.cleaned_data["picture"])
        try:
            visit.do("logo", lambda db: _keep(db, visit, content))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(
                request, link(visit, "company"), _("The logo is on everything that is sent from now on")
            )
    return upload_form(request, visit, form, 422)


def _content(file: Any) -> bytes:
    """The file, or of one that is far too large so much that it is refused as too large."""
    return file.read(LARGEST_FILE + 1)


def _keep(db: Any, visit: ActionVisit, content: bytes) -> None:
    set_logo(db, visit.ctx, content, actor=visit.who.actor)


logo = by_method(get=ask_logo, post=upload)


def _removed(db: Any, visit: ActionVisit, asked: dict[str, Any]) -> None:  # noqa: ARG001
    change_settings(db, visit.ctx, {"logo": ""}, actor=visit.who.actor)


remove = Deed(
    name="remove logo",
    page="company",
    form=lambda visit, data: Form(data),
    asked=lambda visit, form: Asked(
        _("Remove the logo"),
        _("Remove"),
        [
            _("From now on the name and its first letter on the brand color stand on letters and invoices."),
            _("What was sent already keeps the logo it was sent with."),
        ],
        takes_away=True,
    ),
    work=_removed,
    told=lambda asked: _("The logo is removed"),
)
