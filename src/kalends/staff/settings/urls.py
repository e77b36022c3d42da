"""The addresses of the settings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_safe

from kalends.staff.settings import (
    apps,
    audit,
    codes,
    company,
    consents,
    exports,
    letters,
    money,
    pipelines,
    processor,
    properties,
    roles,
    security,
    taxes,
    teams,
    tokens,
    users,
    webhooks,
)
from kalends.staff.settings.declared import settings_page
from kalends.staff.settings.places import first
from kalends.staff.visit import Visit, account_page

_BASE = "<int:account_id>/settings"
_USER, _ROLE, _TEAM = (
    f"{_BASE}/users/<int:user_id>",
    f"{_BASE}/roles/<int:role_id>",
    f"{_BASE}/teams/<int:team_id>",
)
_PROPERTY = f"{_BASE}/properties/<str:name>/<str:property_>"
_TAX, _APP = f"{_BASE}/taxes/<int:rate_id>", f"{_BASE}/apps/<int:app_id>"
_PIPELINE = f"{_BASE}/pipelines/<str:name>"


@require_safe
@account_page
def start(request: HttpRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001
    """The first page that this user may see."""
    return HttpResponseRedirect(first(visit))


urlpatterns = [
    path(_BASE, start, name="settings"),
    path(f"{_BASE}/company", settings_page("company", "company", company.branding), name="settings-company"),
    path(f"{_BASE}/company/logo", company.logo, name="settings-logo"),
    path(f"{_BASE}/company/logo/remove", company.remove.view, name="settings-logo-remove"),
    path(f"{_BASE}/company/logo/<str:name>.png", company.picture, name="settings-logo-picture"),
    path(f"{_BASE}/currencies", money.page, name="settings-currencies"),
    path(f"{_BASE}/currencies/add", money.add.view, name="settings-currency-add"),
    path(f"{_BASE}/currencies/<str:code>/rate", money.rate.view, name="settings-currency-rate"),
    path(f"{_BASE}/currencies/<str:code>/remove", money.remove.view, name="settings-currency-remove"),
    path(f"{_BASE}/subscriptions", settings_page("subscriptions"), name="settings-subscriptions"),
    path(f"{_BASE}/payments", settings_page("payments"), name="settings-payments"),
    path(f"{_BASE}/processor", processor.page, name="settings-processor"),
    path(f"{_BASE}/processor/connect", processor.connecting, name="settings-processor-connect"),
    path(f"{_BASE}/processor/test", processor.testing, name="settings-processor-test"),
    path(f"{_BASE}/processor/disconnect", processor.disconnecting, name="settings-processor-disconnect"),
    path(f"{_BASE}/invoices", settings_page("invoices"), name="settings-invoices"),
    path(f"{_BASE}/links", settings_page("links"), name="settings-links"),
    path(f"{_BASE}/quotes", settings_page("quotes"), name="settings-quotes"),
    path(f"{_BASE}/codes", codes.page, name="settings-codes"),
    path(f"{_BASE}/codes/add", codes.add.view, name="settings-code-add"),
    path(f"{_BASE}/codes/<int:code_id>/deactivate", codes.stop.view, name="settings-code-stop"),
    path(f"{_BASE}/codes/<int:code_id>/activate", codes.start.view, name="settings-code-start"),
    path(f"{_BASE}/taxes", taxes.page, name="settings-taxes"),
    path(f"{_BASE}/taxes/add", taxes.add.view, name="settings-tax-add"),
    path(f"{_TAX}/edit", taxes.edit.view, name="settings-tax-edit"),
    path(f"{_TAX}/archive", taxes.archive.view, name="settings-tax-archive"),
    path(f"{_TAX}/restore", taxes.restore.view, name="settings-tax-restore"),
    path(f"{_BASE}/letters", settings_page("letters", "letters", letters.lists), name="settings-letters"),
    path(f"{_BASE}/letters/<str:kind>", letters.letter, name="settings-letter"),
    path(f"{_BASE}/letters/<str:kind>/<str:language>", letters.body, name="settings-letter-body"),
    path(f"{_BASE}/letters/<str:kind>/<str:language>/send", letters.send, name="settings-letter-send"),
    path(
        f"{_BASE}/letters/<str:kind>/<str:language>/standard",
        letters.standard.view,
        name="settings-letter-standard",
    ),
    path(f"{_BASE}/users", users.page, name="settings-users"),
    path(f"{_BASE}/users/invite", users.invite.view, name="settings-user-invite"),
    path(f"{_USER}/role", users.role.view, name="settings-user-role"),
    path(f"{_USER}/teams", users.in_teams.view, name="settings-user-teams"),
    path(f"{_USER}/sign-out", users.sign_out.view, name="settings-user-sign-out"),
    path(f"{_USER}/remove", users.remove.view, name="settings-user-remove"),
    path(f"{_BASE}/teams", teams.page, name="settings-teams"),
    path(f"{_BASE}/teams/add", teams.add.view, name="settings-team-add"),
    path(f"{_TEAM}/rename", teams.rename.view, name="settings-team-rename"),
    path(f"{_TEAM}/delete", teams.delete.view, name="settings-team-delete"),
    path(f"{_BASE}/roles", roles.page, name="settings-roles"),
    path(f"{_BASE}/roles/new", roles.make, name="settings-role-add"),
    path(_ROLE, roles.change, name="settings-role"),
    path(f"{_ROLE}/delete", roles.delete.view, name="settings-role-delete"),
    path(f"{_BASE}/roles/<str:key>", roles.built_in, name="settings-role-built-in"),
    path(
        f"{_BASE}/security",
        settings_page("security", "letters", security.who_has_one, security.have_one_yourself),
        name="settings-security",
    ),
    path(f"{_BASE}/audit", audit.page, name="settings-audit"),
    path(f"{_BASE}/properties", properties.first, name="settings-properties"),
    path(f"{_BASE}/properties/<str:name>", properties.page, name="settings-properties-of"),
    path(f"{_BASE}/properties/<str:name>/new", properties.add.view, name="settings-property-add"),
    path(f"{_PROPERTY}/edit", properties.edit.view, name="settings-property-edit"),
    path(f"{_PROPERTY}/archive", properties.archive.view, name="settings-property-archive"),
    path(f"{_PROPERTY}/restore", properties.restore.view, name="settings-property-restore"),
    path(f"{_BASE}/pipelines", pipelines.page, name="settings-pipelines"),
    path(f"{_BASE}/pipelines/new", pipelines.add.view, name="settings-pipeline-add"),
    path(f"{_PIPELINE}/rename", pipelines.rename.view, name="settings-pipeline-rename"),
    path(f"{_PIPELINE}/archive", pipelines.archive.view, name="settings-pipeline-archive"),
    path(f"{_PIPELINE}/stages/new", pipelines.stage_add.view, name="settings-stage-add"),
    path(f"{_PIPELINE}/stages/<str:stage>/edit", pipelines.stage_edit.view, name="settings-stage-edit"),
    path(
        f"{_PIPELINE}/stages/<str:stage>/archive", pipelines.stage_archive.view, name="settings-stage-archive"
    ),
    path(f"{_BASE}/exports", exports.page, name="settings-exports"),
    path(f"{_BASE}/exports/account", exports.whole_account.view, name="settings-exports-account"),
    path(f"{_BASE}/exports/alert", exports.alert.view, name="settings-exports-alert"),
    path(f"{_BASE}/exports/<int:export_id>/cancel", exports.cancel.view, name="export-cancel"),
    path(f"{_BASE}/tokens", tokens.page, name="settings-tokens"),
    path(f"{_BASE}/tokens/new", tokens.make, name="settings-token-add"),
    path(f"{_BASE}/tokens/<int:token_id>/revoke", tokens.revoke.view, name="settings-token-revoke"),
    path(f"{_BASE}/apps", apps.page, name="settings-apps"),
    path(f"{_BASE}/apps/new", apps.make, name="settings-app-add"),
    path(f"{_BASE}/apps/again", webhooks.again.view, name="settings-batches-again"),
    path(f"{_BASE}/apps/again/<int:batch_id>", webhooks.again.view, name="settings-batch-again"),
    path(
        f"{_BASE}/apps/consents/<int:consent_id>/revoke", consents.revoke.view, name="settings-consent-revoke"
    ),
    path(f"{_APP}/rotate", apps.rotate, name="settings-app-rotate"),
    path(f"{_APP}/revoke", apps.revoke.view, name="settings-app-revoke"),
    path(_APP, webhooks.page, name="settings-webhooks"),
    path(f"{_APP}/address", webhooks.target.view, name="settings-webhook-target"),
    path(f"{_APP}/stop", webhooks.stop.view, name="settings-webhook-stop"),
    path(f"{_APP}/changes/add", webhooks.add.view, name="settings-webhook-add"),
    path(f"{_APP}/changes/<int:wanted_id>/switch", webhooks.flip.view, name="settings-webhook-switch"),
    path(f"{_APP}/changes/<int:wanted_id>/delete", webhooks.delete.view, name="settings-webhook-delete"),
    path(f"{_BASE}/limits", settings_page("limits"), name="settings-limits"),
]
