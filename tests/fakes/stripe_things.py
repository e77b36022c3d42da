"""What a small Stripe keeps: things of every kind by their ids, its lists of them, and what it told."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

Thing = dict[str, Any]


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error)
        self.status, self.error = status, {"message": "No.", **error}


class Things:
    """Everything that was made at one merchant. ``now`` is its clock."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.livemode = True
        self.now = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC)
        self._serial = itertools.count(1)

    def all(self, kind: str) -> list[Thing]:
        """Everything of a kind that was made, oldest first."""
        return [thing for thing in self.things.values() if thing["object"] == kind]

    def events(self, kind: str = "") -> list[Thing]:
        """What was told so far."""
        return [each for each in self.all("event") if each["type"].startswith(kind)]

    def _list(self, name: str, params: Thing, expand: list[str]) -> Thing:
        kind = {"sessions": "checkout.session"}.get(name, name.removesuffix("s"))
        found = list(reversed(self.all(kind)))
        since = params.get("created", {})
        for field in ("customer", "payment_intent", "payout"):
            if field in params:
                found = [each for each in found if each.get(field) == params[field]]
        if "arrival_date" in params:
            since = params["arrival_date"]
        if "types" in params:
            found = [each for each in found if each["type"] in params["types"]]
        found = [
            each
            for each in found
            if each["created"] >= int(since.get("gte", 0)) and each["created"] < int(since.get("lt", 10**12))
        ]
        if "starting_after" in params:
            places = [each["id"] for each in found]
            found = found[places.index(params["starting_after"]) + 1 :]
        limit = int(params.get("limit", 10))
        page = [self._expanded(each, expand) for each in found[:limit]]
        return {"object": "list", "data": page, "has_more": len(found) > limit, "url": f"/v1/{name}"}

    def _expanded(self, thing: Thing, paths: list[str]) -> Thing:
        whole = json.loads(json.dumps(thing))
        for path in paths:
            at = whole
            for name in path.split("."):
                if isinstance(at.get(name), str) and at[name] in self.things:
                    at[name] = json.loads(json.dumps(self.things[at[name]]))
                at = at.get(name)
                if not isinstance(at, dict):
                    break
        return whole

    def _found(self, reference: str) -> Thing:
        if reference not in self.things:
            raise Problem(
                404, type="invalid_request_error", code="resource_missing", message=f"No such: {reference}"
            )
        return self.things[reference]

    def _add(self, kind: str, prefix: str, **facts: Any) -> Thing:
        number = next(self._serial)
        thing = {
            "metadata": {},
            **facts,
            "id": f"{prefix}_{number}",
            "object": kind,
            "created": int(self.now.timestamp()),
            "livemode": self.livemode,
        }
        thing.pop("expand", None)
        self.things[thing["id"]] = thing
        return thing

    def _tell(self, kind: str, about: Thing) -> None:
        self._add("event", "evt", type=kind, data={"object": json.loads(json.dumps(about))})
