from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "kalends.billing"
    label = "billing"
    verbose_name = "Billing"
