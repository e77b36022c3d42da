"""Requests that nobody thought of: made of the document by schemathesis, with what is there planted into them.

A request that is only random ends at the first 404. So most places that name something get something that exists:
records of the right kind, properties of the object with values that mostly fit, associations that lead where they say.
"""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

from kalends.accounts.context import AccountContext
from kalends.api.openapi.document import document
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS, infer_object
from tests.api.conftest import Api
from tests.api.contract import closed

_SCALARS = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    "maxProperties": 3,
}
_NASTY = st.sampled_from(
    ["", " ", "0", "-1", "1e400", "NaN", "9" * 40, "0.0000000001", "2026-02-30", "9999-12-31", "0001-01-01",
     "true", "a;b;;", ";", "\x00", "\ud800", "Ærlig ' \" \\ %s {} --", "%00", "\u202e", "x" * 70_000, "on", "open"]
)  # fmt: skip
_ANYTHING = st.one_of(
    _NASTY,
    st.text(max_size=20),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.text(), max_size=2),
)
_MONEY = st.decimals(0, 10_000, places=2, allow_nan=False).map(str)
_DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)).map(str)
MADE_AT_FIRST = 5
"""Records of each kind."""

REQUIRED: dict[str, dict[str, str]] = {
    "subscriptions": {"hs_name": "Gold"},
    "invoices": {"hs_currency": "EUR"},
    "commerce_payments": {"hs_initial_amount": "10", "hs_initiated_date": "2026-01-01"},
    "line_items": {"name": "Gold", "price": "10", "quantity": "1", "recurringbillingfrequency": "monthly"},
    "contacts": {"firstname": "Ada"},
    "companies": {"name": "Nordlys"},
    "deals": {"dealname": "Gold", "dealstage": "qualifiedtobuy"},
    "tickets": {"subject": "Help", "hs_pipeline_stage": "1"},
    "products": {"name": "Gold"},
    "quotes": {"hs_title": "Offer", "hs_expiration_date": "2026-12-31"},
    "orders": {"hs_order_name": "Order"},
    "payment_links": {"hs_payment_link_name": "Engines", "hs_currency_code": "EUR"},
    "discounts": {"hs_type": "PERCENT", "hs_value": "10"},
    "fees": {"hs_type": "FIXED", "hs_value": "10"},
    "taxes": {"hs_type": "PERCENT", "hs_value": "10"},
}


@dataclass
class There:
    """What an account has, for requests to name."""

    api: Api
    account: AccountContext
    records: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def refill(self) -> None:
        """Look what is there of each kind, and make what is lacking."""
        for kind, properties in REQUIRED.items():
            base = f"/crm/v3/objects/{kind}"
            living = [each["id"] for each in self.api.get(f"{base}?limit=50")["results"]]
            lacking = MADE_AT_FIRST - len(living)
            if lacking > 0:
                made = self.api.post(
                    f"{base}/batch/create", {"inputs": [{"properties": properties}] * lacking}
                )
                living += [each["id"] for each in made["results"]]
            self.records[kind] = living


def schema() -> Any:
    """The requests of the document, as schemathesis has them.

    Properties are planted here and need not be made up there; answers are compared by ``contract``; and what is small
    is made quickly: short lists, and no field that the document does not tell in what is to be right.
    """
    told = copy.deepcopy(document())
    told["components"]["schemas"] |= {"AnyPropertiesInput": _SCALARS, "LineItemInput": _SCALARS}
    for operations in told["paths"].values():
        for each in operations.values():
            each["responses"] = {status: {"description": "See the document."} for status in each["responses"]}
    return schemathesis.openapi.from_dict(_small(closed(_reached(told))))


def _reached(told: dict[str, Any]) -> dict[str, Any]:
    """The document with the schemas that its paths lead to, and no other."""
    schemas, found = told["components"]["schemas"], dict[str, Any]()
    ahead: list[Any] = [told["paths"]]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            _, _, name = str(node.get("$ref", "")).rpartition("/schemas/")
            if name in schemas and name not in found:
                found[name] = schemas[name]
                ahead.append(schemas[name])
            ahead.extend(node.values())
        elif isinstance(node, list):
            ahead.extend(node)
    parameters = told["components"]["parameters"]
    security = told["components"]["securitySchemes"]
    return {**told, "components": {"schemas": found, "parameters": parameters, "securitySchemes": security}}


def _small(node: Any) -> Any:
    if isinstance(node, list):
        return [_small(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _small(each) for name, each in node.items()}
    if made.get("type") == "array":
        made["maxItems"] = min(made.get("maxItems", 3), 3)
    return made


@st.composite
def requests(draw: st.DrawFn, operation: Any, there: There) -> Any:
    """A request of an operation, right or wrong, that mostly names what is there."""
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = draw(operation.as_strategy(generation_mode=mode))
    planted = _Planted(draw, there, case)
    planted.path()
    planted.query()
    if isinstance(case.body, dict | list):
        case.body = planted.body(case.body)
    for name in ("Authorization", "Idempotency-Key"):
        case.headers.pop(name, None)
    return case


class _Planted:
    """A request in which something that is there takes the place of what was made up."""

    def __init__(self, draw: st.DrawFn, there: There, case: Any) -> None:
        self.draw, self.there, self.case = draw, there, case
        allowed = {
            each.name: each.definition.get("schema", {}).get("enum", [])
            for each in case.operation.path_parameters
        }
        self.obj = self._object("type", allowed.get("type", [])) or OBJECTS["subscription"]
        ends = [each.to for each in self.obj.associations]
        self.other = self._object("to", [OBJECTS[end].plural for end in ends]) or OBJECTS["contact"]

    def _object(self, name: str, names: list[str]) -> ObjectType | None:
        given = self.case.path_parameters.get(name)
        if given is None or not names:
            return None
        if self._likely():
            self.case.path_parameters[name] = self.draw(st.sampled_from(names))
        try:
            return infer_object(str(self.case.path_parameters[name]))
        except LookupError:
            return None

    def _likely(self) -> bool:
        return self.draw(st.integers(0, 5)) > 0

    def _id(self, obj: ObjectType) -> str:
        return self.draw(st.sampled_from(self.there.records[obj.plural] or ["1"]))

    def path(self) -> None:
        places = self.case.path_parameters
        area = self.case.path
        for name in places:
            if name in ("type", "to") or not self._likely():
                continue
            if name == "id":
                kind = OBJECTS["invoice"] if "/invoices/" in area else self.obj
                places[name] = self._id(kind)
            elif name == "other":
                places[name] = self._id(self.other)
            elif name == "name":
                places[name] = self._name("/groups" in area)
            elif name in self.there.words:
                places[name] = self.draw(st.sampled_from(self.there.words[name]))

    def _name(self, group: bool) -> str:
        own = self.there.words["groups" if group else "properties"]
        return self.draw(st.sampled_from([*own, "email", "hs_name", *list(self.obj.by_name)[:5]]))

    def query(self) -> None:
        query = self.case.query
        names = list(self.obj.by_name)
        for name in ("properties", "propertiesWithHistory"):
            if isinstance(query.get(name), list) and self._likely():
                query[name] = self.draw(st.lists(st.sampled_from(names), max_size=4))
        if isinstance(query.get("associations"), list) and self._likely():
            query["associations"] = [self.other.plural]
        if "idProperty" in query:
            query["idProperty"] = self.draw(st.sampled_from(["email", "domain", "id", names[0]]))
            if self._likely():
                del query["idProperty"]
        if "If-Match" in self.case.headers and self._likely():
            self.case.headers["If-Match"] = "*"

    def body(self, node: Any, key: str = "", obj: ObjectType | None = None) -> Any:
        obj = obj or self.obj
        if isinstance(node, list):
            return [self.body(each, key, obj) for each in node]
        if not isinstance(node, dict):
            return node
        if key == "properties":
            new = self.case.method.upper() == "POST" and "update" not in self.case.path
            return self.draw(properties(obj, self.there, REQUIRED[obj.plural] if new else {}))
        made: dict[str, Any] = {}
        for name, value in node.items():
            if isinstance(value, dict | list):
                end = self.other if name == "to" else OBJECTS["line_item"] if name == "lines" else obj
                value = self.body(value, name, end)  # noqa: PLW2901
                made[name] = self._listed(name, value, obj)
            else:
                made[name] = self._planted(name, obj) if self._likely() else value
                made[name] = value if made[name] is None else made[name]
        return made

    def _listed(self, name: str, value: Any, obj: ObjectType) -> Any:
        if (
            isinstance(value, list)
            and name in ("properties", "propertiesWithHistory", "sorts")
            and self._likely()
        ):
            most = 1 if name == "sorts" else 4
            return self.draw(st.lists(st.sampled_from(list(obj.by_name)), max_size=most))
        return value

    def _planted(self, name: str, obj: ObjectType) -> Any:
        """Something that exists for a field of this name; None where what was made up is as good."""
        match name:
            case "id" | "primaryObjectId" | "objectIdToMerge" | "objectId":
                return self._id(obj)
            case "contactId":
                return self._id(OBJECTS["contact"])
            case "associationTypeId":
                tie = self.obj.association(self.other.name)
                return (
                    None
                    if tie is None
                    else self.draw(st.sampled_from([tie.type_id, tie.primary_type_id or 1]))
                )
            case "associationCategory":
                return "HUBSPOT_DEFINED"
            case "propertyName":
                to = f"associations.{self.other.plural}"
                return self.draw(st.sampled_from([*obj.by_name, to]))
            case "value" | "highValue":
                return self.draw(st.one_of(_NASTY, _DAYS, _MONEY, st.just(self._id(self.other))))
            case "idProperty":
                return self.draw(st.sampled_from(["email", "domain", "hs_object_id"]))
            case "type" if "/associations/" in self.case.path:
                return f"{self.obj.api_name}_to_{self.other.api_name}"
            case "type" | "fieldType" if "/properties/" in self.case.path:
                return "string" if name == "type" else "text"
            case "name":
                return self._name(group=False)
            case "groupName":
                return self.draw(st.sampled_from(self.there.words["groups"]))
        return None


@st.composite
def properties(draw: st.DrawFn, obj: ObjectType, there: There, needed: dict[str, str]) -> dict[str, Any]:
    """Properties of a record: mostly ones that can be written with values that fit, and what a new one needs."""
    wild = draw(st.integers(0, 2)) == 0
    known = obj.properties if wild else [prop for prop in obj.properties if "api" in prop.writable_by]
    chosen = draw(st.lists(st.sampled_from(known), max_size=4, unique_by=lambda prop: prop.name))
    made: dict[str, Any] = {} if wild else dict(needed)
    for prop in chosen:
        made[prop.name] = draw(_ANYTHING if wild and draw(st.booleans()) else _value(prop, there))
    if wild and draw(st.booleans()):
        made[draw(st.text(max_size=5))] = draw(_ANYTHING)
    return made


def _value(prop: Property, there: There) -> st.SearchStrategy[Any]:
    if prop.options_from == "owners":
        return st.sampled_from(there.words["owner"])
    if prop.options_from == "currencies":
        return st.sampled_from(["EUR", "NOK", "JPY", "eur"])
    if prop.options:
        return st.sampled_from([option.value for option in prop.options])
    kinds = {"money": _MONEY, "number": st.integers(0, 500).map(str), "bool": st.booleans()}
    if prop.is_time:
        return st.one_of(_DAYS, _DAYS.map(lambda day: f"{day}T12:00:00Z"), st.integers(0, 4 * 10**12))
    return kinds.get(prop.type, st.text(max_size=30))
