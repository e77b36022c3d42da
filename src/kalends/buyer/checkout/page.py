"""The page of a checkout that is open: everything on it, from the offer to the button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.utils.translation import gettext as _

from kalends.billing.hold import find_hold
from kalends.buyer.checkout import showing, words
from kalends.buyer.checkout.forms import Answers, ChoiceForm, ConsentForm
from kalends.buyer.door import Guest, NotThere
from kalends.buyer.pages import page
from kalends.buyer.policies import Sentence
from kalends.buyer.words import Told
from kalends.payments.processors.registry import chosen_processor
from kalends.sales.offers import Shown, Terms, show
from kalends.sales.trouble import Trouble


class Problem(NamedTuple):
    """Something that is wrong on the page: of which field (its id; empty: of the whole), and what."""

    target: str
    label: str
    text: str


@dataclass(slots=True)
class Sheet:
    """A checkout on its way to the screen. ``action`` is where its form goes, ``agreement`` what its buyer agrees to.

    ``after`` names a purchase that was made before with this link, so that a page from before that is not taken for
    another purchase.
    """

    guest: Guest
    terms: Terms
    choosing: ChoiceForm
    answers: Answers
    shown: Shown
    consent: ConsentForm
    agreement: Sentence
    action: str
    told: Told | None = None
    receipt: str = ""
    after: str = ""
    problems: list[Problem] = field(default_factory=list[Problem])

    def blame(self, troubles: Sequence[Trouble]) -> None:
        """Say what the services found wrong, each at its field where there is one."""
        accepted = showing.accepted_names(self.guest, self.terms)
        for trouble in troubles:
            text = words.trouble_words(self.guest, trouble, self.terms.currency, accepted)
            form, name = self._field_of(trouble.place)
            if form is None:
                if text not in {each.text for each in self.problems}:
                    self.problems.append(Problem("", "", text))
            elif form.is_bound:
                if text not in form.errors.get(name, []):
                    form.add_error(name, text)
            else:
                label = str(form.fields[name].label)
                self.problems.append(Problem(form[name].id_for_label, label, text))

    def _field_of(self, place: str) -> tuple[Any, str]:
        answers = self.answers
        area, _dot, part = place.partition(".")
        name = place.replace(":", "-")
        spots = (
            (self.choosing, name),
            (answers.details, name),
            (self.consent, name),
            (getattr(answers, area, None) if area in ("billing", "shipping") else None, part),
            (answers.questions if area == "custom" else None, part),
        )
        return next(
            ((form, spot) for form, spot in spots if form is not None and spot in form.fields), (None, "")
        )

    @property
    def summary(self) -> list[Problem]:
        """Everything that is wrong, in the order of the page."""
        found: list[Problem] = []
        for form in (self.choosing, *self.answers.forms, self.consent):
            if not form.is_bound:
                continue
            for name, errors in form.errors.items():
                label = str(form.fields[name].label) if form is not self.consent else _("Your consent")
                found.append(Problem(form[name].id_for_label, label, " ".join(map(str, errors))))
        return [*found, *self.problems]


def sheet_of(
    guest: Guest,
    terms: Terms,
    choosing: ChoiceForm,
    answers: Answers,
    action: str,
    *,
    code_id: int | None,
    consent_data: Any = None,
) -> Sheet:
    """A page with these forms, and the offer that comes of its choices and this discount code."""
    choosing.is_valid()
    shown = show(guest.db, guest.ctx, terms, choosing.choices, code_id)
    agreement = words.agreement(guest, shown.offer)
    consent = ConsentForm(consent_data if shown.offer.recurs else None, words=agreement.html)
    return Sheet(guest, terms, choosing, answers, shown, consent, agreement, action)


def cannot_be_paid(guest: Guest) -> bool:
    """Whether the account takes no payments at the moment."""
    return find_hold(guest.db, guest.ctx.id) is not None or chosen_processor(guest.db, guest.ctx) is None


def render(sheet: Sheet, *, status: int = 200) -> HttpResponse:
    """The page."""
    guest, offer, terms = sheet.guest, sheet.shown.offer, sheet.terms
    methods = showing.accepted_names(guest, terms)
    held = not methods or cannot_be_paid(guest)
    untaken = showing.nothing_taken(terms, sheet.choosing)
    context = {
        "title": terms.name,
        "sheet": sheet,
        "terms": terms,
        "offer": offer,
        "currency": terms.currency,
        "items": showing.items(guest, terms, sheet.shown, sheet.choosing),
        "sums": showing.sums(guest, terms, sheet.shown),
        "later": showing.later(guest, offer),
        "afterwards": "" if untaken else words.afterwards(guest, offer),
        "button": words.button(guest, offer),
        "methods": ", ".join(methods),
        "details": sheet.answers.details,
        "billing": sheet.answers.billing,
        "shipping": sheet.answers.shipping,
        "questions": sheet.answers.questions,
        "choosing": sheet.choosing,
        "has_choices": any(name != "code" for name in sheet.choosing.fields),
        "code": sheet.choosing["code"] if _takes_a_code(sheet) else None,
        "code_used": sheet.shown.code,
        "consent": sheet.consent if offer.recurs else None,
        "digest": offer.digest,
        "agreement": sheet.agreement,
        "words_mark": words.mark_of(sheet.agreement.text),
        "untaken": untaken,
        "held": words.told_of_processor("none") if held else None,
        "told": sheet.told,
        "summary": sheet.summary,
    }
    return page(guest, "buyer/checkout/form.html", context, status=status)


def _takes_a_code(sheet: Sheet) -> bool:
    """Whether to ask for a discount code: it would take off what is due today, and nothing else."""
    return "code" in sheet.choosing.fields and bool(
        sheet.shown.offer.subtotal_minor or sheet.choosing["code"].value()
    )


def closed(guest: Guest, because: str) -> HttpResponse:
    """Nobody can buy here any more. What was switched off or deleted looks as if it had never been there."""
    if because not in ("used", "expired"):
        raise NotThere
    return page(
        guest,
        "buyer/checkout/closed.html",
        {"title": _("This offer is over"), "because": because},
        status=410,
    )
