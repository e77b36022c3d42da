"""What is done with an email to a segment: written, tried, sent, stopped, and deleted while it is a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.messages.letters.formats import LANGUAGES
from kalends.messages.mailing_letters import KIND
from kalends.messages.trial import keep_trial
from kalends.query import Filter, Member, compile_count, fetch
from kalends.segments.mail_words import BODY_MAX, SUBJECT_MAX, MailWords, WordsRefused, properties_to_choose
from kalends.segments.mailings import (
    NAME_LENGTH_MAX,
    Mailing,
    contact_object,
    delete_draft,
    find_mailing,
    read_by,
    start,
    stop,
    write_mailing,
)
from kalends.segments.members import members_of
from kalends.segments.segment import read_segments
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.mailings.letter import as_letter
from kalends.staff.mailings.pages import found, segment_name, shown
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import moved
from kalends.staff.segments.deeds import SegmentDeed
from kalends.staff.settings.deeds import Asked, of_what_is_there
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_NAMES = {"en": "English", "nb": "Norsk bokmål", "fi": "Suomi"}
worded(
    WordsRefused,
    lambda problem: (
        _("%(language)s, %(part)s: it cannot be sent so. Look at the places in it.")
        % {
            "language": _NAMES[problem.language],
            "part": _("subject") if problem.part == "subject" else _("text"),
        }
    ),
)


class WritingForm(Form):
    """What an email says, to which segment, in each language."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    segment = forms.ChoiceField(label=gettext_lazy("Segment of contacts"))

    def __init__(self, visit: Visit, data: Any = None, mailing: Mailing | None = None) -> None:
        kept = mailing.words if mailing else {}
        initial: dict[str, Any] = {"name": mailing.name, "segment": mailing.segment_id} if mailing else {}
        for language, words in kept.items():
            initial |= {f"subject_{language}": words.subject, f"body_{language}": words.body}
        super().__init__(data, initial=initial)
        field = self.fields["segment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (each.id, each.name) for each in read_segments(visit.psycopg(), visit.ctx, object="contact")
        ]
        for language in LANGUAGES:
            self.fields[f"subject_{language}"] = _text(gettext_lazy("Subject"), SUBJECT_MAX, language)
            self.fields[f"body_{language}"] = _text(gettext_lazy("Text"), BODY_MAX, language, rows=8)

    @property
    def languages(self) -> list[tuple[str, str, Any, Any]]:
        """Code, name and the two fields of each language."""
        return [(each, _NAMES[each], self[f"subject_{each}"], self[f"body_{each}"]) for each in LANGUAGES]

    @property
    def words(self) -> dict[str, MailWords]:
        """What was written, by language."""
        given = self.cleaned_data
        return {each: MailWords(given[f"subject_{each}"], given[f"body_{each}"]) for each in LANGUAGES}


def _text(label: Any, most: int, language: str, rows: int = 0) -> forms.CharField:
    attrs = {
        "lang": language,
        **({"rows": rows, "class": "input input--long"} if rows else {"class": "input"}),
    }
    widget = forms.Textarea(attrs=attrs) if rows else forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


@account_page
def _ask(request: HttpRequest, visit: Visit, mailing_id: int | None = None) -> HttpResponse:
    visit.require("mailings")
    mailing = _draft(visit, mailing_id)
    return _form(request, visit, WritingForm(visit, None, mailing), mailing)


def _draft(visit: Visit, mailing_id: int | None) -> Mailing | None:
    mailing = None if mailing_id is None else found(visit, mailing_id)
    if mailing is not None and mailing.status != "draft":
        raise Http404("it was sent")
    return mailing


def _form(
    request: HttpRequest, visit: Visit, form: WritingForm, mailing: Mailing | None, status: int = 200
) -> HttpResponse:
    obj = contact_object(visit.psycopg(), visit.ctx)
    places = sorted(
        ((each.label.in_language(visit.language), each.name) for each in properties_to_choose(obj)),
        key=lambda each: each[0].casefold(),
    )
    back = (
        reverse("mailing", args=[visit.ctx.id, mailing.id])
        if mailing
        else reverse("mailings", args=[visit.ctx.id])
    )
    context = {
        "title": mailing.name if mailing else _("New email to a segment"),
        "form": form,
        "places": places,
        "back": back,
    }
    return shown(request, visit, "edit", context, status=status)


@account_action("mailings")
def _write(request: HttpRequest, visit: ActionVisit, mailing_id: int | None = None) -> HttpResponse:
    mailing = _draft(visit, mailing_id)
    form = WritingForm(visit, request.POST, mailing)
    if form.is_valid():
        try:
            id_ = visit.do(
                "write mailing",
                lambda db: write_mailing(
                    db,
                    visit.ctx,
                    name=form.cleaned_data["name"],
                    segment_id=int(form.cleaned_data["segment"]),
                    words=form.words,
                    made_by=visit.user.id,
                    id_=mailing_id,
                    actor=visit.who.actor,
                ),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(
                request, reverse("mailing", args=[visit.ctx.id, id_]), _("The email is kept as a draft")
            )
    return _form(request, visit, form, mailing, status=422)


write = by_method(get=_ask, post=_write)


class MailingDeed(SegmentDeed):
    """A deed of the pages of emails to segments."""

    __slots__ = ()

    def home(self, visit: Visit) -> str:
        """The list of emails."""
        return reverse("mailings", args=[visit.ctx.id])

    def framed(self, request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
        """What stands around the dialog, and in it."""
        visit.require(self.page)
        with visit.cursor() as cursor:
            around = shell(cursor, visit, request, "mailings")
        return {**around, "title": _("Emails to segments"), **content}


def _at(visit: Visit, mailing_id: int) -> str:
    return reverse("mailing", args=[visit.ctx.id, mailing_id])


def _try(db: Any, visit: Visit, mailing_id: int) -> int:
    """The email as the first reader would get it, to the user's own address."""
    mailing = find_mailing(db, visit.ctx, mailing_id)
    members = [id_ for id_, _since in members_of(db, visit.ctx, mailing.segment_id, limit=20)]
    reader = next(iter(read_by(db, visit.ctx, mailing, members, visit.asking)), None)
    language, words = next(iter(mailing.words.items()))
    if reader is not None:
        language, words = reader.language, reader.words
    letter = as_letter(visit.ctx, words, language)
    return keep_trial(db, visit.ctx, KIND, language, letter, visit.user.id, actor=visit.who.actor)


attempt = MailingDeed(
    name="try mailing",
    page="mailings",
    form=of_what_is_there(found),
    asked=lambda visit, form, mailing_id: Asked(
        _("Send it to yourself"),
        _("Send to %(email)s") % {"email": visit.user.email},
        [_("As the first reader of the segment would get it. Nobody else gets anything.")],
    ),
    work=lambda db, visit, asked, mailing_id: _try(db, visit, mailing_id),
    told=lambda asked: _("On its way to you"),
    back=_at,
)


def _effects(visit: Visit, mailing_id: int) -> list[str]:
    mailing = found(visit, mailing_id)
    obj = contact_object(visit.psycopg(), visit.ctx)
    with visit.cursor() as cursor:
        inside = Filter(((Member(mailing.segment_id),),))
        count = fetch(cursor, compile_count(obj, inside, visit.asking))[0]["count"]
    told = {"count": formatting.number(Decimal(count)), "name": segment_name(visit, mailing)}
    kept = visit.ctx.settings.letters != "queued"
    return [
        _(
            "%(name)s has %(count)s contacts that you may see. Each of them gets one letter, and never a second."
        )
        % told,
        _("Who has no address, or refused such emails, gets none."),
        *([_("This account keeps its letters: nothing leaves the house.")] if kept else []),
    ]


send = MailingDeed(
    name="send mailing",
    page="mailings",
    form=of_what_is_there(found),
    asked=lambda visit, form, mailing_id: Asked(_("Send the email?"), _("Send"), _effects(visit, mailing_id)),
    work=lambda db, visit, asked, mailing_id: start(
        db, visit.ctx, mailing_id, visit.user.id, visit.who.actor
    ),
    told=lambda asked: _("The email is being sent"),
    back=_at,
)
halt = MailingDeed(
    name="stop mailing",
    page="mailings",
    form=of_what_is_there(found),
    asked=lambda visit, form, mailing_id: Asked(
        _("Stop sending?"),
        _("Stop"),
        [_("No further letters are decided on. Those in the outbox go out.")],
        takes_away=True,
    ),
    work=lambda db, visit, asked, mailing_id: stop(db, visit.ctx, mailing_id, visit.who.actor),
    told=lambda asked: _("Sending is stopped"),
    back=_at,
)
delete = MailingDeed(
    name="delete mailing",
    page="mailings",
    form=of_what_is_there(found),
    asked=lambda visit, form, mailing_id: Asked(
        _("Delete the draft %(name)s") % {"name": found(visit, mailing_id).name},
        _("Delete"),
        [_("It was sent to nobody.")],
        takes_away=True,
    ),
    work=lambda db, visit, asked, mailing_id: delete_draft(db, visit.ctx, mailing_id, visit.who.actor),
    told=lambda asked: _("The draft is deleted"),
)
