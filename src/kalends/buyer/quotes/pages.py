"""The page of one quote: read it, accept or sign it, go on to pay it, download it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kalends.buyer.door import Guest, enter_by_key, machine_of
from kalends.buyer.pages import buyer_page, moved, page
from kalends.buyer.policies import Sentence, i_accept
from kalends.buyer.quotes.forms import AcceptForm, CodeForm, SignForm
from kalends.buyer.quotes.reading import Reading, begun, buyer_known, read
from kalends.buyer.words import Told
from kalends.sales.checkouts import open_checkout
from kalends.sales.quote_accept import Agreement, accept_quote
from kalends.sales.quote_signing import (
    Verified,
    WrongCode,
    ask_code,
    check_code,
    code_for_tests,
    signer_of_key,
    signers_of,
)
from kalends.sales.quote_versions import pdf_of
from kalends.sales.quotes import CLICK, SIGNATURE, QuoteRefused
from kalends.sales.trouble import Closed

CODE = "code"
"""The parameter that names the code that was asked for."""


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def show(request: HttpRequest, account_id: int, key: UUID) -> HttpResponse:
    """The quote, how it stands, and what can be done with it."""
    guest, found = _come_in(request, account_id, key)
    if request.method != "POST":
        return _shown(guest, found)
    step = request.POST.get("step")
    if step == "pay":
        return _pay(guest, found)
    if _is_open(guest, found):
        if step == "accept" and found.quote.acceptance_method == CLICK:
            return _accept(guest, found)
        if step == "code" and found.quote.acceptance_method == SIGNATURE:
            return _ask(guest, found)
        if step == "sign" and found.quote.acceptance_method == SIGNATURE:
            return _sign(guest, found)
    return moved(request.path)


@require_safe
@buyer_page
def download(request: HttpRequest, account_id: int, key: UUID) -> HttpResponse:
    """The quote as a PDF: as it was published, or once it was accepted, with its page of evidence."""
    guest, found = _come_in(request, account_id, key)
    content = pdf_of(guest.db, guest.ctx, found.version.id)
    named = content_disposition_header(as_attachment=True, filename=found.sheet["file_name"]) or ""
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": named})


def _come_in(request: HttpRequest, account_id: int, key: UUID) -> tuple[Guest, Reading]:
    guest = enter_by_key(request, account_id, key)
    found = read(guest, key)
    guest.speak(found.sheet["language"])
    return guest, found


def _is_open(guest: Guest, found: Reading) -> bool:
    """Whether it can be accepted still."""
    return not (
        found.is_withdrawn or found.acceptance or found.paid or found.quote.is_expired(guest.ctx.today)
    )


def _sentence(guest: Guest, found: Reading) -> Sentence:
    """What is agreed to, word for word; it is kept with the acceptance."""
    return i_accept(guest).after(_to_the_quote(guest, found))


def _to_the_quote(guest: Guest, found: Reading) -> str:
    words = {"number": found.quote.number(), "seller": guest.ctx.name}
    if found.quote.acceptance_method == SIGNATURE:
        return (
            _("I agree to the quote %(number)s of %(seller)s and its terms, and to sign it electronically.")
            % words
        )
    return _("I accept the quote %(number)s of %(seller)s and its terms.") % words


def _accept(guest: Guest, found: Reading) -> HttpResponse:
    form = AcceptForm(guest.request.POST, sentence=_sentence(guest, found).html)
    if not form.is_valid():
        return _shown(guest, found, form=form, status=422)
    return _agree(guest, found, form)


def _ask(guest: Guest, found: Reading) -> HttpResponse:
    form = CodeForm(guest.request.POST, signers=signers_of(guest.db, guest.ctx, found.version))
    if not form.is_valid():
        return _shown(guest, found, form=form, status=422)
    try:
        key = ask_code(guest.db, guest.ctx, found.version, int(form.cleaned_data["signer"]))
    except QuoteRefused as refusal:
        return _shown(guest, found, told=_refused(refusal), form=form, status=429)
    return moved(f"{guest.request.path}?{CODE}={key}#sign")


def _sign(guest: Guest, found: Reading) -> HttpResponse:
    form = SignForm(guest.request.POST, sentence=_sentence(guest, found).html)
    if not form.is_valid():
        return _shown(guest, found, form=form, status=422)
    typed = form.cleaned_data
    try:
        verified = check_code(guest.db, guest.ctx, found.version, typed["key"], typed["code"])
    except WrongCode as problem:
        if not problem.left:
            told = Told(
                "bad",
                "circle-alert",
                _("This code does not work any more"),
                _("Ask for a new one. Nothing was signed."),
            )
            return _shown(guest, found, told=told, status=422)
        form.add_error(
            "code", _("This is not the code. You can try %(left)s more times.") % {"left": problem.left}
        )
        return _shown(guest, found, form=form, status=422)
    return _agree(guest, found, form, verified, typed["drawn"])


def _agree(
    guest: Guest,
    found: Reading,
    form: AcceptForm,
    verified: Verified | None = None,
    image: bytes | None = None,
) -> HttpResponse:
    request = guest.request
    agreement = Agreement(
        name=form.cleaned_data["name"],
        text=_sentence(guest, found).text,
        address=machine_of(request),
        agent=request.headers.get("User-Agent", ""),
        verified=verified,
        image=image,
    )
    try:
        accept_quote(guest.db, guest.ctx, found.version, agreement)
    except QuoteRefused as refusal:
        return _shown(guest, found, told=_refused(refusal), status=409)
    return moved(request.path)


def _pay(guest: Guest, found: Reading) -> HttpResponse:
    """On to the checkout: the one that is being paid, or a new one."""
    under_way = begun(guest, found.quote.id)
    if under_way is not None:
        return moved(reverse("checkout", args=[guest.ctx.id, under_way]))
    if not found.may_pay:
        return moved(guest.request.path)
    try:
        checkout = open_checkout(
            guest.db,
            guest.ctx,
            "quote",
            found.quote.id,
            language=guest.language,
            prefill=buyer_known(guest, found.quote),
        )
    except Closed:
        return moved(guest.request.path)
    return moved(reverse("checkout", args=[guest.ctx.id, checkout.public_key]))


def _refused(refusal: QuoteRefused) -> Told:
    words = {
        "too_many": _("Too many codes were asked for. Wait an hour, then ask for another one."),
        "no_email": _("There is no address to send a code to. Write to whoever sent you the quote."),
        "expired": _("Its last day has passed. Ask for a new quote."),
        "not_published": _("It was taken back or changed meanwhile. Load the page again."),
    }
    text = words.get(refusal.code, _("Load the page again. Nothing was done."))
    return Told("bad", "circle-alert", _("This cannot be done now"), text)


def _shown(
    guest: Guest,
    found: Reading,
    *,
    told: Told | None = None,
    form: Any = None,
    status: int = 200,
) -> HttpResponse:
    here = reverse("buyer-quote", args=[guest.ctx.id, found.version.public_key])
    context: dict[str, Any] = {
        "title": _("Quote"),
        "found": found,
        "sheet": found.sheet,
        "plain_sheet": True,
        "told": told,
        "here": here,
        "pdf": reverse("buyer-quote-pdf", args=[guest.ctx.id, found.version.public_key]),
        "is_open": _is_open(guest, found),
        "expired": found.quote.is_expired(guest.ctx.today),
        "on_paper": found.quote.acceptance_method not in (CLICK, SIGNATURE),
        "total": found.sheet["sums"][-1],
    }
    if context["is_open"]:
        context |= _forms(guest, found, form)
    return page(guest, "buyer/quotes/show.html", context, status=status)


def _forms(guest: Guest, found: Reading, form: Any) -> dict[str, Any]:
    """The form that is next: to accept; or to ask for a code, and then to sign."""
    sentence = _sentence(guest, found).html
    if found.quote.acceptance_method == CLICK:
        return {"accept": form or AcceptForm(sentence=sentence)}
    if found.quote.acceptance_method != SIGNATURE:
        return {}
    db, ctx = guest.db, guest.ctx
    key = form["key"].value() if isinstance(form, SignForm) else guest.request.GET.get(CODE)
    try:
        asked = UUID(str(key)) if key else None
    except ValueError:
        asked = None
    signer = signer_of_key(db, ctx, found.version, asked) if asked else None
    if signer is None or asked is None:
        signers = signers_of(db, ctx, found.version)
        ask = form if isinstance(form, CodeForm) else CodeForm(signers=signers)
        return {"ask": ask, "nobody": not signers}
    sign = form if isinstance(form, SignForm) else SignForm(sentence=sentence, initial={"key": asked})
    return {"sign": sign, "signer": signer, "test_code": code_for_tests(db, ctx, found.version, asked)}
