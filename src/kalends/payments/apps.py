from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "kalends.payments"
    label = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        from kalends.payments import erasure, record_rules

        record_rules.register_rules()
        erasure.register_rules()
