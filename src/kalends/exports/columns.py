"""Which columns an export has, in which order, and what stands above them.

The order is HubSpot's. Record ID comes first, whatever is asked for. Then come the columns of a view in the view's
order, those of associated records among them; or all properties by their labels in the alphabet of the headers'
language, and behind them, if associations are asked for as well, those of associated records. Each associated object
has two columns: the numbers of the records and their names.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple

from kalends.catalog.model import ObjectType, Property, Text
from kalends.catalog.registry import get_object
from kalends.exports.request import COLUMNS_MAX, Request, WrongRequest
from kalends.exports.values import RECORD_ID
from kalends.query.tied_names import tied_object

Kind = Literal["text", "number", "money", "date", "instant", "flag"]
Part = Literal["ids", "names", "all"]

_KINDS: dict[str, Kind] = {
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "instant",
    "bool": "flag",
}
_NORWEGIAN = str.maketrans({"æ": "{", "ø": "|", "å": "}"})
_FINNISH = str.maketrans({"å": "{", "ä": "|", "ö": "}"})


class Several(NamedTuple):
    """A property of which a record may have more values than one, in a further property: ``;`` stands between them."""

    option: str
    first: str
    further: str
    label: Text


SEVERAL = (
    Several(
        "all_emails",
        "email",
        "hs_additional_emails",
        Text("All email addresses", "Alle e-postadresser", "Kaikki sähköpostiosoitteet"),
    ),
    Several(
        "all_domains",
        "domain",
        "hs_additional_domains",
        Text("All domains", "Alle domener", "Kaikki verkkotunnukset"),
    ),
)


class Column(NamedTuple):
    """A column of the file.

    It holds a property of the record; or what an associated object (``tied``) gives: the ids, the names or all values
    (``several``) of its records; or all values of the record itself.
    """

    header: str
    name: str
    kind: Kind = "text"
    property: Property | None = None
    tied: str = ""
    part: Part = "ids"
    several: Several | None = None


def several_of(obj: ObjectType) -> list[Several]:
    """Of what a record of an object may have several values."""
    return [each for each in SEVERAL if each.first in obj.by_name and each.further in obj.by_name]


def columns_of(asked: Request, obj: ObjectType) -> list[Column]:
    """The columns of an export, in their order. Raises :class:`~kalends.exports.request.WrongRequest` for too many."""
    language = asked.language
    names = _names(asked, obj)
    labels = Counter(obj.by_name[name].label.in_language(language) for name in names if name in obj.by_name)
    columns: list[Column] = []
    for name in names:
        if name in obj.by_name:
            prop = obj.by_name[name]
            columns.append(_of_property(prop, asked, labels[prop.label.in_language(language)] > 1))
        else:
            columns += _of_tie(get_object(tied_object(name)), asked)
    for each in several_of(obj):
        if getattr(asked, each.option):
            header = (
                f"{each.first};{each.further}" if asked.internal_names else each.label.in_language(language)
            )
            columns.append(Column(header, each.option, several=each, part="all"))
    placed = {tied_object(name) for name in names}
    for to in ties_of(asked, obj):
        if to in placed:
            continue
        columns += _of_tie(get_object(to), asked)
    most = COLUMNS_MAX[asked.format]
    if len(columns) > most:
        raise WrongRequest(
            "too_many_columns",
            f"The export has {len(columns)} columns, and a file of the format {asked.format.upper()} holds {most}: "
            "choose another format or fewer properties.",
        )
    return columns


def _names(asked: Request, obj: ObjectType) -> list[str]:
    if asked.scope == "view":
        tied = ties_of(asked, obj)
        known = [name for name in asked.columns if name in obj.by_name or tied_object(name) in tied]
        return list(dict.fromkeys((RECORD_ID, *known)))
    every = [each for each in obj.properties if each.name != RECORD_ID and not each.reporting_only]
    every.sort(
        key=lambda each: (in_alphabet(each.label.in_language(asked.language), asked.language), each.name)
    )
    return [RECORD_ID, *(each.name for each in every)]


def in_alphabet(text: str, language: str) -> str:
    """What a text is sorted by: without regard to case, and Nordic letters behind z in the order of the language.

    >>> sorted(["Øre", "Zoo", "Ære", "Åre"], key=lambda text: in_alphabet(text, "nb"))
    ['Zoo', 'Ære', 'Øre', 'Åre']
    """
    folded = text.casefold()
    return folded.translate(_FINNISH if language == "fi" else _NORWEGIAN)


def ties_of(asked: Request, obj: ObjectType) -> list[str]:
    """The associated objects that have columns."""
    if asked.scope == "properties":
        return []
    known = [each.to for each in obj.associations]
    if asked.scope == "everything":
        return list(dict.fromkeys(known))
    return [name for name in dict.fromkeys(asked.ties) if name in known]


def _of_property(prop: Property, asked: Request, ambiguous: bool) -> Column:
    label = prop.label.in_language(asked.language)
    header = prop.name if asked.internal_names else f"{label} ({prop.name})" if ambiguous else label
    return Column(header, prop.name, _KINDS.get(prop.type, "text"), prop)


def _of_tie(target: ObjectType, asked: Request) -> list[Column]:
    """The two columns of an associated object, and one for what its records have several of."""
    ids, names = tied_headers(target, asked.language)
    if asked.internal_names:
        ids, names = f"associated_{target.name}_ids", f"associated_{target.name}"
    columns = [
        Column(ids, f"{target.name}.ids", tied=target.name),
        Column(names, f"{target.name}.names", tied=target.name, part="names"),
    ]
    for each in several_of(target):
        if getattr(asked, each.option):
            header = f"{names}: {each.label.in_language(asked.language)}"
            columns.append(
                Column(header, f"{target.name}.{each.option}", tied=target.name, part="all", several=each)
            )
    return columns


def tied_headers(target: ObjectType, language: str) -> tuple[str, str]:
    """What stands above the numbers and above the names of associated records.

    >>> tied_headers(get_object("contact"), "en"), tied_headers(get_object("company"), "nb")
    (('Associated Contact IDs', 'Associated Contact'), ('Tilknyttede Selskap ID-er', 'Tilknyttet selskap'))
    """
    label = target.singular_label.in_language(language)
    match language:
        case "nb":
            return f"Tilknyttede {label} ID-er", f"Tilknyttet {label.lower()}"
        case "fi":
            return f"Liittyvä {label.lower()} -tunnukset", f"Liittyvä {label.lower()}"
        case _:
            return f"Associated {label} IDs", f"Associated {label}"
