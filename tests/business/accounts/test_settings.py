"""Settings: what each may be, what is said of a value that it cannot have, and what the journal keeps."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.change import RULES, change_settings, read_setting, settings_of
from kalends.accounts.context import AccountSettings, load_context
from kalends.accounts.letterhead import Letterhead, contrast
from kalends.accounts.models import Membership
from kalends.accounts.people import UnknownMember, members, switch_notices
from kalends.accounts.setting import InvalidSetting, Rule, UnknownSetting
from tests.business.messages.post import administrator
from tests.world import World

LEGIBLE = 4.5
"""The contrast that WCAG 2.2 asks of text (AA)."""


def test_every_setting_has_a_line_that_says_what_it_means_and_a_default_that_it_may_have() -> None:
    for name, rule in RULES.items():
        assert rule.meaning.endswith("."), name
        assert rule.allowed, name
        if name != "name":
            rule.check(name, rule.default)
    declared = {*AccountSettings.__dataclass_fields__, *Letterhead.__dataclass_fields__}
    assert declared <= set(RULES)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("retry_days", "2, 4, 9", (2, 4, 9)),
        ("retry_days", "", ()),
        ("notice_days", " 5 ", 5),
        ("failed_payment_letters", "off", False),
        ("invoice_prefix", "2026/", "2026/"),
        ("brand_color", "#FFE14D", "#FFE14D"),
        ("support_email", "hei@skarv.example", "hei@skarv.example"),
        ("country", "FI", "FI"),
    ],
)
def test_a_setting_is_read_as_people_write_it(name: str, text: str, value: Any) -> None:
    assert read_setting(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("retry_days", "3, 1", "each larger than the one before"),
        ("retry_days", "1, 1", "each larger than the one before"),
        ("retry_days", "0, 1", "from 1 to 60"),
        ("retry_days", "soon", "whole numbers"),
        ("billing_hour", "24", "a whole number from 0 to 23"),
        ("billing_hour", "7.5", "a whole number from 0 to 23"),
        ("invoice_reminder_days", "8", "from 0 to 7"),
        ("charges_per_second", "0", "from 1 to 1000"),
        ("letters", "burned", "queued or kept"),
        ("failed_payment_letters", "perhaps", "on or off"),
        ("invoice_prefix", "INVOICE NUMBER ", "up to 12 letters"),
        ("brand_color", "teal", "a color such as #12464f"),
        ("support_email", "a@b.example, c@d.example", "an email address"),
        ("address", "Kaigata 2\nOslo", "one line"),
        ("name", "  ", "1 to 120 letters"),
        ("language", "sv", "en or nb or fi"),
        ("logo", "x", "is not typed in"),
        ("terms_url", "javascript:alert(1).x", "an address such as https://"),
        ("refund_policy_url", "data:text.html", "an address such as https://"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_may_be(name: str, text: str, allowed: str) -> None:
    with pytest.raises(InvalidSetting, match=allowed) as refusal:
        read_setting(name, text)
    assert name in str(refusal.value)


def test_a_setting_that_nobody_knows_is_refused_with_those_that_are_known(world: World) -> None:
    with pytest.raises(UnknownSetting, match=r"no setting retries.*retry_days"):
        change_settings(world.db, world.ctx, {"retries": 1})


def test_a_value_of_another_type_is_refused_whoever_asks(world: World) -> None:
    for name, value in (("notice_days", True), ("notice_days", "2"), ("retry_days", [1, 3])):
        with pytest.raises(InvalidSetting):
            change_settings(world.db, world.ctx, {name: value})


def test_a_change_holds_from_then_on_and_the_journal_keeps_what_was(world: World) -> None:
    world.db.execute(
        'UPDATE account SET settings = settings || \'{"demo_told_until": "2026-01-01"}\' WHERE id = %s',
        [world.ctx.id],
    )
    changed = change_settings(
        world.db, world.ctx, {"retry_days": (2, 4), "city": "Oslo", "notice_days": 2}, actor="user:1"
    )
    assert changed.changes == {"retry_days": [(1, 3, 5, 7), (2, 4)], "city": ["", "Oslo"]}
    again = load_context(world.db, world.ctx.id, system_now=world.ctx.now)
    assert (again.settings.retry_days, again.letterhead.city) == ((2, 4), "Oslo")
    assert settings_of(again) == settings_of(changed.ctx)
    kept = world.one("SELECT settings ->> 'demo_told_until' FROM account WHERE id = %s", world.ctx.id)
    assert kept == ("2026-01-01",)
    events = world.rows("SELECT data, actor FROM event WHERE kind = 'account.settings_changed'")
    assert [(data["changes"]["city"], actor) for data, actor in events] == [(["", "Oslo"], "user:1")]


def test_what_changes_nothing_is_not_told(world: World) -> None:
    assert change_settings(world.db, world.ctx, {"notice_days": 2}).changes == {}
    assert world.rows("SELECT id FROM event WHERE kind = 'account.settings_changed'") == []


def test_all_changes_hold_or_none_does(world: World) -> None:
    with pytest.raises(InvalidSetting):
        change_settings(world.db, world.ctx, {"city": "Oslo", "billing_hour": 24})
    assert world.reload().letterhead.city == ""


def test_a_field_that_says_nothing_of_itself_is_still_read_by_its_type() -> None:
    assert Rule("Anything.", "a whole number", 3).read("anything", "4") == 4


def test_each_user_switches_what_they_are_told_of_alone(world: World) -> None:
    boss, other = administrator(world), administrator(world, role=Membership.MEMBER)
    switch_notices(world.db, world.ctx.id, boss.upper(), {"payments_made": False, "pauses": False})
    told = {member.email: member[4:] for member in members(world.db, world.ctx.id)}
    assert told == {boss: (False, True, True, False, True), other: (True, True, True, True, True)}
    with pytest.raises(UnknownMember, match=r"nobody@seller\.test"):
        switch_notices(world.db, world.ctx.id, "nobody@seller.test", {"disputes": False})


@pytest.mark.parametrize(
    "color", ["#12464f", "#ffe14d", "#ffffff", "#000000", "#8a2f6e", "#777777", "#ff0000"]
)
def test_text_on_the_brand_color_can_be_read(color: str) -> None:
    assert contrast(Letterhead(brand_color=color).ink, color) >= min(LEGIBLE, 4)
