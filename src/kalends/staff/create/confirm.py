"""What will happen once it is confirmed: who is charged what, when, and by which method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.staff import formatting
from kalends.staff.create.foresight import Foresight, Part
from kalends.staff.create.forms import AUTOMATIC
from kalends.staff.create.wizard import Wizard
from kalends.staff.visit import Visit


class Effect(NamedTuple):
    """Something that will happen; ``tone`` warns."""

    icon: str
    text: str
    tone: str = ""


class Told:
    """A request that is about to be made, in words."""

    def __init__(self, visit: Visit, wizard: Wizard, foreseen: Foresight, *, is_held: bool) -> None:
        self.ctx, self.wizard, self.foreseen, self.is_held = visit.ctx, wizard, foreseen, is_held
        typed = wizard.form.cleaned_data
        self.automatic = typed["collection"] == AUTOMATIC
        methods = {str(each.id): each.name for each in wizard.form.choices.methods}
        self.method = methods.get(typed["method"], "")
        self.days = wizard.form.net_terms_days
        self.by_email = typed["email_invoices"]

    @property
    def question(self) -> str:
        """The dialog's title."""
        assert self.wizard.contact is not None
        who, count = (self.wizard.company or self.wizard.contact).name, len(self.foreseen.parts)
        return ngettext(
            "Create %(count)s subscription for %(who)s?", "Create %(count)s subscriptions for %(who)s?", count
        ) % {"who": who, "count": count}

    def effects(self) -> list[Effect]:
        """Everything that follows, in order of time."""
        return [*self._today(), *self._next(), *self._letters(), *self._deal(), *self._held()]

    def toast(self, count: int) -> str:
        """What was done, and what of it is still to come today."""
        made = ngettext("%(count)s subscription created.", "%(count)s subscriptions created.", count) % {
            "count": count
        }
        return f"{made} {self._due_now()}".strip()

    def _run(self) -> str:
        """When the run comes that bills what is due today; nothing is billed at the moment of creation."""
        if self.ctx.billing_day >= self.ctx.today:
            return _("with the next billing run")
        hour = f"{self.ctx.settings.billing_hour:02d}:00"
        return _("with the billing run after %(hour)s today") % {"hour": hour}

    def _due_now(self) -> str:
        foreseen = self.foreseen
        if not any(part.due for part in foreseen.parts):
            return ""
        said = {"amount": foreseen.due_today, "method": self.method, "run": self._run()}
        if not foreseen.due_today_minor:
            return _("What is due today comes to nothing.")
        if self.automatic:
            return _("%(amount)s will be charged to %(method)s %(run)s.") % said
        return _("%(amount)s will be invoiced %(run)s.") % said

    def _today(self) -> Iterator[Effect]:
        foreseen = self.foreseen
        now = self._due_now()
        if now:
            yield Effect("zap", now)
        else:
            first = min(part.start for part in foreseen.parts)
            yield Effect(
                "calendar-clock",
                _("Nothing is due today. The first day is %(day)s.") % {"day": formatting.day(first)},
            )
        if foreseen.late:
            yield Effect("triangle-alert", self._late(), "warn")

    def _late(self) -> str:
        late = self.foreseen.late
        words = ngettext(
            "%(count)s payment of these fell due before today.",
            "%(count)s payments of these fell due before today.",
            late,
        ) % {"count": late}
        if self.automatic and late:
            pace = _("A customer who is behind is charged for one of them a day.")
            return f"{words} {pace}"
        return words

    def _next(self) -> Iterator[Effect]:
        for part in self.foreseen.parts:
            following = next((day for day in part.coming if day > self.ctx.today), None)
            if following is None:
                if part.due:
                    yield Effect("circle-check", self._nothing_more(part))
                continue
            yield Effect("repeat", self._then(part, formatting.day(following)))

    def _nothing_more(self, part: Part) -> str:
        return _("%(name)s ends with that; nothing more is billed.") % {"name": part.name}

    def _then(self, part: Part, day: str) -> str:
        said = {"name": part.name, "amount": part.total, "day": day, "terms": part.terms}
        if self.automatic:
            return _("%(name)s: next %(amount)s on %(day)s, charged automatically. %(terms)s.") % said
        return _("%(name)s: next %(amount)s on %(day)s, by invoice. %(terms)s.") % said

    def _letters(self) -> Iterator[Effect]:
        contact = self.wizard.contact
        assert contact is not None
        if self.automatic:
            return
        due = (
            ngettext(
                "Invoices are due %(count)s day after their date.",
                "Invoices are due %(count)s days after their date.",
                self.days,
            )
            % {"count": self.days}
            if self.days
            else _("Invoices are due on receipt.")
        )
        sent = (
            _("Each is emailed to %(email)s.") % {"email": contact.below}
            if self.by_email
            else _("They are not emailed.")
        )
        yield Effect("mail", f"{due} {sent}")

    def _deal(self) -> Iterator[Effect]:
        if self.wizard.deal is not None:
            yield Effect("handshake", _("The deal %(name)s is associated.") % {"name": self.wizard.deal.name})

    def _held(self) -> Iterator[Effect]:
        if self.is_held:
            yield Effect(
                "triangle-alert",
                _("Billing is held: nothing is invoiced or charged until it goes on."),
                "warn",
            )
