"""The account's logo for its pages: a picture with an address that changes whenever it does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kalends.accounts import connections
from kalends.documents.logo import read_logos


@require_safe
def logo(request: HttpRequest, account_id: int, name: str) -> HttpResponse:
    """The logo of that name, for good; a name is the digest of its picture, and so not to be guessed."""
    del request
    picture = read_logos(connections.inside(account_id), account_id, [name]).get(name)
    if picture is None:
        return HttpResponse(status=404)
    kept = {"Cache-Control": "public, max-age=31536000, immutable", "X-Robots-Tag": "noindex"}
    return HttpResponse(picture, content_type="image/png", headers=kept)
