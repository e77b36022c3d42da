"""What people do to a payment link: share it, edit it, try it, copy it, switch it off and on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.sales.links import ACTIVE, INACTIVE, copy_link, set_link_status
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import LinkFacts
from kalends.staff.forms import Form
from kalends.staff.visit import Visit

_EDITS = ("edit", "payment_link")

SHARE = Action(
    object="payment_link",
    key="share",
    label=gettext_lazy("Share"),
    icon="share-2",
    needs=("view", "payment_link"),
    verdict=lambda _visit, facts: facts.status == ACTIVE,
    leads_to="payment_link-share",
)
EDIT_LINK = Action(
    object="payment_link",
    key="edit",
    label=gettext_lazy("Edit"),
    icon="pencil",
    needs=_EDITS,
    verdict=lambda _visit, _facts: True,
    leads_to="payment_link-edit",
)
TEST = Action(
    object="payment_link",
    key="test",
    label=gettext_lazy("Open in test mode"),
    icon="flask-conical",
    needs=_EDITS,
    verdict=lambda visit, _facts: not visit.ctx.is_sandbox,
    leads_to="payment_link-test",
)


class CloneForm(Form):
    """What the copy is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)


def _tell_clone(visit: Visit, facts: LinkFacts, form: Form) -> Told:  # noqa: ARG001
    return Told(
        _("Clone %(name)s") % {"name": facts.name},
        _("Clone"),
        [
            Effect(_("The copy has line items and an address of its own, and is active at once."), "copy"),
            Effect(_("Nothing changes about this link."), "link"),
        ],
    )


def _clone(visit: ActionVisit, facts: LinkFacts, form: Form) -> str:
    name = form.cleaned_data["name"]

    def work(db: Any) -> int:
        return copy_link(db, visit.ctx, facts.id, name, actor=visit.who.actor)

    visit.do(CLONE.kind, work)
    return _("%(name)s is in the list of payment links") % {"name": name}


def _clone_form(visit: Visit, facts: LinkFacts, data: Any) -> Form:  # noqa: ARG001
    return CloneForm(data, initial={"name": _("%(name)s (copy)") % {"name": facts.name}})


CLONE = Action(
    object="payment_link",
    key="clone",
    label=gettext_lazy("Clone"),
    icon="copy",
    needs=_EDITS,
    verdict=lambda _visit, _facts: True,
    form=_clone_form,
    tell=_tell_clone,
    do=_clone,
    leaves=True,
)


def _tell_off(visit: Visit, facts: LinkFacts, form: Form) -> Told:  # noqa: ARG001
    return Told(
        _("Deactivate %(name)s") % {"name": facts.name},
        _("Deactivate"),
        [
            Effect(_("Nobody can buy through it: its page says that it is closed."), "ban"),
            Effect(_("Subscriptions that were bought through it go on."), "repeat"),
            Effect(_("It can be activated again at any time, at the same address."), "info"),
        ],
        _("Leave it active"),
    )


def _tell_on(visit: Visit, facts: LinkFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [Effect(_("Whoever has its address can buy through it again."), "link")]
    if facts.one_time_use and facts.uses:
        effects.append(Effect(_("It was for one purchase, which was made: it stays used."), "info", "warn"))
    return Told(_("Activate %(name)s") % {"name": facts.name}, _("Activate"), effects)


def _switch(visit: ActionVisit, facts: LinkFacts, kind: str, status: str) -> None:
    def work(db: Any) -> None:
        set_link_status(db, visit.ctx, facts.id, status, actor=visit.who.actor)

    visit.do(kind, work)


def _off(visit: ActionVisit, facts: LinkFacts, form: Form) -> str:  # noqa: ARG001
    _switch(visit, facts, SWITCH_OFF.kind, INACTIVE)
    return _("%(name)s is deactivated") % {"name": facts.name}


def _on(visit: ActionVisit, facts: LinkFacts, form: Form) -> str:  # noqa: ARG001
    _switch(visit, facts, SWITCH_ON.kind, ACTIVE)
    return _("%(name)s is active") % {"name": facts.name}


def _is(status: str) -> Any:
    def verdict(visit: Visit, facts: LinkFacts) -> Verdict:  # noqa: ARG001
        return facts.status == status

    return verdict


SWITCH_OFF = Action(
    object="payment_link",
    key="deactivate",
    label=gettext_lazy("Deactivate"),
    icon="pause",
    needs=_EDITS,
    verdict=_is(ACTIVE),
    tell=_tell_off,
    do=_off,
)
SWITCH_ON = Action(
    object="payment_link",
    key="activate",
    label=gettext_lazy("Activate"),
    icon="power",
    needs=_EDITS,
    verdict=_is(INACTIVE),
    tell=_tell_on,
    do=_on,
)
