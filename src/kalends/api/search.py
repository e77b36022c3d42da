"""Searches, by the filter language that pages and views use as well."""

from __future__ import annotations

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
    try:
        search = from_hubspot_search(obj, body)
    except FilterError as error:
        raise _refused(error) from error
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


def _refused(error: FilterError) -> ApiError:
    return invalid(
        "There was a problem with the request: " + "; ".join(map(str, error.problems)),
        errors=[
            {"message": str(problem), "code": "INVALID_SEARCH", "in": problem.place}
            for problem in error.problems
        ],
    )
