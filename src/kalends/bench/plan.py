"""What `kalends bench all` measures, one after the other, and in which sizes."""

from __future__ import annotations

from typing import Literal, NamedTuple

Size = Literal["small", "usual", "large"]
SIZES: tuple[Size, ...] = ("small", "usual", "large")
"""``small`` only shows that all of it works; ``usual`` takes some ten minutes on two cores, ``large`` some hours."""


class Measurement(NamedTuple):
    """A command of `kalends bench`, and its options for each size. ``wants_book``: it needs the telecom's file."""

    name: str
    command: str
    options: tuple[str, str, str] = ("", "", "")
    wants_book: bool = False

    def words(self, size: Size, book: str = "") -> list[str]:
        """What is given to `kalends bench`.

        >>> Measurement("pdf", "pdf", ("--documents 4", "", "")).words("small")
        ['pdf', '--documents', '4']
        """
        return [
            *self.command.split(),
            *([book] if self.wants_book else []),
            *self.options[SIZES.index(size)].split(),
        ]


MEASUREMENTS = (
    Measurement(
        "billing",
        "billing",
        ("--subscriptions 200", "--subscriptions 200000", "--subscriptions 1000000"),
    ),
    Measurement(
        "billing, two processes",
        "billing --processes 2",
        ("--subscriptions 200", "--subscriptions 200000", "--subscriptions 1000000"),
    ),
    Measurement("collection", "collection", ("--charges 40", "--charges 3000", "--charges 50000")),
    Measurement(
        "collection, 32 at once",
        "collection --at-once 32",
        ("--charges 40", "--charges 10000", "--charges 100000"),
    ),
    Measurement(
        "verify", "verify", ("--subscriptions 20", "--subscriptions 20000", "--subscriptions 200000")
    ),
    Measurement(
        "pages",
        "pages",
        (
            "--subscriptions 40 --rounds 2",
            "--subscriptions 200000 --rounds 25",
            "--subscriptions 1000000 --rounds 50",
        ),
    ),
    Measurement(
        "api",
        "api",
        (
            "--subscriptions 200 --rounds 2",
            "--subscriptions 100000 --rounds 100",
            "--subscriptions 1000000 --rounds 200",
        ),
    ),
    Measurement("import", "import", ("--rows 40", "--rows 20000", "--rows 200000")),
    Measurement(
        "export", "export", ("--subscriptions 40", "--subscriptions 300000", "--subscriptions 1000000")
    ),
    Measurement("pdf", "pdf", ("--documents 4", "--documents 200", "--documents 2000")),
    Measurement(
        "segments",
        "segments",
        ("--contacts 40 --changes 4", "--contacts 500000", "--contacts 1000000 --changes 10000"),
    ),
    Measurement(
        "workflows", "workflows", ("--enrollments 40", "--enrollments 20000", "--enrollments 200000")
    ),
    Measurement("replay", "replay", wants_book=True),
)
