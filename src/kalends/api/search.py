"""Searches, by the filter language that pages and views use as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from kalends.api import shapes
from kalends.api.call import Answer, Call
from kalends.api.errors import ApiError, invalid
from kalends.api.routes import of_object, route
from kalends.catalog.model import Sort
from kalends.crm.record_reads import ID, asking
from kalends.query import FilterError, compile_count, compile_select, fetch, from_hubspot_search
from kalends.query.hubspot import LAST_RECORD

LONGEST_BODY = 3_000
COUNTED_MOST = LAST_RECORD + 1
"""Totals are exact up to the last record that can be paged to; one more says that there are more."""


@route("objects", "/{type}/search", "POST", of_object("read"), writes=False)
def search_records(call: Call) -> Answer:
    """Records that meet conditions; living ones only, and as they are at this moment."""
    obj = call.object()
    body = call.json()
    length = len(call.raw.decode("utf-8", "replace"))
    if length > LONGEST_BODY:
        raise invalid(f"The body of a search has {length:,} characters; give at most {LONGEST_BODY:,}.")
    _refuse_incomplete(body)
    try:
        search = from_hubspot_search(obj, body)
    except FilterError as error:
        raise refused(error) from error
    # Numbers of records grow with time, and are what an index can serve.
    sort = search.sort if body.get("sorts") else Sort(ID)
    context = asking(call.ctx)
    query = compile_select(
        obj,
        search.columns,
        search.filter,
        sort,
        context,
        limit=search.limit,
        offset=search.offset,
        search=search.search,
    )
    counting = compile_count(obj, search.filter, context, search=search.search, most=COUNTED_MOST)
    with call.db.cursor() as cursor:
        rows = fetch(cursor, query)
        total = search.offset + len(rows)
        if len(rows) == search.limit or (not rows and search.offset):
            total = fetch(cursor, counting)[0]["count"]
    answer = {"total": total, "results": [shapes.record(obj, row, search.columns) for row in rows]}
    reached = search.offset + len(rows)
    if rows and reached < total:
        answer["paging"] = {"next": {"after": str(reached)}}
    return Answer(body=answer)


def _refuse_incomplete(body: Mapping[str, Any]) -> None:
    """Name what conditions lack, before anybody asks what they mean. Raises ``ApiError``."""
    missing = [
        f"{where}.{name}"
        for where, condition in _conditions(body)
        for name in _needed(condition.get("operator"))
        if condition.get(name) is None
    ]
    if missing:
        raise invalid(
            f"Some required fields were not set: [{', '.join(missing)}]",
            errors=[
                {"message": f"{each} is required", "in": each, "code": "REQUIRED_FIELD"} for each in missing
            ],
        )


def _conditions(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every condition with its place, as far as the body has the form of a search."""
    lists = [("filters", body.get("filters"))]
    for number, group in enumerate(_items(body.get("filterGroups"))):
        if isinstance(group, dict):
            lists.append((f"filterGroups[{number}].filters", cast("dict[str, Any]", group).get("filters")))
    for where, conditions in lists:
        for number, each in enumerate(_items(conditions)):
            if isinstance(each, dict):
                yield f"{where}[{number}]", cast("dict[str, Any]", each)


def _items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _needed(operator: object) -> tuple[str, ...]:
    """The fields of a condition with this operator."""
    values = {"HAS_PROPERTY": (), "NOT_HAS_PROPERTY": (), "IN": ("values",), "NOT_IN": ("values",)}
    values["BETWEEN"] = ("value", "highValue")
    return ("propertyName", "operator", *(values.get(str(operator), ("value",)) if operator else ()))


def refused(error: FilterError) -> ApiError:
    """A filter that cannot be understood, with all that is wrong with it."""
    return invalid(
        "There was a problem with the request: " + "; ".join(map(str, error.problems)),
        errors=[
            {"message": str(problem), "code": "INVALID_SEARCH", "in": problem.place}
            for problem in error.problems
        ],
    )
