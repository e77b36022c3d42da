from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "kalends.imports"
    label = "imports"
    verbose_name = "Imports"

    def ready(self) -> None:
        from kalends.imports import erasure

        erasure.register_rules()
