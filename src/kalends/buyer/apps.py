from django.apps import AppConfig


class BuyerConfig(AppConfig):
    name = "kalends.buyer"
    label = "buyer"
    verbose_name = "Buyer"
