"""What wants attention, in words: what it is, and what to do about it. ``kalends status`` says the same in English."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kalends.operations.troubles import Trouble


class Words(NamedTuple):
    """What is wrong, and what mends it."""

    what: str
    remedy: str


_WAITING: dict[str, Promise] = {
    "letters": _("Letters"),
    "webhooks": _("Webhooks"),
    "exports": _("Exports"),
    "imports": _("Imports"),
    "workflows": _("Records in workflows"),
    "workflow_calls": _("Webhooks of workflows"),
    "mailings": _("Emails to segments"),
    "reports": _("Reports of processors"),
}
_WORDS: dict[str, tuple[Promise, Promise]] = {
    "no_worker": (
        _("No worker looks after this account"),
        _(
            "Without one nothing is billed or sent by itself. Start one with “kalends worker”, or look into its log "
            "for why it stopped."
        ),
    ),
    "worker_stuck": (
        _("A worker on %(name)s (process %(number)s) lives, but takes no turns"),
        _(
            "Its log says what it is doing. Ending it is safe: another one, or the same started anew, goes on."
        ),
    ),
    "late": (
        _("Subscriptions that should have been billed before today: %(number)s"),
        _(
            "See that a worker runs, and look at the last billing run. “kalends bill” bills what is due at once."
        ),
    ),
    "unknown": (
        _("Charges without an answer for more than ten minutes: %(number)s"),
        _(
            "The next run asks the processor before anything is charged again. If that goes on, look the payments "
            "below up in the processor's own records; “kalends payment settle” writes down what you found."
        ),
    ),
    "parked": (
        _("Subscriptions put aside rather than billed wrongly: %(number)s"),
        _("The billing page says for each of them why, and what mends it. Release it there afterwards."),
    ),
    "held": (
        _("Billing is held"),
        _("Nothing is invoiced or charged until somebody lets it go on, on the billing page."),
    ),
    "run_killed": (
        _("The last billing run was stopped on its way"),
        _(
            "The next run goes on from there; nothing is billed twice. If it happens again, the worker's log says why."
        ),
    ),
    "backlog": (
        _("%(name)s have been waiting for %(number)s minutes"),
        _("See that a worker runs. If one does, its log says what fails; more workers may run at once."),
    ),
    "letters_failed": (
        _("Letters that were given up: %(number)s"),
        _(
            "“kalends letters list --status failed” says why. Mend that, and “kalends letters resend” sends one again."
        ),
    ),
    "webhooks_given_up": (
        _("Batches of webhooks that were given up: %(number)s"),
        _("The app did not listen for long. Under “Apps and webhooks” they are sent again once it does."),
    ),
    "proof_differs": (
        _("The last proof of the books found differences: %(number)s"),
        _(
            "Make a backup before anything is mended. “kalends verify” names each record, and what should stand there."
        ),
    ),
    "books_differ": (
        _("The books and those of %(name)s differ: %(number)s"),
        _("The page of the payment processor names each movement that only one of the two knows."),
    ),
    "proof_stopped": (
        _("Nightly proofs of the books that came to no end since the last that did: %(number)s"),
        _(
            "Whether the books are right is not known since. The worker's log says what stopped them; it tries up to "
            "three times a night. “kalends verify” works every figure out at once."
        ),
    ),
    "not_proved": (
        _("The books have not been proved for three days"),
        _(
            "A worker does so each night, and its log says what keeps it from that. “kalends verify” works every "
            "figure out at once."
        ),
    ),
    "signing_key": (
        _("Machines sign with different keys"),
        _(
            "Copy keys/signing-key from one machine to the others, and restart them: else people are signed out at "
            "random."
        ),
    ),
    "sealing_keys": (
        _("Machines seal with different keys"),
        _(
            "Copy keys/sealing-keys from one machine to the others: a machine cannot read what another one sealed."
        ),
    ),
    "files": (
        _("Machines keep files in different folders"),
        _(
            "Share the folder “files” between them: an export made on one machine cannot be fetched from another."
        ),
    ),
    "version": (
        _("Processes of different versions run"),
        _("That is fine during an upgrade. Restart those of the older version when it is over."),
    ),
    "connections": (
        _("The database has few connections left: %(number)s are in use"),
        _("Let fewer processes run, put a pooler in session mode in between, or raise max_connections."),
    ),
    "log_not_kept": (
        _("The backup has taken nothing of the database's log for %(number)s minutes"),
        _(
            "What happens now could not be restored, and the log fills the database's own disk. See that the folder of "
            "the backups is there and has room; the server's log says what fails."
        ),
    ),
}


def in_words(trouble: Trouble) -> Words:
    """The trouble in the language of the page."""
    what, remedy = _WORDS[trouble.code]
    name = str(_WAITING[trouble.name]) if trouble.code == "backlog" else trouble.name
    return Words(str(what) % {"number": trouble.number, "name": name}, str(remedy))


def waiting_words(kind: str) -> str:
    """What waits for a worker, such as ``Letters``."""
    return str(_WAITING[kind])
