from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "kalends.segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        from kalends.billing.restored import register_stopping
        from kalends.segments import erasure, mailings

        erasure.register_rules()
        register_stopping(mailings.stop_all)
