from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "kalends.events"
    label = "events"
    verbose_name = "Events"
