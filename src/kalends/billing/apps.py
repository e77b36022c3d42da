from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "kalends.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from kalends.billing import (
            erasure,
            invoice_rules,
            line_rules,
            subscription_rules,
            subscription_ties,
            tax_rates,
        )

        for room in (subscription_rules, subscription_ties, line_rules, invoice_rules, tax_rates, erasure):
            room.register_rules()
