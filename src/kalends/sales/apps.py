from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "kalends.sales"
    label = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        from kalends.sales import erasure, link_source, link_terms, quote_course, quote_source

        link_terms.register_rules()
        link_source.register()
        erasure.register_rules()
        quote_course.register_rules()
        quote_source.register()
