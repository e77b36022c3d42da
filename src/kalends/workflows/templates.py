"""Workflows that ship with Kalends: definitions to begin with, with words in the language of whoever takes one.

They are those of the field's examples: tell the team when a subscription is past due, rotate its owner, remind the team
ahead of the next payment, write to the customer before the agreement ends, and recover failed payments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from kalends.catalog.model import Text

Json = dict[str, Any]

_OWED: Json = {
    "groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["past_due", "unpaid"]}]]
}
_ACTIVE: Json = {"groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["active"]}]]}
_OVER: Json = {
    "groups": [
        [{"property": "hs_status", "operator": "is_any_of", "values": ["canceled", "expired", "paused"]}]
    ]
}
_OFFICE: Json = {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "17:00"}


class Template(NamedTuple):
    """A workflow to begin with. ``made`` gives its definition for a language and the users whom it is to name."""

    name: Text
    description: Text
    made: Callable[[str, tuple[int, ...]], Json]


# fmt: off
_T = Text
_PAST_DUE_TEXT = _T("{{ record.name }} is past due. Next amount: {{ hs_next_payment_amount }}.",
                    "{{ record.name }} er forfalt. Neste beløp: {{ hs_next_payment_amount }}.",
                    "{{ record.name }} on erääntynyt. Seuraava summa: {{ hs_next_payment_amount }}.")
_CALL_SUBJECT = _T("Call about {{ record.name }}", "Ring om {{ record.name }}", "Soita: {{ record.name }}")
_DUE_TEXT = _T("{{ record.name }} is due on {{ hs_next_payment_due_date }}: {{ hs_next_payment_amount }}.",
               "{{ record.name }} forfaller {{ hs_next_payment_due_date }}: {{ hs_next_payment_amount }}.",
               "{{ record.name }} erääntyy {{ hs_next_payment_due_date }}: {{ hs_next_payment_amount }}.")
_RENEW_SUBJECT = _T("{{ record.name }} ends on {{ hs_recurring_billing_end_date }}",
                    "{{ record.name }} avsluttes {{ hs_recurring_billing_end_date }}",
                    "{{ record.name }} päättyy {{ hs_recurring_billing_end_date }}")
_RENEW_BODY = _T(
    "Hello {{ contact.firstname }}.\n\nYour agreement {{ record.name }} ends on {{ hs_recurring_billing_end_date }}. "
    "Answer this email if you want to go on.",
    "Hei {{ contact.firstname }}.\n\nAvtalen din {{ record.name }} avsluttes {{ hs_recurring_billing_end_date }}. "
    "Svar på denne e-posten hvis du vil fortsette.",
    "Hei {{ contact.firstname }}.\n\nSopimuksesi {{ record.name }} päättyy {{ hs_recurring_billing_end_date }}. "
    "Vastaa tähän viestiin, jos haluat jatkaa.")
_FAILED_SUBJECT = _T("Your payment for {{ record.name }} failed", "Betalingen din for {{ record.name }} mislyktes",
                     "Maksusi epäonnistui: {{ record.name }}")
_FAILED_BODY = _T(
    "Hello {{ contact.firstname }}.\n\nWe could not collect the last payment for {{ record.name }}. Please see to it "
    "that your payment method works, or give us another one.",
    "Hei {{ contact.firstname }}.\n\nVi fikk ikke trukket den siste betalingen for {{ record.name }}. Sørg for at "
    "betalingsmåten din virker, eller gi oss en annen.",
    "Hei {{ contact.firstname }}.\n\nEmme saaneet veloitettua viimeisintä maksua: {{ record.name }}. Varmista, että "
    "maksutapasi toimii, tai anna toinen.")
_NOT_PAID = _T("{{ record.name }} is still not paid.", "{{ record.name }} er fortsatt ikke betalt.",
               "{{ record.name }} on yhä maksamatta.")
# fmt: on


def _past_due(language: str, users: tuple[int, ...]) -> Json:
    said = _PAST_DUE_TEXT.in_language(language)
    return {
        "object": "subscription",
        "triggers": [{"on": "match", "filter": _OWED}],
        "again": "always",
        "start": "tell",
        "actions": [
            {"id": "tell", "do": "notify", "to": {"users": list(users), "owner": True}, "text": said}
        ],
    }


def _rotate(language: str, users: tuple[int, ...]) -> Json:
    del language
    return {
        "object": "subscription",
        "triggers": [{"on": "event", "events": ["subscription.created"]}],
        "start": "assign",
        "actions": [{"id": "assign", "do": "assign", "to": {"users": list(users)}, "overwrite": False}],
    }


def _remind(language: str, users: tuple[int, ...]) -> Json:
    said = _DUE_TEXT.in_language(language)
    due = {"property": "hs_next_payment_due_date", "days": -3, "at": "09:00"}
    return {
        "object": "subscription",
        "triggers": [{"on": "date", **due, "filter": _ACTIVE}],
        "again": {"each_value_of": "hs_next_payment_due_date"},
        "start": "tell",
        "actions": [
            {"id": "tell", "do": "notify", "to": {"users": list(users), "owner": True}, "text": said}
        ],
    }


def _renew(language: str, users: tuple[int, ...]) -> Json:
    subject, body = _RENEW_SUBJECT.in_language(language), _RENEW_BODY.in_language(language)
    task = _CALL_SUBJECT.in_language(language)
    return {
        "object": "subscription",
        "triggers": [
            {
                "on": "date",
                "property": "hs_recurring_billing_end_date",
                "days": -30,
                "at": "09:00",
                "filter": _ACTIVE,
            }
        ],
        "again": {"each_value_of": "hs_recurring_billing_end_date"},
        "leave": _OVER,
        "start": "write",
        "actions": [
            {"id": "write", "do": "mail_contact", "subject": subject, "body": body, "next": "wait"},
            {"id": "wait", "do": "wait", "amount": 14, "unit": "days", "next": "task"},
            {"id": "task", "do": "make_task", "subject": task, "to": {"users": list(users), "owner": True}},
        ],
    }


def _recover(language: str, users: tuple[int, ...]) -> Json:
    subject, body = _FAILED_SUBJECT.in_language(language), _FAILED_BODY.in_language(language)
    still, task = _NOT_PAID.in_language(language), _CALL_SUBJECT.in_language(language)
    people = {"users": list(users), "owner": True}
    paid = {"events": ["payment.succeeded", "subscription.recovered"], "amount": 3, "unit": "days"}
    return {
        "object": "subscription",
        "triggers": [{"on": "event", "events": ["payment.failed"], "filter": _OWED}],
        "again": "always",
        "goal": _ACTIVE,
        "leave": _OVER,
        "hours": _OFFICE,
        "start": "write",
        "actions": [
            {"id": "write", "do": "mail_contact", "subject": subject, "body": body, "next": "paid"},
            {"id": "paid", "do": "wait_for_event", **paid, "next": "", "otherwise": "tell"},
            {"id": "tell", "do": "notify", "to": people, "text": still, "next": "task"},
            {
                "id": "task",
                "do": "make_task",
                "subject": task,
                "priority": "high",
                "to": people,
                "due_days": 1,
            },
        ],
    }


# fmt: off
TEMPLATES: Mapping[str, Template] = MappingProxyType({
    "past_due": Template(
        _T("Notify the team when past due", "Varsle teamet når noe er forfalt", "Ilmoita tiimille erääntyneestä"),
        _T("Tells the owner and your team as soon as a subscription is past due or unpaid.",
           "Sier fra til eieren og teamet så snart et abonnement er forfalt eller ubetalt.",
           "Kertoo omistajalle ja tiimille heti, kun tilaus erääntyy tai jää maksamatta."),
        _past_due),
    "rotate_owner": Template(
        _T("Rotate the owner", "Fordel eier etter tur", "Kierrätä omistajaa"),
        _T("Gives each new subscription to the next person in turn.",
           "Gir hvert nye abonnement til den neste personen etter tur.",
           "Antaa jokaisen uuden tilauksen vuorollaan seuraavalle henkilölle."),
        _rotate),
    "next_payment": Template(
        _T("Remind the team ahead of the next payment", "Minn teamet på neste betaling",
           "Muistuta tiimiä seuraavasta maksusta"),
        _T("Three days before each due date, every cycle.", "Tre dager før hver forfallsdato, hver periode.",
           "Kolme päivää ennen jokaista eräpäivää, joka jaksolla."),
        _remind),
    "renewal": Template(
        _T("Renewal email before the end date", "E-post om fornyelse før sluttdatoen",
           "Uusimisviesti ennen päättymispäivää"),
        _T("Writes to the customer 30 days before the agreement ends, and makes a task two weeks later.",
           "Skriver til kunden 30 dager før avtalen avsluttes, og lager en oppgave to uker senere.",
           "Kirjoittaa asiakkaalle 30 päivää ennen sopimuksen päättymistä ja luo tehtävän kaksi viikkoa myöhemmin."),
        _renew),
    "recover": Template(
        _T("Recover failed payments", "Hent inn mislykte betalinger", "Peri epäonnistuneet maksut"),
        _T("Writes to the customer, waits three days for the money, then tells the team. It charges nothing itself.",
           "Skriver til kunden, venter tre dager på pengene, og sier så fra til teamet. Den belaster ingenting selv.",
           "Kirjoittaa asiakkaalle, odottaa maksua kolme päivää ja kertoo sitten tiimille. Se ei itse veloita mitään."),
        _recover),
})
# fmt: on
"""By key, in the order of a page. Each is made for the users given: those who are told, or whose turn it is."""
