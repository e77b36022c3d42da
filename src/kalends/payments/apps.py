from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "kalends.payments"
    label = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        from kalends.payments.record_rules import register_rules

        register_rules()
