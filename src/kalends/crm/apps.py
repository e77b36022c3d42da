from django.apps import AppConfig


class CRMConfig(AppConfig):
    name = "kalends.crm"
    label = "crm"
    verbose_name = "CRM"
