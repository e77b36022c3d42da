from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "kalends.staff"
    label = "staff"
    verbose_name = "Staff pages"
