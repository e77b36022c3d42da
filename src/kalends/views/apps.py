from django.apps import AppConfig


class ViewsConfig(AppConfig):
    name = "kalends.views"
    label = "views"
    verbose_name = "Saved views"
