from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "kalends.segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        from kalends.segments import erasure

        erasure.register_rules()
