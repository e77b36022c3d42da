"""The addresses of the pages of workflows."""

from __future__ import annotations

from django.urls import path

from kalends.staff.workflows import by_hand, deeds, pages, records, rules, steps, webhooks

_ALL = "<int:account_id>/workflows"
_ONE = f"{_ALL}/<int:workflow_id>"

urlpatterns = [
    path(_ALL, pages.index, name="workflows"),
    path(f"{_ALL}/new", deeds.create.view, name="workflow-create"),
    path(_ONE, pages.steps, name="workflow"),
    path(f"{_ONE}/settings", pages.settings, name="workflow-settings"),
    path(f"{_ONE}/settings/edit", rules.rule, name="workflow-rule"),
    path(f"{_ONE}/log", records.log, name="workflow-log"),
    path(f"{_ONE}/enrollment", records.enrollment, name="workflow-enrollment"),
    path(f"{_ONE}/enrollment/new", by_hand.enroll, name="workflow-enroll"),
    path(f"{_ONE}/enrollment/<int:record_id>/remove", by_hand.take_out.view, name="workflow-unenroll"),
    path(f"{_ONE}/webhooks", webhooks.page, name="workflow-webhooks"),
    path(f"{_ONE}/versions", pages.history, name="workflow-versions"),
    path(f"{_ONE}/versions/<int:number>", pages.version, name="workflow-version"),
    path(f"{_ONE}/versions/<int:number>/restore", deeds.restore.view, name="workflow-restore"),
    path(f"{_ONE}/test", by_hand.test, name="workflow-test"),
    path(f"{_ONE}/steps/new", steps.choose, name="workflow-step-new"),
    path(f"{_ONE}/steps/add", steps.add, name="workflow-step-add"),
    path(f"{_ONE}/steps/edit", steps.edit, name="workflow-step"),
    path(f"{_ONE}/steps/move", steps.move_to, name="workflow-step-move"),
    path(f"{_ONE}/steps/remove", steps.take_out, name="workflow-step-remove"),
    path(f"{_ONE}/steps/lead", steps.lead_to, name="workflow-lead"),
    path(f"{_ONE}/steps/end", steps.unlead, name="workflow-unlead"),
    path(f"{_ONE}/ways/edit", steps.way, name="workflow-way"),
    path(f"{_ONE}/ways/remove", steps.way_remove, name="workflow-way-remove"),
    path(f"{_ONE}/triggers/new", rules.choose, name="workflow-trigger-new"),
    path(f"{_ONE}/triggers/add", rules.add, name="workflow-trigger-add"),
    path(f"{_ONE}/triggers/edit", rules.edit, name="workflow-trigger"),
    path(f"{_ONE}/triggers/remove", rules.take_out, name="workflow-trigger-remove"),
    path(f"{_ONE}/rename", deeds.rename.view, name="workflow-rename"),
    path(f"{_ONE}/clone", deeds.clone.view, name="workflow-clone"),
    path(f"{_ONE}/publish", deeds.publish.view, name="workflow-publish"),
    path(f"{_ONE}/discard", deeds.discard.view, name="workflow-discard"),
    path(f"{_ONE}/on", deeds.switch_on.view, name="workflow-on"),
    path(f"{_ONE}/off", deeds.switch_off.view, name="workflow-off"),
    path(f"{_ONE}/delete", deeds.delete.view, name="workflow-delete"),
]
