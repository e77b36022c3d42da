from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "kalends.payments"
    label = "payments"
    verbose_name = "Payments"
