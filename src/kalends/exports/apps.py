from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "kalends.exports"
    label = "exports"
    verbose_name = "Exports"

    def ready(self) -> None:
        from kalends.exports import erasure

        erasure.register_rules()
