from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "kalends.workflows"
    label = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        from kalends.workflows import erasure, turn, uses

        turn.register()
        erasure.register_rules()
        uses.register_use()
