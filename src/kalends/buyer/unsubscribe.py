"""Getting no more emails to segments: a page with a button, and one click for mail programs (RFC 8058).

Opening the link changes nothing, since programs that look through mail open links, too. It works for good, without
cookies and without signing in: whoever has the email may refuse the next one.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kalends.buyer.door import NotThere, enter
from kalends.buyer.pages import buyer_page, page
from kalends.messages.refusals import has_left, leave, read_link
from kalends.platform import security_log


@csrf_exempt  # a mail program posts here by itself; the signed link is what proves that it may
@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the reader wants no more; do so when they say it."""
    leaving = read_link(token)
    if leaving is None:
        security_log.tell("signature_wrong", of="link to unsubscribe")
        raise NotThere
    guest = enter(request, leaving.account_id, token)
    if request.method == "POST":
        leave(guest.db, guest.ctx, leaving)
    context = {"title": _("Emails from us"), "left": has_left(guest.db, guest.ctx, leaving)}
    return page(guest, "buyer/unsubscribe.html", context)
