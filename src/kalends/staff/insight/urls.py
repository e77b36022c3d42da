"""The addresses of analytics."""

from __future__ import annotations

from django.urls import path

from kalends.staff.insight import custom, dashboards, keeping, mails, overview, pages

_ONE = "<int:account_id>/analytics/<slug:name>"
_SAVED = "<int:account_id>/analytics/saved/<int:report_id>"
_BOARDS = "<int:account_id>/analytics/dashboards"

urlpatterns = [
    path("<int:account_id>/analytics", overview.overview, name="analytics"),
    path("<int:account_id>/analytics/custom", custom.custom, name="custom-report"),
    path("<int:account_id>/analytics/custom/file/<slug:kind>", custom.custom_file, name="custom-file"),
    path("<int:account_id>/analytics/custom/save", keeping.keep_custom, name="custom-save"),
    path("<int:account_id>/analytics/saved", keeping.index, name="saved-reports"),
    path(_SAVED, keeping.one, name="saved-report"),
    path(f"{_SAVED}/overwrite", keeping.overwrite, name="saved-report-overwrite"),
    path(f"{_SAVED}/change", keeping.change, name="saved-report-change"),
    path(f"{_SAVED}/delete", keeping.delete, name="saved-report-delete"),
    path(_BOARDS, dashboards.index, name="dashboards"),
    path(f"{_BOARDS}/new", dashboards.create, name="dashboard-create"),
    path(f"{_BOARDS}/<int:dashboard_id>", dashboards.one, name="dashboard"),
    path(f"{_BOARDS}/<int:dashboard_id>/add", dashboards.add, name="dashboard-add"),
    path(f"{_BOARDS}/<int:dashboard_id>/arrange", dashboards.arrange, name="dashboard-arrange"),
    path(f"{_BOARDS}/<int:dashboard_id>/change", dashboards.change, name="dashboard-change"),
    path(f"{_BOARDS}/<int:dashboard_id>/delete", dashboards.delete, name="dashboard-delete"),
    path(f"{_BOARDS}/<int:dashboard_id>/emails", mails.index, name="dashboard-mails"),
    path(f"{_BOARDS}/<int:dashboard_id>/emails/new", mails.create, name="dashboard-mail-create"),
    path(f"{_BOARDS}/<int:dashboard_id>/emails/<int:mail_id>/<slug:verb>", mails.act, name="dashboard-mail"),
    path(f"{_ONE}/save", keeping.keep_ready, name="report-save"),
    path(_ONE, pages.report, name="report"),
    path(f"{_ONE}/file/<slug:kind>", pages.report_file, name="report-file"),
    path(f"{_ONE}/records", pages.report_records, name="report-records"),
]
