"""Pausing a subscription, now or on a day to come, resuming it, and taking back what waits for its day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing import changes
from kalends.core.calendar import Frequency, due_date
from kalends.core.lifecycle import Status, is_terminal
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.words import amount, day
from kalends.staff.forms import DateField, Form
from kalends.staff.visit import Visit

EDIT = ("edit", "subscription")
_REASON_LENGTH_MAX = 500


class PauseForm(Form):
    """From when, until when, and why."""

    begins = forms.ChoiceField(
        label=gettext_lazy("Pause"),
        choices=(("now", gettext_lazy("Now")), ("later", gettext_lazy("On a day to come"))),
        widget=forms.RadioSelect,
        initial="now",
    )
    on = DateField(label=gettext_lazy("First day of the pause"), required=False)
    resume_on = DateField(
        label=gettext_lazy("Resume on"),
        required=False,
        help_text=gettext_lazy("Empty: until somebody resumes it."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=_REASON_LENGTH_MAX,
        help_text=gettext_lazy("Stays in the subscription's history; the customer does not see it."),
    )

    def __init__(self, today: date, data: Any = None) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Days that lie ahead, in their order."""
        given = super().clean() or {}
        first = given.get("on") if given.get("begins") == "later" else self.today
        if first is None and "on" not in self.errors:
            self.add_error("on", _("Give the day on which the pause begins."))
        elif first is not None and given.get("begins") == "later" and first <= self.today:
            self.add_error("on", _("Give a day after today, %(today)s.") % {"today": day(self.today)})
        until = given.get("resume_on")
        if until is not None and first is not None and until <= first:
            self.add_error("resume_on", _("Give a day after %(day)s.") % {"day": day(first)})
        return given


def _may_pause(visit: Visit, facts: SubscriptionFacts) -> Verdict:  # noqa: ARG001
    status = Status(facts.status)
    if is_terminal(status) or status == Status.PAUSED:
        return False
    if facts.cancel_on is not None:
        return _("It will be canceled on %(day)s, and nothing is billed until then.") % {
            "day": day(facts.cancel_on)
        }
    if status != Status.ACTIVE:
        return _("Only an active subscription can be paused.")
    return True


def _tell_pause(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [*_not_charged(facts), *_moving(facts)]
    effects.append(
        Effect(_("Payments that fall into the pause are skipped, and never charged later."), "skip-forward")
    )
    effects += _still_owed(facts)
    if facts.pause_on is not None:
        effects.append(
            Effect(_("It takes the place of the pause from %(day)s.") % {"day": day(facts.pause_on)}, "pause")
        )
    effects.append(_told_by_letter())
    return Told(_("Pause subscription"), _("Pause"), effects, _("Keep it running"))


def _not_charged(facts: SubscriptionFacts) -> list[Effect]:
    if facts.next_due_date is None:
        return []
    told = {"amount": amount(facts.next_amount_minor, facts.currency), "day": day(facts.next_due_date)}
    if facts.is_automatic:
        words = _("%(amount)s on %(day)s will not be charged if it falls into the pause.") % told
    else:
        words = _("%(amount)s on %(day)s will not be invoiced if it falls into the pause.") % told
    return [Effect(words, "ban")]


def _still_owed(facts: SubscriptionFacts) -> list[Effect]:
    if not facts.owed_count:
        return []
    words = _("%(amount)s of open invoices is still owed.") % {
        "amount": amount(facts.owed_minor, facts.currency)
    }
    return [Effect(words, "file-text")]


def _told_by_letter() -> Effect:
    return Effect(_("The customer is told by a letter."), "mail")


def _moving(facts: SubscriptionFacts) -> list[Effect]:
    if not facts.moving_count:
        return []
    words = _("%(amount)s is under way already and is not called back.") % {
        "amount": amount(facts.moving_minor, facts.currency)
    }
    return [Effect(words, "hourglass", "warn")]


def _pause(visit: ActionVisit, facts: SubscriptionFacts, form: PauseForm) -> str:
    given, id_ = form.cleaned_data, facts.id
    more = {"resume_on": given["resume_on"], "reason": given["reason"], "actor": visit.who.actor}
    if given["begins"] == "later":
        visit.do(PAUSE.kind, lambda db: changes.pause_later(db, visit.ctx, id_, given["on"], **more))
        return _("Will be paused on %(day)s") % {"day": day(given["on"])}
    visit.do(PAUSE.kind, lambda db: changes.pause(db, visit.ctx, id_, **more))
    return _("Paused")


PAUSE = Action(
    object="subscription",
    key="pause",
    label=gettext_lazy("Pause"),
    icon="pause",
    needs=EDIT,
    verdict=_may_pause,
    form=lambda visit, _facts, data: PauseForm(visit.ctx.today, data),
    tell=_tell_pause,
    do=_pause,
)


class ResumeForm(Form):
    """When the next payment is due: by its schedule, or on a day of one's own."""

    next_due = DateField(label=gettext_lazy("Next payment on"), required=False)

    def __init__(self, today: date, by_schedule: date | None, data: Any = None) -> None:
        super().__init__(data)
        self.today = today
        if by_schedule is not None:
            self.fields["next_due"].help_text = _(
                "Empty: by its schedule, on %(day)s. Another day becomes its day for all payments to come."
            ) % {"day": day(by_schedule)}

    def clean_next_due(self) -> date | None:
        """A day that is not past."""
        given: date | None = self.cleaned_data["next_due"]
        if given is not None and given < self.today:
            raise forms.ValidationError(_("Give today or a day to come."))
        return given


def by_schedule(facts: SubscriptionFacts, today: date) -> date | None:
    """The first day of the schedule that is today or later; None where no payment is left."""
    if facts.expected_payments is not None and facts.next_cycle >= facts.expected_payments:
        return None
    if not facts.creates_invoices:
        return None
    periods = facts.next_cycle - facts.anchor_cycle
    while (on := due_date(facts.anchor_date, Frequency(facts.frequency), periods)) < today:
        periods += 1
    return on


def _tell_resume(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    coming = by_schedule(facts, visit.ctx.today)
    if coming is not None:
        effects.append(
            Effect(
                _("The next payment is due on %(day)s, by its schedule.") % {"day": day(coming)},
                "calendar-clock",
            )
        )
    effects.append(Effect(_("What was skipped during the pause is not charged."), "skip-forward"))
    effects += _still_owed(facts)
    effects.append(_told_by_letter())
    return Told(_("Resume subscription"), _("Resume"), effects, _("Keep it paused"))


def _resume(visit: ActionVisit, facts: SubscriptionFacts, form: ResumeForm) -> str:
    wanted, actor = form.cleaned_data["next_due"], visit.who.actor

    def work(db: Any) -> dict[str, str | None]:
        due = changes.resume(db, visit.ctx, facts.id, next_due=wanted, actor=actor)
        return {"due": None if due is None else due.isoformat()}

    due = visit.do(RESUME.kind, work)["due"]
    if due is None:
        return _("Resumed; nothing is left to be billed")
    return _("Resumed: the next payment is due on %(day)s") % {"day": day(date.fromisoformat(due))}


RESUME = Action(
    object="subscription",
    key="resume",
    label=gettext_lazy("Resume"),
    icon="play",
    needs=EDIT,
    verdict=lambda _visit, facts: facts.status == Status.PAUSED,
    form=lambda visit, facts, data: ResumeForm(visit.ctx.today, by_schedule(facts, visit.ctx.today), data),
    tell=_tell_resume,
    do=_resume,
)


def _tell_keep(visit: Visit, facts: SubscriptionFacts, form: Form) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.cancel_on is not None:
        effects.append(
            Effect(_("It is not canceled on %(day)s.") % {"day": day(facts.cancel_on)}, "circle-check", "ok")
        )
        effects.append(
            Effect(
                _("Payments go on: the next one is due on %(day)s.") % {"day": day(facts.cancel_on)},
                "calendar-clock",
            )
        )
    if facts.pause_on is not None:
        effects.append(
            Effect(_("It is not paused on %(day)s.") % {"day": day(facts.pause_on)}, "circle-check", "ok")
        )
        if facts.next_due_date is not None:
            told = {
                "amount": amount(facts.next_amount_minor, facts.currency),
                "day": day(facts.next_due_date),
            }
            effects.append(
                Effect(_("Payments go on: %(amount)s is due on %(day)s.") % told, "calendar-clock")
            )
    effects.append(_told_by_letter())
    if facts.cancel_on is not None:
        return Told(_("Keep the subscription after all"), _("Keep it"), effects, _("Let it be canceled"))
    return Told(_("Take back the pause"), _("Take it back"), effects, _("Let it be paused"))


def _keep(visit: ActionVisit, facts: SubscriptionFacts, form: Form) -> str:  # noqa: ARG001
    def work(db: Any) -> None:
        changes.keep_after_all(db, visit.ctx, facts.id, actor=visit.who.actor)

    visit.do(KEEP.kind, work)
    return _("It goes on")


KEEP = Action(
    object="subscription",
    key="keep",
    label=gettext_lazy("Keep after all"),
    icon="rotate-ccw",
    needs=EDIT,
    verdict=lambda _visit, facts: bool(
        (facts.cancel_on or facts.pause_on) and not is_terminal(Status(facts.status))
    ),
    tell=_tell_keep,
    do=_keep,
)
