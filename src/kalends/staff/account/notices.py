"""The page of notices, and how far somebody has read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.accounts import connections
from kalends.accounts.models import User
from kalends.staff.account.noticed import SHOWN, events_for, in_words, kinds_for, place_in
from kalends.staff.account.own import own_action
from kalends.staff.reply import moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The latest notices, the new ones marked."""
    with visit.cursor() as cursor:
        place = place_in(cursor, visit)
        events = events_for(cursor, visit, kinds_for(visit, place), 0, SHOWN)
        context = {
            **shell(cursor, visit, request, "notifications"),
            "title": _("Notifications"),
            "notices": in_words(cursor, visit, events, place.notices_read_to),
            "any_new": any(each.id > place.notices_read_to for each in events),
            "newest": max((each.id for each in events), default=0),
        }
    return render(request, "staff/account/notifications.html", context)


@own_action
def read(request: HttpRequest, user: User, account_id: int) -> HttpResponse:
    """The user has read everything up to an event; a mark never goes back."""
    upto = request.POST.get("upto", "")
    if upto.isascii() and upto.isdigit() and len(upto) < 19:
        connections.inside(account_id).execute(
            "UPDATE membership SET notices_read_to = greatest(notices_read_to, %s) "
            "WHERE account_id = %s AND user_id = %s",
            [int(upto), account_id, user.id],
        )
    return moved(request, reverse("notifications", args=[account_id]))
