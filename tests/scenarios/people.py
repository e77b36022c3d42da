"""Who is in the stories: customers and colleagues, and the letters that they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kalends.accounts.people import switch_notices

if TYPE_CHECKING:
    from tests.scenarios.shop import Shop


class Letter(NamedTuple):
    """A letter as its reader gets it."""

    kind: str
    to: str
    language: str
    subject: str
    text: str

    def says(self, *phrases: str) -> bool:
        """Whether all of this stands in it, wherever its lines are broken."""
        plain = " ".join(self.text.replace("\N{NO-BREAK SPACE}", " ").split())
        missing = [phrase for phrase in phrases if phrase not in plain]
        assert not missing, f"{missing} not in the letter:\n{plain}"
        return True


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of the shop."""

    shop: Shop
    id: int
    email: str

    def card(self, outcome: str = "approved", *numbers: int) -> int:
        """A card that they give, and how the bank will answer."""
        return self.shop.world.method(self.id, outcome, *numbers)

    def bank_account(self, outcome: str = "approved", *numbers: int, kind: str = "sepa") -> int:
        """A bank account that they let the shop debit."""
        return self.shop.world.method(self.id, outcome, *numbers, kind=kind)

    def letters(self, kind: str | None = None) -> list[Letter]:
        """What they found in their inbox, in order."""
        return self.shop.letters(kind, to=self.email)

    def letter(self, kind: str) -> Letter:
        """The only letter of a kind that they got."""
        (found,) = self.letters(kind)
        return found

    @property
    def inbox(self) -> list[str]:
        """The kinds of the letters they got, in order."""
        return [each.kind for each in self.letters()]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works in the shop and is told of payments."""

    shop: Shop
    id: int
    email: str

    def letters(self, kind: str | None = None) -> list[Letter]:
        """The notices that they got, in order."""
        return self.shop.letters(kind, to=self.email)

    @property
    def inbox(self) -> list[str]:
        """The kinds of the notices they got, in order."""
        return [each.kind for each in self.letters()]

    def turns_off(self, *switches: str) -> None:
        """Say in one's own settings that one does not want to be told: ``payments_made``, ``payments_failed``."""
        world = self.shop.world
        switch_notices(world.db, world.ctx.id, self.email, dict.fromkeys(switches, False))
