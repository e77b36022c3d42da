"""A person who is erased for good."""

from __future__ import annotations

from collections.abc import Iterator

from kalends.api.call import Answer, Call
from kalends.api.errors import invalid
from kalends.api.fields import require, wrong
from kalends.api.routes import of_object, route
from kalends.api.wire import record_id
from kalends.catalog.model import ObjectType
from kalends.catalog.values import is_storable
from kalends.crm import unique
from kalends.crm.erasure import CannotErase, UnknownPerson, erase_contact


@route("objects", "/{type}/gdpr-delete", "POST", of_object("write"))
def erase_record(call: Call) -> Answer:
    """Erase a contact with everything personal; one that is not there, or not any more, is no error."""
    obj, body = call.object(), call.json()
    if obj.name != "contact":
        raise invalid(f"Only contacts are people who can be erased; {obj.plural} are archived with DELETE.")
    require(body, ["objectId"])
    for number in _meant(call, obj, body["objectId"], body.get("idProperty")):
        try:
            erase_contact(call.db, call.ctx, number, actor=call.who.actor)
        except UnknownPerson:
            continue
        except CannotErase as refusal:
            raise invalid(
                str(refusal),
                errors=[{"message": each, "code": "CANNOT_ERASE"} for each in refusal.obstacles],
                context={"id": [str(number)]},
            ) from refusal
    return Answer(204)


def _meant(call: Call, obj: ObjectType, given: object, name: object) -> Iterator[int]:
    """The contacts of a number, or of the value of a property that identifies one: living and archived ones.

    The next one is looked for when the one before is gone.
    """
    if name in (None, ""):
        number = record_id(given)
        if number is None:
            raise wrong(
                "objectId", "objectId is to be the number of a contact, or say what it is in idProperty"
            )
        yield number
        return
    if not isinstance(name, str) or not isinstance(given, str) or not is_storable(given):
        raise wrong("idProperty", "idProperty is to be the name of a property, and objectId its value")
    try:
        for archived in (False, True):
            while found := unique.find(call.db, call.ctx, obj, name, [given], archived=archived):
                yield found[given]
                if name == "hs_object_id":
                    break
    except unique.NotIdentifying as problem:
        raise invalid(str(problem)) from problem
