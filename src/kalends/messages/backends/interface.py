"""How letters leave the house: what every way out promises, and the three ways in which it may fail."""

from typing import Protocol

from kalends.messages.envelope import Envelope
from kalends.platform.errors import ExitCode, UserFacing


class MailUnavailable(UserFacing):
    """The way out is closed for every letter: the server is away, the disk is full. Nothing was handed over."""

    def __init__(
        self,
        message: str,
        *,
        where: str,
        value: str,
        remedy: str,
        exit_code: ExitCode = ExitCode.PROBLEM_FOUND,
    ) -> None:
        super().__init__(message, where=where, value=value, remedy=remedy, exit_code=exit_code)


class RefusedForNow(Exception):
    """This letter was not taken, or it is not known whether it was; later may go better. The message says why."""


class Refused(Exception):
    """This letter will never be taken: there is no such mailbox, or the like. The message says why."""


class Backend(Protocol):
    """A way out. A letter that is handed over twice has the same Message-ID and the same name both times."""

    def open(self) -> None:
        """Make sure that letters can be handed over. Raises ``MailUnavailable``. Opening twice is harmless."""
        ...

    def send(self, envelope: Envelope) -> None:
        """Hand one letter over; when this returns it has been taken.

        Raises ``RefusedForNow``, ``Refused``, or ``MailUnavailable`` if it certainly was not taken and the next
        one would not be either.
        """
        ...

    def close(self) -> None:
        """Let go of connections. Closing twice is harmless, and so is opening again."""
        ...
