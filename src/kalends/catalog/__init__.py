"""The catalogue: what every object's properties are, declared once.

API, pages, filters, exports and imports read it. A new property is one entry in ``catalog/objects/``; a new object
is one module there and its name in :mod:`kalends.catalog.registry`.
"""

from kalends.catalog.declare import custom_property
from kalends.catalog.model import Association, Group, ObjectType, Option, Property, Sort, Text
from kalends.catalog.registry import OBJECTS, UnknownName, get_object, get_property
from kalends.catalog.render import api_type, to_api
from kalends.catalog.values import Value, WrongValue, read_value

__all__ = [
    "OBJECTS",
    "Association",
    "Group",
    "ObjectType",
    "Option",
    "Property",
    "Sort",
    "Text",
    "UnknownName",
    "Value",
    "WrongValue",
    "api_type",
    "custom_property",
    "get_object",
    "get_property",
    "read_value",
    "to_api",
]
