"""The cards into which a record page sorts properties."""

from kalends.catalog.model import Group, Text

ABOUT = Group("about", Text("About", "Om", "Tiedot"))
BILLING = Group("billing", Text("Billing", "Fakturering", "Laskutus"))
AMOUNTS = Group("amounts", Text("Amounts", "Beløp", "Summat"))
REVENUE = Group("revenue", Text("Revenue", "Inntekter", "Tuotot"))
PAYMENT = Group("payment", Text("Payment", "Betaling", "Maksaminen"))
PRICING = Group("pricing", Text("Pricing", "Prising", "Hinnoittelu"))
SETTINGS = Group("settings", Text("Invoice settings", "Fakturainnstillinger", "Laskuasetukset"))
ADDRESS = Group("address", Text("Billing address", "Faktureringsadresse", "Laskutusosoite"))
DELIVERY = Group("delivery", Text("Shipping address", "Leveringsadresse", "Toimitusosoite"))
SOURCE = Group("source", Text("Source", "Kilde", "Lähde"))
RECORD = Group("record", Text("Record", "Post", "Tietue"))

GROUPS: tuple[Group, ...] = (
    ABOUT, BILLING, AMOUNTS, REVENUE, PAYMENT, PRICING, SETTINGS, ADDRESS, DELIVERY, SOURCE, RECORD,
)  # fmt: skip
"""In the order of the page."""
