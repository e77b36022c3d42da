from django.apps import AppConfig

from kalends.platform.boot import when_open


class BillingConfig(AppConfig):
    name = "kalends.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from kalends.billing import (
            erasure,
            invoice_rules,
            line_rules,
            restored,
            subscription_rules,
            subscription_ties,
            tax_rates,
        )

        for room in (subscription_rules, subscription_ties, line_rules, invoice_rules, tax_rates, erasure):
            room.register_rules()
        when_open(restored.look)
