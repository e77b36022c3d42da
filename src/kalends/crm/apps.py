from django.apps import AppConfig


class CRMConfig(AppConfig):
    name = "kalends.crm"
    label = "crm"
    verbose_name = "CRM"

    def ready(self) -> None:
        from kalends.crm.in_stage import register_rules

        register_rules()
