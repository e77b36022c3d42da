"""The mapping file: which column of a CSV file becomes what, and how the file writes numbers and dates. It is TOML."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kalends.catalog import WrongValue
from kalends.catalog.registry import suggestion
from kalends.core.currencies import MINOR_DIGITS
from kalends.imports.problems import BadCell
from kalends.imports.targets import OBJECTS, SECRET, Target, canonical, targets_of
from kalends.platform.errors import UserFacing

_KNOWN = frozenset(
    "object key encoding delimiter date_format decimal thousands columns constants defaults values create_contacts "
    "bill_arrears currencies".split()
)
_PLAIN = 'aA0,;"\t\r\n'
"""What every file of CSV is made of, in whatever encoding."""
_DATE_PARTS = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{1,2})"}


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """How a file is read. ``columns`` gives the targets of each heading, in the order of the mapping file.

    ``constants`` hold for every row, ``defaults`` where a cell is empty; ``words`` translate what stands in a column.
    """

    object: str
    columns: Mapping[str, tuple[Target, ...]]
    constants: Mapping[Target, str]
    defaults: Mapping[Target, str]
    words: Mapping[str, Mapping[str, str]]
    key: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    date_format: str = "YYYY-MM-DD"
    decimal: str = "."
    thousands: str = ""
    create_contacts: bool = False
    bill_arrears: bool = False
    currencies: tuple[str, ...] = ()
    _date: re.Pattern[str] | None = field(default=None, compare=False)

    def headings(self) -> list[str]:
        """The headings that the file must have."""
        return list(dict.fromkeys([*self.columns, *([self.key] if self.key else [])]))

    def heading_of(self, *names: str) -> str:
        """The heading that becomes the first of these targets that is mapped; else the target's own name."""
        for name in names:
            for heading, targets in self.columns.items():
                if any(target.name == name for target in targets):
                    return heading
        return names[0]

    def maps(self, name: str) -> bool:
        """Whether anything in the mapping gives this target a value."""
        fixed = any(target.name == name for target in (*self.constants, *self.defaults))
        return fixed or any(target.name == name for targets in self.columns.values() for target in targets)

    def value(self, heading: str, target: Target, raw: str) -> str:
        """The value of a cell in its one text form. Raises ``BadCell``."""
        text = self.words.get(heading, {}).get(raw, raw)
        try:
            if target.kind in ("number", "money"):
                text = self._number(text)
            elif target.kind == "date":
                text = self._iso(text)
            return canonical(target.read(text))
        except WrongValue as wrong:
            raise BadCell(heading, wrong.value if wrong.value == SECRET else raw, wrong.remedy) from wrong

    def as_written(self, heading: str, value: str) -> str:
        """A value in its one text form as the file would write it, to be found there."""
        kinds = {target.kind for target in self.columns.get(heading, ())}
        if kinds & {"number", "money"}:
            return value.replace(".", self.decimal)
        if "date" in kinds and len(value) == len("2026-03-01"):
            year, month, day = value.split("-")
            return self.date_format.replace("YYYY", year).replace("MM", month).replace("DD", day)
        return value

    def _number(self, text: str) -> str:
        plain = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
        if self.thousands:
            plain = plain.replace(self.thousands, "")
        point = re.escape(self.decimal)
        if not re.fullmatch(rf"[+-]?\d+({point}\d+)?", plain):
            raise WrongValue(text, f"Give a number such as 1250{self.decimal}50.")
        return plain.replace(self.decimal, ".")

    def _iso(self, text: str) -> str:
        pattern = self._date or date_pattern(self.date_format)
        match = pattern.fullmatch(text.strip())
        if match is None:
            raise WrongValue(text, f"Give a date as {self.date_format}.")
        return f"{int(match['year']):04d}-{int(match['month']):02d}-{int(match['day']):02d}"


def date_pattern(form: str) -> re.Pattern[str]:
    """The pattern of a form such as ``DD.MM.YYYY``. Raises ``ValueError`` unless it has each part once."""
    if any(form.count(part) != 1 for part in _DATE_PARTS):
        raise ValueError("Write it with YYYY, MM and DD, each once: DD.MM.YYYY or MM/DD/YYYY.")
    pattern = re.escape(form)
    for part, digits in _DATE_PARTS.items():
        pattern = pattern.replace(part, digits)
    return re.compile(pattern)


def read_mapping(path: Path) -> ImportMapping:
    """The mapping in a file. Raises UserFacing naming the entry that is wrong, OSError for no file."""
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as problem:  # also numbers without end, and lists in lists in lists
        raise UserFacing(
            "The mapping file cannot be read: it is not TOML.",
            where=str(path),
            value=str(problem),
            remedy="`kalends import --print-map contact` prints one to start from.",
        ) from problem
    return _checked(written, _Place(str(path)))


@dataclass(frozen=True, slots=True)
class _Place:
    path: str

    def wrong(self, entry: str, value: object, remedy: str) -> UserFacing:
        return UserFacing(
            "The mapping file has an entry that cannot be.",
            where=f"{self.path}, {entry}",
            value=str(value),
            remedy=remedy,
        )


def _checked(written: dict[str, Any], place: _Place) -> ImportMapping:
    for name, value in written.items():
        if name not in _KNOWN:
            raise place.wrong(name, value, suggestion(name, _KNOWN))
    object_name = written.get("object")
    if object_name not in OBJECTS:
        raise place.wrong("object", object_name or "(missing)", f"Give one of {', '.join(OBJECTS)}.")
    targets = targets_of(object_name)
    columns = {
        heading: tuple(
            _known(targets, name, f"[columns] {heading!r}", place) for name in _names(wish, heading, place)
        )
        for heading, wish in _table(written, "columns", place).items()
    }
    if not columns:
        raise place.wrong("[columns]", "(empty)", "Name at least one column and what it becomes.")
    form = _form(written, place)
    read = ImportMapping(object_name, columns, {}, {}, _words(written, columns, place), **form)
    constants = _fixed(read, written, "constants", place)
    defaults = _fixed(read, written, "defaults", place)
    _refuse_twice(read, constants, place)
    return ImportMapping(
        object_name, columns, constants, defaults, read.words, **form, _date=date_pattern(read.date_format)
    )


def _table(written: dict[str, Any], name: str, place: _Place) -> dict[str, Any]:
    table = written.get(name, {})
    if not isinstance(table, dict):
        raise place.wrong(name, table, f"Write it as a table: [{name}].")
    return table


def _names(wish: object, heading: str, place: _Place) -> list[str]:
    names = wish if isinstance(wish, list) else [wish]
    if not names or not all(isinstance(name, str) for name in names):
        raise place.wrong(f"[columns] {heading!r}", wish, 'Write "heading" = "property".')
    return [str(name) for name in names]


def _known(targets: Mapping[str, Target], name: str, entry: str, place: _Place) -> Target:
    if name not in targets:
        raise place.wrong(entry, name, f"{suggestion(name, targets)} --print-map lists all.")
    return targets[name]


def _form(written: dict[str, Any], place: _Place) -> dict[str, Any]:
    """The entries that are not tables, checked."""
    texts = {
        "key": None,
        "encoding": "utf-8",
        "delimiter": ",",
        "date_format": "YYYY-MM-DD",
        "decimal": ".",
        "thousands": "",
    }
    form: dict[str, Any] = {name: written.get(name, default) for name, default in texts.items()}
    for name, value in form.items():
        if value is not None and not isinstance(value, str):
            raise place.wrong(name, value, "Give a text in quotation marks.")
    for name in ("create_contacts", "bill_arrears"):
        form[name] = written.get(name, False)
        if not isinstance(form[name], bool):
            raise place.wrong(name, form[name], "Give true or false.")
    if len(form["delimiter"]) != 1 or form["delimiter"] in '"\r\n':
        raise place.wrong("delimiter", form["delimiter"], 'Give one character, such as "," or ";" or "\\t".')
    if form["decimal"] not in (".", ","):
        raise place.wrong("decimal", form["decimal"], 'Give "." or ",".')
    if form["thousands"] == form["decimal"]:
        raise place.wrong("thousands", form["thousands"], "It cannot be the decimal separator too.")
    try:
        date_pattern(form["date_format"])
    except ValueError as problem:
        raise place.wrong("date_format", form["date_format"], str(problem)) from problem
    form["encoding"] = _encoding(form["encoding"], place)
    form["currencies"] = _currencies(written.get("currencies", []), place)
    return form


def _encoding(name: str, place: _Place) -> str:
    try:
        plain = codecs.lookup(name).name
        usable = _PLAIN.encode(plain) == _PLAIN.encode()
        # Codecs for names of hosts write that, and cannot read a text whose letters may be wrong.
        if usable:
            codecs.getincrementaldecoder(plain)("surrogateescape").decode(_PLAIN.encode(), final=True)
    except (LookupError, ValueError):
        usable = False
    if not usable:
        raise place.wrong(
            "encoding", name, 'Give "utf-8", "cp1252" or "iso-8859-1", or save the file as UTF-8.'
        )
    return name


def _currencies(wish: object, place: _Place) -> tuple[str, ...]:
    if not isinstance(wish, list) or not all(isinstance(code, str) and code in MINOR_DIGITS for code in wish):
        raise place.wrong("currencies", wish, 'Give codes of ISO 4217: ["NOK", "USD"].')
    return tuple(wish)


def _words(
    written: dict[str, Any], columns: Mapping[str, tuple[Target, ...]], place: _Place
) -> dict[str, dict[str, str]]:
    words = _table(written, "values", place)
    for heading, table in words.items():
        entry = f"[values] {heading!r}"
        if heading not in columns:
            raise place.wrong(entry, heading, "It is no heading under [columns].")
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise place.wrong(entry, table, 'Write it as a table of texts: "Monatlich" = "monthly".')
    return words


def _fixed(read: ImportMapping, written: dict[str, Any], name: str, place: _Place) -> dict[Target, str]:
    """Constants or defaults: written in the catalogue's own form, as no file is at hand to say otherwise."""
    targets = targets_of(read.object)
    fixed: dict[Target, str] = {}
    for wish, value in _table(written, name, place).items():
        entry = f"[{name}] {wish!r}"
        target = _known(targets, wish, entry, place)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        try:
            fixed[target] = canonical(target.read(text))
        except WrongValue as wrong:
            raise place.wrong(entry, value, wrong.remedy) from wrong
    return fixed


def _refuse_twice(read: ImportMapping, constants: Mapping[Target, str], place: _Place) -> None:
    seen: dict[str, str] = {target.name: "[constants]" for target in constants}
    for heading, targets in read.columns.items():
        for target in targets:
            if target.name in seen:
                entry = f"[columns] {heading!r}"
                raise place.wrong(
                    entry, target.name, f"{seen[target.name]} gives it already; leave one of them out."
                )
            seen[target.name] = f"the column {heading!r}"
