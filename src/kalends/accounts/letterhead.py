"""Who an account says it is, on letters, pages and documents."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from kalends.accounts.setting import setting

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+", re.ASCII)
_LOGO = re.compile(r"([0-9a-f]{32})-([0-9]+)x([0-9]+)")
_LONGEST, _LONGEST_EMAIL = 120, 254
_DARK, _LIGHT = "#1c1822", "#ffffff"


class LogoName(NamedTuple):
    """What a stored logo is called: the digest of its content, and its size in pixels, four to one on a letter."""

    digest: str
    width: int
    height: int

    @classmethod
    def read(cls, name: str) -> "LogoName":
        """The parts of a name such as ``0f…-640x128``. Raises ``ValueError`` for what is none."""
        found = _LOGO.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is not the name of a logo.")
        return cls(found[1], int(found[2]), int(found[3]))

    def __str__(self) -> str:
        return f"{self.digest}-{self.width}x{self.height}"

    @property
    def stands_alone(self) -> bool:
        """Whether it is wide enough to be the name itself, so that the name need not stand beside it."""
        return 10 * self.width > 16 * self.height


def _line(meaning: str) -> str:
    return setting(
        "",
        meaning,
        allowed=f"one line of up to {_LONGEST} letters, or empty",
        fits=lambda text: len(text) <= _LONGEST and text.isprintable(),
    )


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The account's color, logo and address. ``logo`` names a picture of the account's (see ``LogoName``) or is empty.

    >>> Letterhead(brand_color="#ffe14d").ink, Letterhead().ink
    ('#1c1822', '#ffffff')
    """

    brand_color: str = setting(
        "#12464f",
        "The color of letters, pages and invoices.",
        allowed="a color such as #12464f",
        fits=lambda color: _COLOR.fullmatch(color) is not None,
    )
    logo: str = setting("", "The logo, which `kalends settings logo FILE` sets.", by_hand=False)
    address: str = _line("Street and number, as on an envelope.")
    address2: str = _line("A second line of the address.")
    zip: str = _line("Postal code.")
    city: str = _line("City.")
    state: str = _line("State or region.")
    tax_id: str = _line(
        "The number under which the account is registered for taxes, as it stands on invoices."
    )
    support_email: str = setting(
        "",
        "Where customers write to; answers to letters go there.",
        allowed=f"an email address of up to {_LONGEST_EMAIL} letters, or empty",
        fits=lambda text: not text or (len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None),
    )

    @property
    def ink(self) -> str:
        """The color of text on the brand color: dark or white, whichever stands out more."""
        return max((_LIGHT, _DARK), key=lambda ink: contrast(ink, self.brand_color))


def contrast(one: str, other: str) -> float:
    """How much two colors stand out from each other, from 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> round(contrast("#ffffff", "#000000"), 1), round(contrast("#12464f", "#ffffff"), 1)
    (21.0, 10.4)
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    """Relative luminance of an sRGB color (WCAG 2.2)."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
