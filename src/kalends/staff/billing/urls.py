"""The addresses of the billing page and of a sandbox's clock."""

from __future__ import annotations

from django.urls import path

from kalends.staff.action import by_method
from kalends.staff.billing import clock, page, rehearsal, steps

urlpatterns = [
    path("<int:account_id>/billing", page.billing, name="billing"),
    path("<int:account_id>/billing/run", page.progress, name="billing-run"),
    path(
        "<int:account_id>/billing/hold", by_method(get=steps.hold_form, post=steps.hold), name="billing-hold"
    ),
    path(
        "<int:account_id>/billing/go-on",
        by_method(get=steps.go_on_form, post=steps.go_on),
        name="billing-go-on",
    ),
    path(
        "<int:account_id>/billing/parked/<int:parked_id>",
        by_method(get=steps.unpark_form, post=steps.unpark),
        name="billing-unpark",
    ),
    path("<int:account_id>/billing/rehearsal", rehearsal.page, name="billing-rehearsal"),
    path("<int:account_id>/billing/rehearse", rehearsal.begin, name="billing-rehearse"),
    path(
        "<int:account_id>/billing/rehearsal/<int:work_id>",
        rehearsal.standing,
        name="billing-rehearsal-standing",
    ),
    path("<int:account_id>/clock", by_method(get=clock.form, post=clock.move), name="clock"),
    path("<int:account_id>/clock/<int:work_id>", clock.standing, name="clock-standing"),
]
