"""Users, teams, roles, tokens, properties, pipelines, currencies and the log: done on pages, kept in the journal."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.html import escape

from kalends.accounts.permissions import PERMITTED, ROLES
from kalends.accounts.tokens import ask_for_bearer
from kalends.staff.settings.audit import CATEGORY_WORDS
from kalends.staff.settings.places import PLACES
from kalends.staff.settings.role_words import ROLE_ABOUT, ROLE_NAMES
from tests.staff.settings_stage import Company, company  # noqa: F401


def grid(**chosen: str) -> dict[str, str]:
    """What the form of a role sends: nothing for every object but what is chosen."""
    every = {f"{name}:{verb}": "none" for name in PERMITTED for verb in ("view", "edit", "delete")}
    return {**every, **chosen}


@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_sees_the_pages_that_its_abilities_open_and_no_others(company: Company, role: str) -> None:  # noqa: F811
    user, client = company.employ(role)
    for place in PLACES.values():
        allowed = place.needs in ROLES[role].abilities
        answer = client.get(company.at(place.key))
        assert answer.status_code == (200 if allowed else 403), (user.name, place.key)
    assert client.get(f"/{company.ctx.id}/settings").status_code == (403 if role == "reader" else 302)


@pytest.mark.parametrize("role", ["member", "sales", "finance", "reader"])
def test_no_other_role_changes_anything(company: Company, role: str) -> None:  # noqa: F811
    _user, client = company.employ(role)
    for path in (
        "payments", "company", "company/logo", "currencies/add", "letters/receipt/en/send", "users/invite",
        f"users/{company.user.id}/remove", f"users/{company.user.id}/sign-out", f"users/{company.user.id}/role",
        "teams/add", "roles/new", "tokens/new", "apps/new", "properties/contact/new", "pipelines/new",
        "pipelines/default/archive",
    ):  # fmt: skip
        assert client.post(company.at(path), {"name": "x", "label": "x"}).status_code == 403, path


def test_somebody_who_may_only_make_tokens_sees_only_that_in_the_navigation(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("roles/new"), grid(**{"name": "Programmer", "may:tokens": "on"}))
    ((role_id,),) = company.rows("SELECT id FROM role WHERE account_id = %s")
    user, client = company.employ()
    company.client.post(company.at(f"users/{user.id}/role"), {"role": str(role_id)})
    page = company.read("tokens", client)
    assert company.at("tokens") in page
    assert company.at("users") not in page


def test_another_account_is_not_found(company: Company) -> None:  # noqa: F811
    from tests.staff.stage import new_user

    client = Client()
    client.force_login(new_user())
    assert client.get(company.at("company")).status_code == 404
    assert client.post(company.at("company"), company.fields("company")).status_code == 404


def test_a_user_is_invited_given_a_role_and_removed_with_the_records_handed_over(company: Company) -> None:  # noqa: F811
    fields = {"email": "Kari@Nordlys.example", "name": "Kari Nordmann", "role": "sales"}
    assert company.client.post(company.at("users/invite"), fields).status_code == 303
    assert "Kari Nordmann" in company.read("users")
    ((user_id,),) = company.rows("SELECT user_id FROM membership WHERE account_id = %s AND role = 'sales'")
    assert company.client.post(company.at(f"users/{user_id}/role"), {"role": "finance"}).status_code == 303
    assert company.events("member.role_given")[0][1]["changes"] == {"role": ["sales", "finance"]}
    company.db.execute(
        "INSERT INTO company (account_id, id, name, owner_id, created_at, updated_at) "
        "VALUES (%s, nextval('record_id'), 'Brekke', %s, %s, %s)",
        [company.ctx.id, user_id, company.ctx.now, company.ctx.now],
    )
    assert "Who takes over" in company.read(f"users/{user_id}/remove")
    company.client.post(company.at(f"users/{user_id}/remove"), {"heir": str(company.user.id)})
    assert company.rows("SELECT owner_id FROM company WHERE account_id = %s") == [(company.user.id,)]
    assert "Kari Nordmann" not in company.read("users")


def test_who_is_removed_is_out_at_once_in_every_browser(company: Company) -> None:  # noqa: F811
    user, client = company.employ("admin")
    page = f"/{company.ctx.id}/subscriptions"
    assert client.get(page).status_code == 200
    assert company.client.post(company.at(f"users/{user.id}/remove")).status_code == 303
    assert client.get(page).status_code == 404
    assert client.post(company.at("teams/add"), {"name": "North"}).status_code == 404


def test_an_administrator_signs_a_user_out_everywhere(company: Company) -> None:  # noqa: F811
    user, client = company.employ("member")
    page, sign_out = f"/{company.ctx.id}/subscriptions", company.at(f"users/{user.id}/sign-out")
    assert client.get(page).status_code == 200
    assert company.client.get(page).status_code == 200
    assert "sign in again in every browser" in company.client.get(sign_out).content.decode()
    assert client.get(page).status_code == 200
    assert company.client.post(sign_out).status_code == 303
    assert client.get(page)["Location"].startswith("/sign-in?next=")
    assert company.client.get(page).status_code == 200
    assert company.events("member.sessions_ended") == [(f"user:{company.user.id}", {})]
    assert "Signed out everywhere" in company.read("audit")
    assert company.client.post(company.at("users/1/sign-out")).status_code == 404


def test_the_last_administrator_stays_and_the_page_says_why(company: Company) -> None:  # noqa: F811
    answer = company.client.post(company.at(f"users/{company.user.id}/role"), {"role": "reader"})
    assert answer.status_code == 422
    assert "without an administrator" in answer.content.decode()


def test_teams_are_made_filled_renamed_and_deleted_only_when_empty(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("teams/add"), {"name": "North"})
    ((team_id,),) = company.rows("SELECT id FROM team WHERE account_id = %s")
    company.client.post(company.at(f"users/{company.user.id}/teams"), {"main": str(team_id)})
    refused = company.client.post(company.at(f"teams/{team_id}/delete"))
    assert (refused.status_code, "put them into another" in refused.content.decode()) == (422, True)
    again = company.client.post(company.at("teams/add"), {"name": "north"})
    assert (again.status_code, "of this name already" in again.content.decode()) == (422, True)
    company.client.post(company.at(f"teams/{team_id}/rename"), {"name": "Far North"})
    assert company.events("team.renamed")[0][1]["changes"] == {"name": ["North", "Far North"]}
    company.client.post(company.at(f"users/{company.user.id}/teams"), {"main": ""})
    assert company.client.post(company.at(f"teams/{team_id}/delete")).status_code == 303
    assert company.client.post(company.at(f"teams/{team_id}/delete")).status_code == 404


def test_every_role_that_comes_along_has_words_and_can_be_copied(company: Company) -> None:  # noqa: F811
    assert set(ROLE_NAMES) == set(ROLE_ABOUT) == set(ROLES)
    for key in ROLES:
        assert escape(ROLE_ABOUT[key]()) in company.read(f"roles/{key}")
        assert 'value="Copy of' in company.read(f"roles/new?like={key}")


def test_a_role_is_made_changed_and_its_change_can_be_read_in_the_log(company: Company) -> None:  # noqa: F811
    fields = grid(**{"name": "Clerk", "contact:view": "team", "may:share_views": "on"})
    assert company.client.post(company.at("roles/new"), fields).status_code == 303
    ((role_id, grants),) = company.rows("SELECT id, grants FROM role WHERE account_id = %s")
    assert grants["objects"]["contact"] == {"view": "team", "edit": "none", "delete": "none"}
    assert grants["abilities"] == ["share_views"]
    company.client.post(company.at(f"roles/{role_id}"), {**fields, "contact:view": "all"})
    log = company.read("audit?category=permissions")
    assert "Contacts: View" in log
    assert re.search(r"</span>Team.{1,8}s</del>.*?</span>All</ins>", log, re.S)
    assert company.client.post(company.at(f"roles/{role_id}/delete")).status_code == 303


def test_nobody_makes_a_role_that_may_more_than_they_may(company: Company) -> None:  # noqa: F811
    company.client.post(company.at("roles/new"), grid(**{"name": "Staff", "may:users": "on"}))
    ((role_id,),) = company.rows("SELECT id FROM role WHERE account_id = %s")
    user, client = company.employ()
    company.client.post(company.at(f"users/{user.id}/role"), {"role": str(role_id)})
    answer = client.post(company.at("roles/new"), grid(**{"name": "Boss", "contact:view": "all"}))
    assert (answer.status_code, "may do more than you may" in answer.content.decode()) == (422, True)
    assert client.post(company.at(f"users/{user.id}/role"), {"role": "admin"}).status_code == 422
    assert client.post(company.at(f"users/{company.user.id}/sign-out")).status_code == 422
    assert company.client.get(company.at("users")).status_code == 200


def test_a_token_is_shown_once_kept_nowhere_and_opens_until_it_is_revoked(company: Company) -> None:  # noqa: F811
    fields = {"name": "Bookkeeping", "objects:invoice": "read", "request_key": "token-form-1"}
    made = company.client.post(company.at("tokens/new"), fields)
    found = re.search(r"kal_\d+_[A-Za-z0-9_-]{43}", made.content.decode())
    assert found is not None
    assert made["Cache-Control"] == "no-store"
    bearer = ask_for_bearer(company.db, company.ctx.id, found[0])()
    assert bearer is not None
    assert bearer.scopes == ("crm.objects.invoices.read",)
    assert found[0] not in company.read("tokens")
    assert "read invoices" in company.read("tokens")
    for table in ("event", "request"):
        assert (
            company.rows(
                f"SELECT 1 FROM {table} AS t WHERE account_id = %s AND t::text LIKE %s", f"%{found[0]}%"
            )
            == []
        )
    again = company.client.post(company.at("tokens/new"), fields)
    assert again.status_code == 303
    assert company.client.post(company.at(f"tokens/{bearer.id}/revoke")).status_code == 303
    assert ask_for_bearer(company.db, company.ctx.id, found[0])() is None


def test_a_token_that_opens_nothing_is_refused(company: Company) -> None:  # noqa: F811
    answer = company.client.post(company.at("tokens/new"), {"name": "Idle"})
    assert (answer.status_code, "at least one thing" in answer.content.decode()) == (422, True)


def test_a_property_is_made_edited_archived_and_restored(company: Company) -> None:  # noqa: F811
    fields = {
        "label": "Størrelse på flåten",
        "type": "enumeration",
        "options": "Liten\nStor",
        "description": "",
    }
    answer = company.client.post(company.at("properties/company/new"), fields)
    assert answer.status_code == 303, answer.content.decode()
    ((name, options),) = company.rows("SELECT name, options FROM property_definition WHERE account_id = %s")
    assert (name, [each["value"] for each in options]) == ("storrelse_pa_flaten", ["liten", "stor"])
    edit = company.at(f"properties/company/{name}/edit")
    company.client.post(edit, {"label": "Flåte", "options": "Stor\nMiddels"})
    changes = company.events("property.updated")[0][1]["changes"]
    assert changes["label"] == ["Størrelse på flåten", "Flåte"]
    assert [each["value"] for each in changes["options"][1]] == ["stor", "middels"]
    company.client.post(company.at(f"properties/company/{name}/archive"))
    assert "Archived" in company.read("properties/company")
    assert company.client.get(edit).status_code == 404
    company.client.post(company.at(f"properties/company/{name}/restore"))
    assert company.client.get(edit).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"label": "", "type": "string"}, "label"),
        ({"label": "X", "type": "string", "name": "hs_x"}, "name"),
        ({"label": "X", "type": "enumeration", "options": ""}, "options"),
        ({"label": "X", "type": "enumeration", "options": "A\na"}, "options"),
        ({"label": "X", "type": "picture"}, "type"),
    ],
)
def test_a_property_that_cannot_be_is_told_at_its_field(
    company: Company,  # noqa: F811
    fields: dict[str, str],
    field: str,
) -> None:
    answer = company.client.post(company.at("properties/contact/new"), fields)
    assert (answer.status_code, f'id="id_{field}_error"' in answer.content.decode()) == (422, True)


def test_stages_are_added_changed_with_before_and_after_and_archived(company: Company) -> None:  # noqa: F811
    fields = {"label": "Negotiating", "probability": "70", "place": "3"}
    assert company.client.post(company.at("pipelines/default/stages/new"), fields).status_code == 303
    query = "SELECT name FROM pipeline_stage WHERE account_id = %s AND label = 'Negotiating'"
    ((stage,),) = company.rows(query)
    stage_at = company.at(f"pipelines/default/stages/{stage}")
    company.client.post(f"{stage_at}/edit", {**fields, "probability": "75"})
    changes = company.events("pipeline.updated")[-1][1]["changes"]
    assert [Decimal(each) for each in changes["probability"]] == [Decimal("0.7"), Decimal("0.75")]
    assert company.client.post(f"{stage_at}/archive").status_code == 303
    assert ">Negotiating" not in company.read("pipelines")
    refused = company.client.post(company.at("pipelines/default/archive"))
    assert refused.status_code == 422


def test_a_pipeline_is_made_with_stages_to_begin_with(company: Company) -> None:  # noqa: F811
    assert company.client.post(company.at("pipelines/new"), {"label": "Renewals"}).status_code == 303
    assert "Offer sent" in company.read("pipelines")


def test_a_currency_is_added_valued_and_removed_but_not_the_own_one(company: Company) -> None:  # noqa: F811
    assert company.client.post(company.at("currencies/add"), {"code": "EUR"}).status_code == 303
    rate = {"rate": "11.25", "since": "2026-06-01"}
    assert company.client.post(company.at("currencies/EUR/rate"), rate).status_code == 303
    assert "11.25" in company.read("currencies")
    assert company.client.post(company.at("currencies/EUR/rate"), {**rate, "rate": "0"}).status_code == 422
    assert company.client.post(company.at("currencies/EUR/remove")).status_code == 303
    assert company.client.post(company.at("currencies/NOK/remove")).status_code == 422
    assert company.client.get(company.at("currencies/NOK/rate")).status_code == 404


def test_the_log_is_narrowed_and_paged(company: Company) -> None:  # noqa: F811
    for number in range(52):
        company.client.post(company.at("teams/add"), {"name": f"Team {number}"})
    company.client.post(company.at("payments"), {**company.fields("payments"), "retry_days": "2"})
    first = company.read("audit")
    assert "Try again on these days" in first
    assert "Team: Team 51" in first
    assert "Team: Team 0<" not in first
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older is not None
    assert "Team: Team 0<" in company.client.get(older[1].replace("&amp;", "&")).content.decode()
    assert "Team: Team 51" not in company.read("audit?category=settings")
    for odd in (
        "user=9&since=2027-01-01",
        "category=odd",
        "user=99999999999999999999",
        "since=2026-02-31&before=x,y,z",
    ):
        assert company.client.get(company.at(f"audit?{odd}")).status_code == 200


def test_every_category_of_the_log_has_words() -> None:
    from kalends.accounts.audit import CATEGORIES

    assert set(CATEGORY_WORDS) == set(CATEGORIES)
