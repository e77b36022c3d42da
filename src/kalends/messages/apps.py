from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "kalends.messages"
    label = "letters"
    verbose_name = "Letters"
