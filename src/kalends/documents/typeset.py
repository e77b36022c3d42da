"""From an invoice to its PDF: tagged, archivable, and the same bytes each time.

The page is laid out by typst from ``invoice.typ`` and two vendored fonts (Inter, under the license beside them); for
Greek, Cyrillic and Hebrew typst's own fonts step in, so that every machine makes the same page. Only a text in yet
another script is looked up among the fonts of the machine; where these lack it as well, the page comes with empty boxes
in its place and without the promise of being archivable, since an invoice with an odd name is better than none.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst

from kalends.documents.credit_note import CreditNoteDocument, sheet_of
from kalends.documents.invoice import InvoiceDocument
from kalends.documents.logo import framed

_HERE = Path(__file__).parent
_STANDARDS: list[Any] = ["a-3a", "ua-1"]
_POINTS_PER_INCH = 144


class CannotTypeset(ValueError):
    """A page that cannot be laid out; the message says why."""


def pdf(document: InvoiceDocument | CreditNoteDocument, logo: bytes | None = None) -> bytes:
    """The invoice or credit note as a PDF (PDF/A-3a and PDF/UA-1), on A4 or US Letter. Raises ``CannotTypeset``.

    ``logo`` is the picture that its letterhead names (see ``documents.logo``).
    """
    return typeset(sheet_of(document), logo)


def typeset(page: Mapping[str, Any], logo: bytes | None = None, signature: bytes | None = None) -> bytes:
    """The PDF of a sheet, such as one that was kept: equal sheets give equal bytes. Raises ``CannotTypeset``.

    A sheet may name another ``template`` than the invoice's, and ask for a picture as its ``format``: ``png``.
    ``signature`` is the picture (PNG) that was drawn on a quote, for its page of evidence.
    """
    pictures = {"logo": framed(logo) if logo else "", "signature": framed(signature) if signature else ""}
    if page.get("format") != "png":
        try:
            return _compiled(page, pictures, _fonts(of_machine=False), _STANDARDS)
        except typst.TypstError:
            pass
        try:
            return _compiled(page, pictures, _fonts(of_machine=True), _STANDARDS)
        except typst.TypstError:
            pass
    try:
        return _compiled(page, pictures, _fonts(of_machine=True), [])
    except typst.TypstError as problem:
        raise CannotTypeset(
            f"{page.get('title')!r} cannot be laid out as a page: {problem.message}"
        ) from problem


def _compiled(
    page: Mapping[str, Any], pictures: Mapping[str, str], fonts: Any, standards: list[Any]
) -> bytes:
    return typst.compile(
        _template(page.get("template", "invoice")),
        font_paths=fonts,
        sys_inputs={"sheet": json.dumps(page, ensure_ascii=False), **pictures},
        format=page.get("format", "pdf"),
        ppi=_POINTS_PER_INCH,
        timestamp=datetime.fromisoformat(page["issued_at"]).replace(microsecond=0),
        pdf_standards=standards,
    )


@lru_cache(maxsize=2)
def _template(name: Literal["invoice", "dashboard"]) -> bytes:
    return (_HERE / f"{name}.typ").read_bytes()


@lru_cache(maxsize=2)
def _fonts(*, of_machine: bool) -> Any:
    return typst.Fonts(
        include_system_fonts=of_machine, include_embedded_fonts=True, font_paths=[_HERE / "fonts"]
    )
