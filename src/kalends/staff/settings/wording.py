"""The form in which an account words a letter to its customers, and words on their way to a preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.messages.letters.render import Worded
from kalends.messages.letters.wording import LENGTHS, STANDARD, Problem, Wording, problems_in, tidy
from kalends.staff.forms import Form

_SALT = "kalends.staff.wording"


class WordingForm(Form):
    """A subject, an opening and a closing in the account's own words; each may be left to the standard one."""

    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=LENGTHS["subject"])
    opening = forms.CharField(
        label=gettext_lazy("Opening"),
        help_text=gettext_lazy("It stands above the amount, or above what the letter is about."),
        required=False,
        max_length=LENGTHS["opening"],
    )
    closing = forms.CharField(
        label=gettext_lazy("Closing"),
        help_text=gettext_lazy("Words of your own at the end. An empty line begins a new paragraph."),
        required=False,
        max_length=LENGTHS["closing"],
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, kind: str, language: str, own: Wording, worded: Worded, data: Any = None) -> None:
        super().__init__(data, initial=own._asdict())
        self.kind, self.is_own, self.placeholders = kind, own != STANDARD, worded.values
        for name in LENGTHS:
            self.fields[name].widget.attrs["lang"] = language
            self.fields[name].widget.attrs["placeholder"] = getattr(worded.standard, name)

    def clean(self) -> dict[str, Any]:
        """Looks at the placeholders and tells what is wrong at each field."""
        typed = super().clean() or self.cleaned_data
        self.wording = tidy(Wording(*(typed.get(part, "") for part in LENGTHS)))
        for problem in problems_in(self.kind, self.wording):
            if not self.has_error(problem.part):
                self.add_error(problem.part, _told(problem))
        return typed


def _told(problem: Problem) -> str:
    if problem.reason == "unknown":
        return _("This letter does not know %(placeholder)s. Use those of the list.") % {
            "placeholder": problem.value
        }
    if problem.reason == "unfinished":
        return _("Write a placeholder as %(placeholder)s.") % {"placeholder": "{{ first_name }}"}
    if problem.reason == "long":
        return _("This has room for %(number)s letters.") % {"number": LENGTHS[problem.part]}
    return _("Take out what cannot be printed.")


def folded(wording: Wording) -> str:
    """Words that are tried, as a part of an address; signed, so that nobody leads anybody to words of theirs."""
    return signing.dumps(list(wording), salt=_SALT, compress=True)


def unfolded(text: str) -> Wording:
    """The words of :func:`folded`. Raises ``Http404`` for others."""
    try:
        return Wording(*signing.loads(text, salt=_SALT))
    except signing.BadSignature as problem:
        raise Http404("no words to try") from problem
