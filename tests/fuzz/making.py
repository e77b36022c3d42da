"""What comes in from outside when nobody means well: right things with something wrong in them.

Random text ends at the first check. So most of what is made here begins as a value, a document or a file that is
right, and is then spoiled in a few places; what is spoiled in one place gets far.

A run is the same every time, and short. ``KALENDS_FUZZ=200`` tries two hundred times as much, other things each time.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

TIMES = float(os.environ.get("KALENDS_FUZZ", "1"))
"""How many times as much as usual is tried."""

SIGNS = (
    "\x00", "\x01", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\xa0", "\xad", "\u0301", "\u200b", "\u2028", "\u202e",
    "\u202f", "\u2212", "\ud800", "\udc80", "\ufeff", "\uffff", "\U0001f4a9", "²", "½", "٣", "\uff11", "Ⅷ", "ß", "İ",
    "'", '"', "`", "\\", "%", "%s", "%(a)s", "{", "}", "{0}", "{{", "}}", "$", "<", ">", "&", ";", ",", ".", ":", "/",
    "..", "../", "-", "--", "+", "_", "=", "@", "#", "?", "*", "(", ")", "[", "]", "|", "~", "^", "0", "9", " ",
)  # fmt: skip
WORDS = (
    "", " ", "0", "-0", "-1", "1", "007", "+1", "1.", ".5", "1e3", "1E400", "-1e-400", "1e99999999999999999999", "NaN",
    "sNaN", "Infinity", "-inf", "0x10", "1_000", "1,5", "1.000,50", "1 000,50", "1\u202f000", "12,34,567.8", "9" * 18,
    "9" * 19, "9" * 40, "9" * 5_000, "0." + "0" * 50 + "1", "9223372036854775807", "9223372036854775808", "2147483648",
    "true", "True", "on", "off", "null", "None", "undefined", "[]", "{}", "[object Object]", "[[]]", "(", "me",
    "2026-02-29", "2024-02-29", "2026-02-30", "2026-13-01", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01",
    "2026-1-1", "20260101", "2026-W01-1", "2026-W53", "2026-001", "-2026-01-01", "31.12.9999", "01.01.0001", "1/2/3",
    "2026-03-29T02:30", "2026-10-25T02:30:00+02:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00",
    "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999Z", "2026-01-01T24:00:00", "2026-06-30T23:59:60Z", "T", "Z",
    "00:00", "24:00", "25:61", "12:00 PM", "1767225600000", "-62135596800001", "253402300800000", "999999999999999",
    "Europe/Oslo", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "UTC+25", "posixrules", "Europe", "right/UTC",
    "a@b.no", "a@b", "@", "a@b@c.no", "a@" + "b." * 150 + "no", '"a b"@c.no', "a@xn--a.no", "a@ø.no", "a@[127.0.0.1]",
    "NO", "XX", "no", "EL", "EUR", "eur", "ZZZ", "XXX", "€", "nb", "nn-NO", "zz", "en-US,en;q=0.5", "*;q=nan",
    "NO9386011117947", "NO93 8601 1117 947", "GB82WEST12345698765432", "FI20774740", "NO974760673MVA", "+4722123456",
    "hs_object_id", "hs_mrr", "email", "id", "__class__", "contact", "deal", "monthly", "P1M", "P99999M", "P", "1mo",
    "9" * 6 + "h", "javascript:alert(1)", "http://[::1", "http://a:b@c:99999/", "//a", "https://ø.example/", "data:,",
    "=1+1", "@SUM(A1)", "'=1", "\ufeffa", "a\x00b", "\ud800", "\udcff", "a" * 300, "x" * 70_000, "Ærlig Øst Åsen",
    "' OR true --", "<script>alert(1)</script>", "{{ hs_name }}", "{{hs_name", "{% if %}", "%00", "%ff%fe", "%c0%ae",
)  # fmt: skip

_HUGE = 10**400
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, _HUGE, 0.5, -0.0, 1e308, 5e-324, [], {}, [[]],
    [None], {"": None}, [1, "a", {}], {"a": {"b": []}}, [[[[[[]]]]]],
)  # fmt: skip


def often(usually: int, *, most: int | None = None) -> settings:
    """So many examples, the same in each run; many more, and others each time, in a long run."""
    count = max(1, round(usually * TIMES))
    long = TIMES > 1
    return settings(
        max_examples=count if most is None else min(count, most),
        derandomize=not long,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink]
        if long
        else [Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


words = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
"""Texts that have tripped somebody somewhere, and any others."""

scalars = st.one_of(
    st.sampled_from(SCALARS),
    words,
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
"""Values of JSON: wrong nearly everywhere."""


@st.composite
def spoiled(draw: st.DrawFn, right: st.SearchStrategy[str]) -> str:
    """A text that was right before one to three changes; now and then it still is."""
    text = draw(right)
    if draw(st.integers(0, 9)) == 0:
        return draw(words)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 3)))
        sign = draw(st.sampled_from(SIGNS))
        match draw(st.integers(0, 6)):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + sign + text[at:]
            case 2:
                text = text[:at] + sign + text[to:]
            case 3:
                text = text[:at]
            case 4:
                text = text[:to] + text[at:]
            case 5:
                text = text[:at] + text[at:to] * draw(st.sampled_from((10, 1_000, 20_000))) + text[to:]
            case _:
                text = draw(
                    st.sampled_from((text.upper(), text.lower(), text[::-1], f" {text} ", text + "\n"))
                )
    return text


@st.composite
def spoiled_bytes(draw: st.DrawFn, right: st.SearchStrategy[bytes]) -> bytes:
    """Bytes that were right before one to four changes."""
    data = bytearray(draw(right))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.sampled_from((1, 1, 2, 4, 16, 200))))
        match draw(st.integers(0, 5)):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case 2:
                data[at:to] = bytes(draw(st.sampled_from((0, 0xFF, 0x7F, 0x80))) for _ in range(to - at))
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at:to]
            case _ if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case _:
                data += b"\x00"
    return bytes(data)


@st.composite
def spoiled_tree(
    draw: st.DrawFn, right: st.SearchStrategy[Any], leaves: st.SearchStrategy[Any] = scalars, most: int = 3
) -> Any:
    """JSON that was right before one to three of its values were replaced, moved, repeated, left out or renamed."""
    tree = copy.deepcopy(draw(right))
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(tree))
        if not places:
            return tree
        holder, key = draw(st.sampled_from(places))
        match draw(st.integers(0, 7)):
            case 0 | 1 | 2:
                holder[key] = copy.deepcopy(draw(leaves))
            case 3 if isinstance(holder[key], str):
                holder[key] = draw(spoiled(st.just(holder[key])))
            case 3 | 4:
                del holder[key]
            case 5:
                other, name = draw(st.sampled_from(places))
                with_this = copy.deepcopy(holder[key])
                if name in other if isinstance(other, dict) else name < len(other):
                    other[name] = with_this
            case 6 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 6:
                holder[draw(words)] = copy.deepcopy(holder[key])
            case _:
                holder[key] = draw(st.sampled_from(([holder[key]], {"value": holder[key]}, str(holder[key]))))
    return tree


def _places(node: Any) -> Any:
    if isinstance(node, dict):
        for key in list(node):
            yield node, key
            yield from _places(node[key])
    elif isinstance(node, list):
        for place in range(len(node)):
            yield node, place
            yield from _places(node[place])


def answered(ask: Callable[[], Any], *refusals: type[Exception]) -> Any:
    """What came of it; ``None`` for one of the refusals that are declared, which must say something."""
    try:
        return ask()
    except refusals as refusal:
        tells(str(refusal))
        return None


def tells(*words_: object) -> None:
    """Each part of a refusal says something: what is wrong, where, or what would be right."""
    assert all(words_), words_
