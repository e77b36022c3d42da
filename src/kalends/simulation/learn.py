"""What the product decides by itself and no diary can foresee, since it depends on what banks answered.

Each such turn is read from the journal, entered into the diary, and must have had its reason: a pause to come is
dropped only of what was in arrears, and a subscription is given up only after its last retry.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kalends.simulation.checks import Finding
from kalends.simulation.diary import Agreement
from kalends.simulation.office import Office

_PAUSED, _RESUMED, _DROPPED = "subscription.paused", "subscription.resumed", "subscription.pause_dropped"
_CANCELED = "subscription.canceled"
_TOLD = [_PAUSED, _RESUMED, _DROPPED, _CANCELED]
_GIVEN_UP = (
    "SELECT s.id FROM subscription AS s JOIN payment AS p ON p.account_id = s.account_id AND p.subscription_id = s.id "
    "JOIN invoice AS i ON i.account_id = s.account_id AND i.id = p.invoice_id AND i.status = 'open' "
    "WHERE s.account_id = %s AND p.status = 'failed' AND p.archived_at IS NULL AND p.next_retry_on IS NULL "
    "AND p.first_failed_on <= %s"
)


def learn_of_turns(office: Office) -> None:
    """Enter what has become of subscriptions since somebody last looked, while nobody but the schedulers was there."""
    query = (
        "SELECT id, kind, object_id, at, data ->> 'cause' FROM event "
        "WHERE account_id = %s AND id > %s AND kind = ANY(%s) ORDER BY id"
    )
    for event, kind, id_, at, cause in office.rows(query, office.read_until, _TOLD):
        office.read_until = event
        agreement = office.diary.agreements.get(id_)
        if agreement is not None:
            _take_a_turn(office, agreement, event, kind, at, cause)
            agreement.write_until(office.billed_until(office.ctx.now))


def take_as_read(office: Office) -> None:
    """What people did themselves stands in the diary already."""
    ((latest,),) = office.rows("SELECT coalesce(max(id), 0) FROM event WHERE account_id = %s")
    office.read_until = latest


def _take_a_turn(
    office: Office, agreement: Agreement, event: int, kind: str, at: datetime, cause: str | None
) -> None:
    day, who = at.astimezone(office.zone).date(), f"subscription {agreement.id}"
    planned = agreement.state == "running" and agreement.pauses_on is not None
    if kind == _PAUSED and planned:
        assert agreement.pauses_on is not None
        if agreement.pauses_on > day:
            office.accusations.append(f"{who} was to be paused on {agreement.pauses_on}, and was on {day}")
        agreement.begin_planned_pause()
        office.tally["planned pauses begun"] += 1
    elif kind == _DROPPED and planned:
        if _status_before(office, agreement.id, event) in (None, "active"):
            office.accusations.append(f"{who} was active on {day}, and its planned pause was dropped")
        agreement.drop_planned_pause()
        office.tally["planned pauses dropped"] += 1
    elif kind == _RESUMED and agreement.state == "paused" and _is_due(agreement.resumes_on, day):
        agreement.resume(day)
    elif kind == _CANCELED and cause == "retries_exhausted":
        if agreement.id not in given_up(office, day):
            office.accusations.append(f"{who} was canceled on {day}, and its last retry was not over")
        agreement.cancel(office.billed(agreement.id))
        office.tally["given up after the last retry"] += 1


def _is_due(day: date | None, today: date) -> bool:
    return day is not None and day <= today


def _status_before(office: Office, subscription: int, event: int) -> str | None:
    rows = office.rows(
        "SELECT data #>> '{changes,status,1}' FROM event WHERE account_id = %s AND object_id = %s AND id < %s "
        "AND object_type = 'subscription' AND data #> '{changes,status}' IS NOT NULL ORDER BY id DESC LIMIT 1",
        subscription,
        event,
    )
    return rows[0][0] if rows else None


def given_up(office: Office, day: date) -> set[int]:
    """Subscriptions with a payment whose last day of retrying had come by that day, where the account gives up then."""
    settings = office.ctx.settings
    if not settings.cancel_after_last_retry:
        return set()
    return {row[0] for row in office.rows(_GIVEN_UP, day - timedelta(days=settings.retry_days[-1]))}


def turns(office: Office) -> list[Finding]:
    """Planned pauses have begun whose day has come, and what is unpaid after its last retry was given up."""
    today, found = office.ctx.now.astimezone(office.zone).date(), list[Finding]()
    if office.diary.held:
        return []
    for each in office.diary.agreements.values():
        waits = each.state == "running" and _is_due(each.pauses_on, today)
        if waits and office.billed(each.id) >= len(each.promised):
            found.append(
                Finding("turns", f"subscription {each.id} was to be paused on {each.pauses_on}, and goes on")
            )
    unpaid = (
        "SELECT s.id FROM subscription AS s WHERE s.account_id = %s AND s.status = 'unpaid' AND NOT EXISTS ("
        "SELECT FROM payment AS p WHERE p.account_id = s.account_id AND p.subscription_id = s.id "
        "AND p.status = 'processing')"
    )
    over = given_up(office, today) & {row[0] for row in office.rows(unpaid)}
    late, office.over = over & office.over, over  # what a night has brought is for the next morning
    return found + [
        Finding("turns", f"subscription {id_} is unpaid after its last retry, and goes on") for id_ in late
    ]
