"""Email templates: which letters there are, how each reads in each language, its wording, and a trial of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from kalends.documents.logo import read_logos
from kalends.messages.letters.kinds import KINDS
from kalends.messages.letters.layout import for_browsers
from kalends.messages.letters.wording import PLACEHOLDERS, STANDARD, Wording
from kalends.messages.trial import sample_letter, sample_words, send_trial
from kalends.messages.wordings import own_wordings, read_wordings, set_wording
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.deeds import Asked, Deed
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.settings.wording import WordingForm, folded, unfolded
from kalends.staff.visit import Visit, account_page

LANGUAGES = {"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}
NAMES: dict[str, Callable[[], str]] = {
    "receipt": lambda: _("Receipt"),
    "charge_failed": lambda: _("A charge failed"),
    "refund": lambda: _("Refund"),
    "credit_note": lambda: _("Credit note"),
    "invoice": lambda: _("Invoice"),
    "invoice_reminder": lambda: _("Reminder of an invoice"),
    "reminder": lambda: _("Reminder of a payment"),
    "update_request": lambda: _("Ask for another payment method"),
    "changed": lambda: _("The subscription was changed"),
    "to_be_paused": lambda: _("The subscription will be paused"),
    "paused": lambda: _("The subscription is paused"),
    "resumed": lambda: _("The subscription goes on"),
    "to_be_canceled": lambda: _("The subscription will be canceled"),
    "kept": lambda: _("The cancellation was taken back"),
    "canceled": lambda: _("The subscription is canceled"),
    "payment_made": lambda: _("A payment was made"),
    "payment_failed": lambda: _("A payment failed"),
    "dispute_opened": lambda: _("A payment is disputed"),
    "dispute_won": lambda: _("A dispute was won"),
    "dispute_lost": lambda: _("A dispute was lost"),
    "pause_notice": lambda: _("A subscription was paused"),
    "portal_link": lambda: _("A link to their own pages"),
    "quote_sent": lambda: _("A quote"),
    "quote_code": lambda: _("A code to sign a quote"),
    "quote_accepted": lambda: _("A quote was accepted"),
    "export_ready": lambda: _("An export is ready"),
    "dashboard": lambda: _("Email of a dashboard"),
    "workflow_letter": lambda: _("Email of a workflow"),
    "workflow_note": lambda: _("Email of a workflow to your team"),
    "mailing": lambda: _("Email to a segment"),
    "books_differ": lambda: _("Your books and the processor's differ"),
    "proof_differs": lambda: _("The nightly proof of the books found a difference"),
}


def lists(visit: Visit) -> dict[str, object]:
    """The letters to customers and to users, each with whether it goes out."""
    own = own_wordings(visit.psycopg(), visit.ctx.id)
    rows = {kind: _row(visit, kind, own.get(kind, [])) for kind in KINDS}
    columns = [_("Letter"), _("Goes out")]
    return {
        "tables": [
            Table(
                "to-customers",
                _("To customers"),
                columns,
                [row for kind, row in rows.items() if not KINDS[kind].to_staff],
                note=_("In the language of the customer. Open one to word it yourself."),
            ),
            Table(
                "to-users",
                _("To users of this account"),
                columns,
                [row for kind, row in rows.items() if KINDS[kind].to_staff],
                note=_("Each user switches these alone, under notifications."),
            ),
        ]
    }


def _row(visit: Visit, kind: str, languages: Sequence[str]) -> Row:
    look = reverse("settings-letter", args=[visit.ctx.id, kind])
    on, why = _goes_out(visit, kind)
    tag = Tag(_("On"), "ok") if on else Tag(_("Off"))
    worded = ", ".join(LANGUAGES[each] for each in languages)
    name = Cell(
        NAMES[kind](), _("Own wording: %(languages)s") % {"languages": worded} if worded else "", look
    )
    return Row(
        NAMES[kind](),
        [name, Cell(why, tags=[tag])],
        [Act(_("Preview"), look, dialog=False)],
    )


def _goes_out(visit: Visit, kind: str) -> tuple[bool, str]:
    """Whether a kind goes out by the account's settings, and when."""
    own = visit.ctx.settings
    if kind == "charge_failed":
        return own.failed_payment_letters, _("As set under Payments")
    if kind == "reminder":
        days = own.reminder_days
        return bool(days), _("%(days)s days before") % {"days": days} if days else _("As set above")
    if kind == "invoice_reminder":
        days = own.invoice_reminder_days
        return bool(days), _("%(days)s days before") % {"days": days} if days else _("As set above")
    return True, _("When it happens")


def _known(kind: str, language: str) -> None:
    if kind not in KINDS or language not in LANGUAGES:
        raise Http404(f"no letter {kind} in {language}")


@require_safe
@account_page
def _look(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    language = _language(request, visit, kind)
    form = _form(visit, kind, language) if KINDS[kind].is_worded else None
    return _shown(request, visit, kind, language, form)


def _language(request: HttpRequest, visit: Visit, kind: str) -> str:
    language = request.GET.get("language", visit.ctx.language)
    _known(kind, language)
    visit.require(PLACES["letters"].needs)
    return language


def _form(visit: Visit, kind: str, language: str, data: Any = None) -> WordingForm:
    own = read_wordings(visit.psycopg(), visit.ctx.id, kind).get(language, STANDARD)
    return WordingForm(kind, language, own, sample_words(visit.ctx, kind, language), data)


def _shown(
    request: HttpRequest,
    visit: Visit,
    kind: str,
    language: str,
    form: WordingForm | None,
    tried: Wording | None = None,
    status: int = 200,
) -> HttpResponse:
    """A letter with made-up people and amounts, as it would be sent today, or in words that are ``tried``."""
    words = sample_letter(visit.psycopg(), visit.ctx, kind, language, tried)
    here = reverse("settings-letter", args=[visit.ctx.id, kind])
    frame = reverse("settings-letter-body", args=[visit.ctx.id, kind, language])
    context = {
        "kind": kind,
        "letter_name": NAMES[kind](),
        "letter": words,
        "letter_language": language,
        "frame": frame if tried is None else f"{frame}?words={folded(tried)}",
        "picks": [
            {"label": name, "link": f"{here}?language={code}", "chosen": code == language, "code": code}
            for code, name in LANGUAGES.items()
        ],
        "attached": words.attached is not None,
        "form": form,
        "tried": tried is not None,
    }
    return shown(request, visit, "letters", "letter", context, status=status)


@account_action("settings")
def _reword(request: HttpRequest, visit: ActionVisit, kind: str) -> HttpResponse:
    """Keep the account's own words for a letter, or show how they would read."""
    language = _language(request, visit, kind)
    _wordable(kind)
    form = _form(visit, kind, language, request.POST)
    if not form.is_valid():
        return _shown(request, visit, kind, language, form, status=422)
    if "look" in request.POST:
        return _shown(request, visit, kind, language, form, form.wording)

    def work(db: Any) -> bool:
        return set_wording(db, visit.ctx, kind, language, form.wording, actor=visit.who.actor)

    try:
        changed = visit.do("wording", work)
    except Refused as refusal:
        form.refuse(refusal)
        return _shown(request, visit, kind, language, form, status=422)
    told = _("The wording is kept") if changed else _("Nothing was changed: everything stood so already")
    return moved(request, _page(visit, kind, language), told)


letter = by_method(get=_look, post=_reword)


def _page(visit: Visit, kind: str, language: str) -> str:
    return f"{link(visit, 'letters')}/{kind}?language={language}"


def _wordable(kind: str) -> None:
    if kind not in PLACEHOLDERS:
        raise Http404(f"no wording of {kind}")


def _standard_form(visit: Visit, data: Any, kind: str, language: str) -> Form:
    _known(kind, language)
    if language not in read_wordings(visit.psycopg(), visit.ctx.id, kind):
        raise Http404(f"no wording of {kind} in {language}")
    return Form(data)


standard = Deed(
    name="standard wording",
    page="letters",
    form=_standard_form,
    asked=lambda visit, form, kind, language: Asked(
        _("Back to the standard wording"),
        _("Take back"),
        [
            _("Your words for this letter in this language are gone. Letters that were sent keep theirs."),
        ],
        takes_away=True,
    ),
    work=lambda db, visit, asked, kind, language: set_wording(
        db, visit.ctx, kind, language, STANDARD, actor=visit.who.actor
    ),
    told=lambda asked: _("The standard wording is back"),
    back=_page,
)


@xframe_options_sameorigin
@require_safe
@account_page
def body(request: HttpRequest, visit: Visit, kind: str, language: str) -> HttpResponse:
    """The page of a letter alone, for the frame that shows it; it may load nothing and run nothing."""
    _known(kind, language)
    visit.require(PLACES["letters"].needs)
    tried = unfolded(request.GET["words"]) if "words" in request.GET else None
    words = sample_letter(visit.psycopg(), visit.ctx, kind, language, tried)
    answer = HttpResponse(for_browsers(words, read_logos(visit.psycopg(), visit.ctx.id, words.logos)))
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
    )
    return answer


@account_action("settings")
def send(request: HttpRequest, visit: ActionVisit, kind: str, language: str) -> HttpResponse:
    """Send a letter to the user who looks at it."""
    _known(kind, language)

    def work(db: object) -> int:
        return send_trial(db, visit.ctx, kind, language, visit.user.id, actor=visit.who.actor)  # type: ignore[arg-type]

    visit.do("send trial", work)
    told = (
        _("On its way to %(email)s") if visit.ctx.settings.letters == "queued" else _("Kept, not delivered")
    )
    return moved(request, _page(visit, kind, language), told % {"email": visit.user.email})
