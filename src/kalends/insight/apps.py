from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "kalends.insight"
    label = "insight"
    verbose_name = "Reports"

    def ready(self) -> None:
        from kalends.insight import erasure
        from kalends.insight.mail import turn

        erasure.register_rules()
        turn.register()
