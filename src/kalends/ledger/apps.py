from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "kalends.ledger"
    label = "ledger"
    verbose_name = "Ledger"
