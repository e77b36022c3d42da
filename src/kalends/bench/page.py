"""The figures of docs/benchmarks.md, written from what `kalends bench all` has measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BEGIN = "<!-- The figures: ./kalends bench page writes them. -->"
END = "<!-- The end of the figures. -->"

Found = Mapping[str, Any]
_ROWS = ("count", "seconds", "per_second", "floor_per_second", "ratio")
_COUNTED = {
    "billing": "subscriptions",
    "collection": "charges",
    "verify": "invoices",
    "import": "rows",
    "export": "rows",
    "pdf": "documents",
    "segments": "members",
    "workflows": "enrollments",
    "replay": "invoices",
}


class NoFigures(ValueError):
    """A page that has no place for figures, or a file that has none."""


def rewritten(page: str, measured: Found) -> str:
    """The page with these figures between its two marks. Raises :class:`NoFigures`."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoFigures(f"The page lacks the lines {BEGIN} and {END}, between which the figures stand.")
    return f"{before}{BEGIN}\n\n{figures(measured)}\n{END}{after}"


def figures(measured: Found) -> str:
    """All figures, in Markdown. Raises :class:`NoFigures` for what is no such file."""
    if not isinstance(measured.get("measurements"), list) or "machine" not in measured:
        raise NoFigures("This is no file of `kalends bench all`: it has no machine and no measurements.")
    done = [each for each in measured["measurements"] if "found" in each]
    by_command = {each["words"][0]: each["found"] for each in done}
    parts = [
        _machine(measured),
        _works(done),
        _where_time_goes(done),
        _pages(by_command["pages"]) if "pages" in by_command else "",
        _requests(by_command["api"]) if "api" in by_command else "",
        _quiet(measured["measurements"]),
    ]
    return "\n".join(part for part in parts if part)


def _machine(measured: Found) -> str:
    machine = measured["machine"]
    settings = ", ".join(f"{name} {value}" for name, value in sorted(machine["settings"].items()))
    facts = (
        ("when", f"{machine['at']}, sizes: {measured['size']}"),
        ("machine", f"{machine['cores']} cores, {machine['processor']}, {machine['memory_gib']} GiB"),
        ("system", machine["system"]),
        (
            "programs",
            f"{machine['python']}, PostgreSQL {machine['postgresql']}, psycopg {machine['psycopg']}",
        ),
        ("PostgreSQL's settings", settings),
    )
    return "### The machine\n\n" + table(("", ""), facts)


def _works(done: Sequence[Found]) -> str:
    rows = []
    for name, command, found in _flat(done):
        cells = [f"{found[each]:,}" for each in _ROWS]
        rows.append((name, f"{cells[0]} {_COUNTED[command]}", *cells[1:]))
    head = ("work", "how much", "seconds", "a second", "floor a second", "ratio")
    return "### Works\n\n" + table(head, rows, right=5) if rows else ""


def _flat(done: Sequence[Found]) -> Iterable[tuple[str, str, Found]]:
    """Each work by name, with the command's first word: some commands measure several."""
    for each in done:
        found, command = each["found"], each["words"][0]
        if command == "import":
            yield from ((f"import of {one['import']}", command, one) for one in found["imports"])
        elif command == "segments":
            yield f"segment among {found['contacts']:,}, first filling", command, found["first"]
            yield "segment, following changes", command, found["changes"]
        elif command in _COUNTED:
            yield each["name"], command, found


def _where_time_goes(done: Sequence[Found]) -> str:
    spent = [(name, found["spent"]) for name, _, found in _flat(done)]
    spent += [
        (f"page: {page['page']}", page["spent"])
        for each in done
        if each["words"][0] == "pages"
        for page in each["found"]["pages"]
        if page["page"] in _TOLD_PAGES
    ]
    rows = [
        (name, *(_share(parts, kind) for kind in ("python", "server", "waiting"))) for name, parts in spent
    ]
    head = ("what", "Python", "PostgreSQL", "waiting")
    return "### Where the time goes\n\n" + table(head, rows, right=3) if rows else ""


_TOLD_PAGES = ("subscriptions", "subscriptions, 2 filters, sorted", "a subscription", "search")


def _share(spent: Mapping[str, float], kind: str) -> str:
    if kind not in spent or not spent["seconds"]:
        return "not known"
    return f"{spent[kind] / spent['seconds'] * 100:.0f} %"


def _pages(found: Found) -> str:
    rows = [
        (
            each["page"],
            each["server"]["p50_ms"],
            each["server"]["p95_ms"],
            each["driver"]["p50_ms"],
            each["driver"]["p95_ms"],
            round(each["driver"]["p95_ms"] / each["server"]["p95_ms"], 2),
        )
        for each in found["pages"]
    ]
    title = f"### Pages, {found['subscriptions']:,} subscriptions and {found['payments']:,} payments\n\n"
    head = ("page", "p50 ms", "p95 ms", "its statements, p50", "its statements, p95", "ratio of the p95")
    return title + table(head, rows, right=5)


def _requests(found: Found) -> str:
    rows = [
        (
            each["request"],
            each["http"]["p50_ms"],
            each["http"]["p99_ms"],
            each["driver"]["p50_ms"],
            each["driver"]["p99_ms"],
            round(each["driver"]["p50_ms"] / each["http"]["p50_ms"], 2),
        )
        for each in found["requests"]
    ]
    title = f"### Requests over HTTP, {found['subscriptions']:,} subscriptions\n\n"
    head = ("request", "p50 ms", "p99 ms", "the driver, p50", "the driver, p99", "ratio of the p50")
    return title + table(head, rows, right=5)


def _quiet(measurements: Sequence[Found]) -> str:
    rows = [
        (
            f"`kalends bench {' '.join(each['words'])}`",
            f"{each['before']['busy'] * 100:.0f} %" if "busy" in each["before"] else "not known",
            each["before"]["load"],
            "failed" if "problem" in each else f"{each['seconds']:.0f}",
        )
        for each in measurements
    ]
    head = ("command", "cores busy just before", "load of the minute before", "seconds, all in all")
    return "### What was run, and how quiet it was\n\n" + table(head, rows, right=3)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 0) -> str:
    """A table in Markdown; its last ``right`` columns hold numbers.

    >>> print(table(("a", "b"), [("x", 1)], right=1), end="")
    | a | b |
    |---|---:|
    | x | 1 |
    """
    marks = ["---"] * (len(head) - right) + ["---:"] * right
    lines = [_line(head), f"|{'|'.join(marks)}|", *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(each).replace("|", "\\|") for each in cells) + " |"
