"""What an action on a record is: who may do it and when, what its dialog asks and tells, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from psycopg import Connection

from kalends.accounts import connections
from kalends.staff.action import ActionVisit
from kalends.staff.forms import Form
from kalends.staff.visit import Visit

Label = str | Promise

Verdict = bool | str
"""True: it can be done. A sentence: it cannot now, and this is why. False: it makes no sense for this record."""


class Effect(NamedTuple):
    """One thing that will happen, or will not."""

    text: str
    icon: str = "info"
    tone: str = ""


class Row(NamedTuple):
    """A field of the dialog, with a unit behind it and a style of its own."""

    field: BoundField
    unit: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a dialog says: its heading, what will happen, and what its two buttons are called.

    ``units`` are the units behind fields by their names; ``more`` is for templates of an action's own.
    """

    title: str
    act: str
    effects: list[Effect] = field(default_factory=list[Effect])
    keep: str = ""
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Again:
    """Nothing was done yet: the dialog is shown once more, with this."""

    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Trouble(str):
    """The words of a toast about what was done, but did not go well: a charge that was declined."""

    __slots__ = ()


@runtime_checkable
class Growing(Protocol):
    """A form that can have one more row."""

    def add_row(self) -> None:
        """One more row, empty."""


def _no_more_fields(visit: Visit, facts: Any, data: Any) -> Form:  # noqa: ARG001
    return Form(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action on a record of ``object``.

    ``needs`` is an ability, or a verb and an object. ``verdict`` says of a record whether it can be done, ``form``
    makes its form, ``tell`` says what will happen, ``do`` does it and gives the words of the toast. An action without
    ``do`` only tells. ``leads_to`` makes it a link to something else, with no dialog. ``leaves`` leads to the list
    afterwards, since the record is gone.
    """

    object: str
    key: str
    label: Label
    icon: str
    needs: tuple[str, str]
    verdict: Callable[[Visit, Any], Verdict]
    form: Callable[[Visit, Any, Any], Form] = _no_more_fields
    tell: Callable[[Visit, Any, Form], Told] | None = None
    do: Callable[[ActionVisit, Any, Any], str | Again] | None = None
    template: str = "staff/actions/dialog.html"
    danger: bool = False
    leaves: bool = False
    leads_to: str = ""

    @property
    def kind(self) -> str:
        """What is done, as request keys name it."""
        return f"{self.object} {self.key}"

    @property
    def route(self) -> str:
        """The name of its address."""
        return self.leads_to or f"{self.object}-{self.key}"


@contextmanager
def looking(visit: Visit) -> Iterator[Connection[Any]]:
    """A connection for services that lock what they look at: whatever they do is taken back."""
    if isinstance(visit, ActionVisit):
        with visit.db.transaction(force_rollback=True):
            yield visit.db
        return
    with connections.apart(visit.ctx.id) as db, db.transaction(force_rollback=True):
        yield db
