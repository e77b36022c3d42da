from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "kalends.messages"
    label = "letters"
    verbose_name = "Letters"

    def ready(self) -> None:
        from kalends.messages.erasure import register_rules

        register_rules()
