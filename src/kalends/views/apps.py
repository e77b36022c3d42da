from django.apps import AppConfig


class ViewsConfig(AppConfig):
    name = "kalends.views"
    label = "views"
    verbose_name = "Saved views"

    def ready(self) -> None:
        from kalends.views import erasure

        erasure.register_rules()
