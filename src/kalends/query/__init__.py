"""The filter language and its compiler: one meaning for views, searches, the command line and all that follows."""

from kalends.query.affected import (
    Changes,
    affected,
    changes_of,
    follows_the_day,
    looks_at,
    segments_in,
)
from kalends.query.compile import (
    NAME,
    Words,
    compile_count,
    compile_filter,
    compile_ids,
    compile_lookup,
    compile_search,
    compile_select,
    currency_column,
)
from kalends.query.context import Context, Sql, fetch
from kalends.query.hubspot import Search, from_hubspot_search
from kalends.query.language import Associated, Condition, Filter, Limits, Member, Operator, Period
from kalends.query.operators import RULES, operators_of
from kalends.query.paging import Key, WrongKey, decode_key, encode_key, key_of
from kalends.query.parse import FilterError, Problem, parse, to_json
from kalends.query.sight import Scope, Sight

__all__ = [
    "NAME",
    "RULES",
    "Associated",
    "Changes",
    "Condition",
    "Context",
    "Filter",
    "FilterError",
    "Key",
    "Limits",
    "Member",
    "Operator",
    "Period",
    "Problem",
    "Scope",
    "Search",
    "Sight",
    "Sql",
    "Words",
    "WrongKey",
    "affected",
    "changes_of",
    "compile_count",
    "compile_filter",
    "compile_ids",
    "compile_lookup",
    "compile_search",
    "compile_select",
    "currency_column",
    "decode_key",
    "encode_key",
    "fetch",
    "follows_the_day",
    "from_hubspot_search",
    "key_of",
    "looks_at",
    "operators_of",
    "parse",
    "segments_in",
    "to_json",
]
