"""What is wrong with records, in the words of the API: all of it at once, each with property, value and code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kalends.accounts.context import AccountContext
from kalends.api.errors import ApiError, Detail, conflict, invalid
from kalends.catalog.model import ObjectType
from kalends.crm.record_values import REQUIRED, Problem
from kalends.crm.unique import EXISTS


def refusal_of(ctx: AccountContext, obj: ObjectType, problems: Sequence[Problem]) -> ApiError:
    """The answer to a record with problems."""
    if all(problem.code == EXISTS for problem in problems):
        return conflict(problems[0].message, errors=details(problems))
    if all(problem.code == REQUIRED for problem in problems):
        missing = [problem.property for problem in problems]
        return invalid(
            f"Error creating {obj.api_name.upper()}. Some required properties were not set.",
            errors=details(problems),
            context={"properties": missing},
        )
    told = json.dumps([_told(ctx, problem) for problem in problems], separators=(",", ":"))
    return invalid(f"Property values were not valid: {told}", errors=details(problems))


def details(problems: Sequence[Problem]) -> list[Detail]:
    """The list of what is wrong."""
    return [
        {
            "message": problem.message,
            "code": problem.code,
            "context": {"propertyName": [problem.property], "propertyValue": [problem.value]},
        }
        for problem in problems
    ]


def _told(ctx: AccountContext, problem: Problem) -> dict[str, Any]:
    return {
        "isValid": False,
        "message": problem.message,
        "error": problem.code,
        "name": problem.property,
        "localizedErrorMessage": problem.message,
        "portalId": ctx.id,
    }


def element(error: ApiError, **context: Sequence[str]) -> dict[str, Any]:
    """An error among the results of a batch: what went wrong with some of its inputs."""
    told = {
        "status": "error",
        "category": error.category,
        "message": error.message,
        "context": {**(error.context or {}), **{name: list(values) for name, values in context.items()}},
        "errors": error.errors,
        "links": {},
    }
    return {name: value for name, value in told.items() if value is not None}


def missing_element(obj: ObjectType, ids: Sequence[str]) -> dict[str, Any]:
    """The one error that names every record of a batch that is not there."""
    error = ApiError(
        404,
        "OBJECT_NOT_FOUND",
        f"Could not get some {obj.api_name.upper()} objects, they may be deleted or not exist. "
        "Check that ids are valid.",
    )
    return element(error, ids=ids)
