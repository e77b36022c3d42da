"""What actions share: the workflow in hand, the values of records, the people who are meant, the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_property
from kalends.crm.association_reads import linked
from kalends.crm.record_reads import read
from kalends.exports.make import PEOPLE
from kalends.messages.letters.formats import Formats, language_of, locale_of
from kalends.query import NAME, currency_column
from kalends.workflows.definition import People
from kalends.workflows.flows import Db, Flow, Flows
from kalends.workflows.places import Place
from kalends.workflows.texts import LINK, filled, in_words, named_in
from kalends.workflows.texts import NAME as NAME_PLACE

OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Block:
    """Records at the same workflow and version, and the moment at which they are looked after."""

    db: Db
    ctx: AccountContext
    flows: Flows
    flow: Flow

    def values(self, places: Sequence[Place], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Properties of the records, by record."""
        return read(self.db, self.ctx, self.flow.object, [place.record_id for place in places], list(names))

    def tied(self, places: Sequence[Place], to: str, *, most: int = 1) -> dict[int, list[int]]:
        """The records of an object that these are tied to, the first ones, by record."""
        obj = self.flow.object
        if to == obj.name:
            return {place.record_id: [place.record_id] for place in places}
        ids = [place.record_id for place in places]
        found = linked(self.db, self.ctx, obj.name, ids, to, limit=most)
        return {id_: [each.id for each in ties[:most]] for id_, ties in found.items()}

    def owners(self, places: Sequence[Place]) -> dict[int, int]:
        """Who owns the records, by record; those of nobody are left out."""
        if OWNER not in self.flow.object.by_name:
            return {}
        rows = self.values(places, [OWNER])
        return {id_: int(row[OWNER]) for id_, row in rows.items() if row[OWNER]}

    def people(self, places: Sequence[Place], to: People) -> dict[int, list[int]]:
        """Which users are meant, by record: those who are active members of the account."""
        rows = self.db.execute(
            "SELECT m.user_id, m.team_id, m.extra_team_ids FROM membership AS m JOIN app_user AS u "
            "ON u.id = m.user_id AND u.is_active WHERE m.account_id = %s ORDER BY m.user_id",
            [self.ctx.id],
        ).fetchall()
        there = {user for user, _, _ in rows}
        teams = set(to.teams)
        fixed = [user for user in to.users if user in there]
        fixed += [user for user, team, extra in rows if teams & {team, *extra}]
        owners = self.owners(places) if to.owner else {}
        found: dict[int, list[int]] = {}
        for place in places:
            owner = owners.get(place.record_id)
            mine = [*fixed, owner] if owner in there and owner is not None else fixed
            found[place.record_id] = list(dict.fromkeys(mine))
        return found

    def texts(self, places: Sequence[Place], *templates: str, language: str = "") -> dict[int, list[str]]:
        """Texts with their placeholders filled, by record."""
        spoken = language_of(language or self.ctx.language)
        formats = Formats(locale_of(spoken, self.ctx.country))
        by_record = self._placeholders(places, templates, formats, spoken)
        return {
            place.record_id: [filled(each, by_record[place.record_id]) for each in templates]
            for place in places
        }

    def _placeholders(
        self, places: Sequence[Place], templates: Sequence[str], formats: Formats, language: str
    ) -> dict[int, dict[str, str]]:
        obj = self.flow.object
        named = {each for template in templates for each in named_in(template)}
        found = {place.record_id: {LINK: page_of(self.ctx.id, obj, place.record_id)} for place in places}
        own = [each.property for each in named if not each.object]
        for id_, row in self.values(places, [NAME, *own]).items():
            found[id_][NAME_PLACE] = row[NAME] or str(id_)
            found[id_] |= self._shown(obj, own, row, "", formats, language)
        for to in {each.object for each in named if each.object}:
            names = [each.property for each in named if each.object == to]
            target = self.flows.object(to)
            ties = self.tied(places, to)
            rows = read(self.db, self.ctx, target, [ids[0] for ids in ties.values() if ids], names)
            for id_, ids in ties.items():
                if ids and ids[0] in rows:
                    found[id_] |= self._shown(target, names, rows[ids[0]], f"{to}.", formats, language)
        return found

    def _shown(
        self,
        obj: ObjectType,
        names: Sequence[str],
        row: Mapping[str, Any],
        before: str,
        formats: Formats,
        language: str,
    ) -> dict[str, str]:
        shown: dict[str, str] = {}
        for name in names:
            currency, prop = row.get(currency_column(name)), get_property(obj, name)
            known = (
                self.flows.people().get(prop.options_from or "", {}) if prop.options_from in PEOPLE else {}
            )
            words = in_words(prop, row[name], currency, formats, self.ctx.time_zone, language, known)
            shown[f"{before}{name}"] = words
        return shown


def page_of(account_id: int, obj: ObjectType, record_id: int) -> str:
    """The address of a record's page for staff."""
    return f"{settings.PUBLIC_URL}/{account_id}/{obj.plural}/{record_id}"
