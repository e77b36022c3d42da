"""Telling people: staff on their pages and by email, contacts by email.

Notifications are events of the journal. Letters are put into the outbox, under a key made of the enrollment and the
number of the action, and delivered as all letters are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kalends.events import journal
from kalends.messages.refusals import link_to_leave, refusing
from kalends.messages.workflow_letters import FreeLetter, tell_contacts, tell_users
from kalends.workflows.actions.block import Block, page_of
from kalends.workflows.definition import MailContact, MailTeam, Notify
from kalends.workflows.places import Place, Result

NOBODY = "There is nobody to tell."


def notify(block: Block, action: Notify, places: Sequence[Place]) -> dict[int, Result]:
    """Tell users on their pages."""
    people = block.people(places, action.to)
    texts = block.texts(places, action.text)
    obj = block.flow.object.name
    events = [
        journal.NewEvent(
            "workflow.notified",
            obj,
            place.record_id,
            place.record_id if obj == "subscription" else None,
            {
                "users": people[place.record_id],
                "text": texts[place.record_id][0],
                "workflow": block.flow.id,
                "name": block.flow.name,
            },
        )
        for place in places
        if people[place.record_id]
    ]
    journal.write(block.db, block.ctx.id, block.ctx.now, events, block.flow.actor)
    return _told(places, people, texts, action.next)


def mail_team(block: Block, action: MailTeam, places: Sequence[Place]) -> dict[int, Result]:
    """Write an email to users."""
    people = block.people(places, action.to)
    texts = block.texts(places, action.subject, action.body)
    letters = [
        FreeLetter(
            place.record_id,
            place.occasion,
            user,
            one_line(texts[place.record_id][0]),
            texts[place.record_id][1],
            page_of(block.ctx.id, block.flow.object, place.record_id),
            block.flow.name,
        )
        for place in places
        for user in people[place.record_id]
    ]
    tell_users(block.db, block.ctx, letters)
    return _told(places, people, texts, action.next)


def mail_contact(block: Block, action: MailContact, places: Sequence[Place]) -> dict[int, Result]:
    """Write an email to the contact of each record."""
    ties = block.tied(places, "contact")
    contacts = {id_: ids[0] for id_, ids in ties.items() if ids}
    reachable = _reachable(block, set(contacts.values()))
    texts = block.texts(places, action.subject, action.body)
    letters = [
        FreeLetter(
            place.record_id,
            place.occasion,
            contacts[place.record_id],
            one_line(texts[place.record_id][0]),
            texts[place.record_id][1],
            "",
            block.flow.name,
            link_to_leave(block.ctx.id, contacts[place.record_id], reachable[contacts[place.record_id]]),
        )
        for place in places
        if contacts.get(place.record_id) in reachable
    ]
    written = tell_contacts(block.db, block.ctx, letters)
    found: dict[int, Result] = {}
    for place in places:
        contact = contacts.get(place.record_id)
        if contact is None:
            found[place.id] = Result("skipped", "The record has no contact.", action.next)
        elif (place.record_id, place.occasion) not in written:
            found[place.id] = Result(
                "skipped", "The contact has no address, or wants no such email.", action.next
            )
        else:
            found[place.id] = Result("done", f"contact {contact}: {texts[place.record_id][0]}", action.next)
    return found


def one_line(text: str) -> str:
    """A subject: a value that was put into it may have several lines, and no letter goes out with those.

    >>> one_line("About Fleet\\nCore ")
    'About Fleet Core'
    """
    return " ".join(text.split())


def _reachable(block: Block, contacts: set[int]) -> dict[int, str]:
    """The addresses of contacts who have one and have not said that they want no such emails, by contact."""
    rows = block.db.execute(
        "SELECT id, email FROM contact WHERE account_id = %s AND id = ANY(%s) AND archived_at IS NULL "
        "AND email IS NOT NULL AND email_opt_out IS NOT TRUE",
        [block.ctx.id, sorted(contacts)],
    ).fetchall()
    refused = refusing(block.db, block.ctx, [row[1] for row in rows])
    return {id_: address for id_, address in rows if address not in refused}


def _told(
    places: Sequence[Place], people: Mapping[int, list[int]], texts: Mapping[int, list[str]], following: str
) -> dict[int, Result]:
    found: dict[int, Result] = {}
    for place in places:
        users = ", ".join(map(str, people[place.record_id]))
        told = f"users {users}: {texts[place.record_id][0]}"
        found[place.id] = Result("done", told, following) if users else Result("skipped", NOBODY, following)
    return found
