from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "kalends.accounts"
    label = "accounts"
    verbose_name = "Accounts"
