"""The values that enumerations may have, with what people read for them."""

from __future__ import annotations

from kalends.catalog.model import Option, Text


def labeled(*rows: tuple[str, str, str, str]) -> tuple[Option, ...]:
    """Options by value, with what people read in English, Norwegian and Finnish."""
    return tuple(Option(value, Text(en, no, fi)) for value, en, no, fi in rows)


def _same(*rows: tuple[str, str]) -> tuple[Option, ...]:
    """Names that are not translated."""
    return tuple(Option(value, Text(name, name, name)) for value, name in rows)


ON_OFF = labeled(("on", "On", "På", "Käytössä"), ("off", "Off", "Av", "Pois käytöstä"))

SUBSCRIPTION_STATUSES = labeled(
    ("active", "Active", "Aktiv", "Aktiivinen"),
    ("past_due", "Past due", "Forfalt", "Erääntynyt"),
    ("unpaid", "Unpaid", "Ubetalt", "Maksamatta"),
    ("canceled", "Canceled", "Kansellert", "Peruutettu"),
    ("expired", "Expired", "Utløpt", "Päättynyt"),
    ("scheduled", "Scheduled", "Planlagt", "Aikataulutettu"),
    ("paused", "Paused", "Satt på pause", "Keskeytetty"),
)

_SUCCEEDED = ("succeeded", "Succeeded", "Vellykket", "Onnistunut")
_FAILED = ("failed", "Failed", "Mislykket", "Epäonnistunut")
_PARTIALLY_REFUNDED = ("partially_refunded", "Partially refunded", "Delvis refundert", "Osittain palautettu")
_REFUNDED = ("refunded", "Refunded", "Refundert", "Palautettu")
_PROCESSING = ("processing", "Processing", "Behandles", "Käsittelyssä")

LAST_PAYMENT_STATUSES = labeled(_SUCCEEDED, _FAILED, _PARTIALLY_REFUNDED, _REFUNDED, _PROCESSING)

PAYMENT_STATUSES = labeled(
    _PROCESSING,
    _SUCCEEDED,
    _FAILED,
    _PARTIALLY_REFUNDED,
    _REFUNDED,
    ("processing_refund", "Refund processing", "Refusjon behandles", "Palautusta käsitellään"),
    ("disputed_action_required", "Disputed (action required)", "Bestridt (handling kreves)",
     "Riitautettu (vaatii toimia)"),
    ("disputed_awaiting_decision", "Disputed (awaiting decision)", "Bestridt (venter på avgjørelse)",
     "Riitautettu (odottaa päätöstä)"),
    ("disputed_won", "Dispute won", "Tvist vunnet", "Riita voitettu"),
    ("disputed_lost", "Dispute lost", "Tvist tapt", "Riita hävitty"),
)  # fmt: skip

INVOICE_STATUSES = labeled(
    ("draft", "Draft", "Utkast", "Luonnos"),
    ("open", "Open", "Åpen", "Avoin"),
    ("paid", "Paid", "Betalt", "Maksettu"),
    ("voided", "Voided", "Annullert", "Mitätöity"),
)

FREQUENCIES = labeled(
    ("weekly", "Weekly", "Ukentlig", "Viikoittain"),
    ("biweekly", "Every two weeks", "Hver andre uke", "Kahden viikon välein"),
    ("monthly", "Monthly", "Månedlig", "Kuukausittain"),
    ("quarterly", "Quarterly", "Kvartalsvis", "Neljännesvuosittain"),
    ("per_six_months", "Every six months", "Hver sjette måned", "Kuuden kuukauden välein"),
    ("annually", "Annually", "Årlig", "Vuosittain"),
    ("per_two_years", "Every two years", "Hvert andre år", "Kahden vuoden välein"),
    ("per_three_years", "Every three years", "Hvert tredje år", "Kolmen vuoden välein"),
    ("per_four_years", "Every four years", "Hvert fjerde år", "Neljän vuoden välein"),
    ("per_five_years", "Every five years", "Hvert femte år", "Viiden vuoden välein"),
)

BILLING_TERMS = labeled(
    ("FIXED", "Fixed number of payments", "Fast antall betalinger", "Kiinteä määrä maksuja"),
    ("AUTOMATICALLY_RENEW", "Automatically renew until canceled", "Fornyes automatisk til det kanselleres",
     "Uusiutuu automaattisesti, kunnes peruutetaan"),
)  # fmt: skip

COLLECTION_PROCESSES = labeled(
    ("automatic_payments", "Automatic payments", "Automatiske betalinger", "Automaattiset maksut"),
    ("manual_payments", "Manual payments", "Manuelle betalinger", "Manuaaliset maksut"),
)

INVOICE_COLLECTION_METHODS = labeled(
    ("manual", "Online payment by buyer", "Nettbetaling av kjøper", "Ostajan verkkomaksu"),
    ("none", "No online payment", "Ingen nettbetaling", "Ei verkkomaksua"),
    ("automatic", "Charged automatically", "Belastes automatisk", "Veloitetaan automaattisesti"),
)

METHOD_ORIGINS = labeled(
    ("checkout", "Checkout", "Kassen", "Kassa"),
    ("first_invoice", "First invoice", "Første faktura", "Ensimmäinen lasku"),
    ("stored", "Stored method", "Lagret betalingsmåte", "Tallennettu maksutapa"),
)

_CARD = ("Credit or debit card", "Kreditt- eller debetkort", "Luotto- tai pankkikortti")
_DEBITS = (
    ("ach", "ACH", "ACH", "ACH"), ("sepa", "SEPA", "SEPA", "SEPA"),
    ("bacs", "BACS", "BACS", "BACS"), ("pads", "PADs", "PADs", "PADs"),
)  # fmt: skip
_OFFLINE = (
    ("cash", "Cash", "Kontanter", "Käteinen"),
    ("check", "Check", "Sjekk", "Sekki"),
    ("wire_transfer", "Wire transfer", "Bankoverføring", "Tilisiirto"),
    ("other", "Other", "Annet", "Muu"),
)

ACCEPTED_METHODS = labeled(("credit_or_debit_card", *_CARD), *_DEBITS)
PAYMENT_METHODS = labeled(("card", *_CARD), *_DEBITS, *_OFFLINE)
PAYMENT_METHOD_TYPES = labeled(("card", "Card", "Kort", "Kortti"), _DEBITS[0], *_OFFLINE, *_DEBITS[1:])

ADDRESS_TYPES = labeled(
    ("billing_address", "Billing address", "Faktureringsadresse", "Laskutusosoite"),
    ("shipping_address", "Shipping address", "Leveringsadresse", "Toimitusosoite"),
)

ADDRESS_ORIGINS = labeled(
    ("from_subscription", "From subscription", "Fra abonnementet", "Tilauksesta"),
    ("from_contact", "From contact", "Fra kontakten", "Yhteyshenkilöltä"),
    ("from_company", "From company", "Fra selskapet", "Yritykseltä"),
)

NET_TERMS = labeled(
    ("0", "Due on receipt", "Forfaller ved mottak", "Erääntyy heti"),
    *((str(days), f"Net {days}", f"Netto {days}", f"{days} pv netto") for days in (7, 15, 30, 45, 60, 90)),
)

SUBSCRIPTION_SOURCES = labeled(
    ("quote", "Quote", "Tilbud", "Tarjous"),
    ("sales_checkout", "Payment link", "Betalingslenke", "Maksulinkki"),
    ("billing", "Billing tool", "Faktureringsverktøy", "Laskutustyökalu"),
    ("migration", "Migration", "Migrering", "Siirto"),
    ("test", "Test", "Test", "Testi"),
)

PAYMENT_SOURCES = labeled(
    ("SALES_CHECKOUT", "Payment link", "Betalingslenke", "Maksulinkki"),
    ("QUOTE", "Quote", "Tilbud", "Tarjous"),
    ("INVOICE", "Invoice", "Faktura", "Lasku"),
    ("SUBSCRIPTION", "Subscription", "Abonnement", "Tilaus"),
    ("MIGRATION", "Migration", "Migrering", "Siirto"),
)

RECORD_SOURCES = labeled(
    ("CRM_UI", "CRM UI", "CRM-grensesnittet", "CRM-käyttöliittymä"),
    ("PAYMENTS", "Payments", "Betalinger", "Maksut"),
    ("INTEGRATION", "Integration", "Integrasjon", "Integraatio"),
    ("API", "API", "API", "API"),
    ("IMPORT", "Import", "Import", "Tuonti"),
    ("AUTOMATION_PLATFORM", "Workflow", "Arbeidsflyt", "Työnkulku"),
    ("MIGRATION", "Migration", "Migrering", "Siirto"),
)

INVOICE_SOURCES = labeled(
    ("HUBSPOT", "HubSpot", "HubSpot", "HubSpot"),
    ("DATA_SYNC", "Data sync", "Datasynkronisering", "Tietojen synkronointi"),
    ("LEGACY_QUICKBOOKS", "Legacy QuickBooks integration", "Eldre QuickBooks-integrasjon",
     "Vanha QuickBooks-integraatio"),
)  # fmt: skip

PAYMENT_TYPES = labeled(
    (
        "one_time_or_initial",
        "One-time or initial",
        "Engangs- eller første betaling",
        "Kerta- tai ensimmäinen maksu",
    ),
    ("recurring", "Recurring", "Gjentakende", "Toistuva"),
)

CREATION_METHODS = labeled(
    ("OTHER", "Other", "Annet", "Muu"),
    ("CHECKOUT", "Checkout", "Kassen", "Kassa"),
    ("RECURRING", "Recurring charge", "Gjentakende belastning", "Toistuva veloitus"),
    ("MANUAL", "Manual", "Manuell", "Manuaalinen"),
)

WALLETS = _same(
    ("apple_pay", "Apple Pay"),
    ("google_pay", "Google Pay"),
    ("amex_express_checkout", "Amex Express Checkout"),
    ("link", "Link"),
    ("masterpass", "Masterpass"),
    ("samsung_pay", "Samsung Pay"),
    ("visa_checkout", "Visa Checkout"),
)

PROCESSORS = labeled(
    ("hs_payments", "HubSpot payments", "HubSpot-betalinger", "HubSpot-maksut"),
    ("byo_stripe", "Stripe", "Stripe", "Stripe"),
    ("none", "None", "Ingen", "Ei mitään"),
    ("quickbooks", "QuickBooks", "QuickBooks", "QuickBooks"),
    ("xero", "Xero", "Xero", "Xero"),
    ("sandbox", "Sandbox", "Sandkasse", "Hiekkalaatikko"),
)

PRODUCT_TYPES = labeled(
    ("inventory", "Inventory", "Lagervare", "Varastotuote"),
    ("non_inventory", "Non-inventory", "Ikke lagervare", "Ei varastotuote"),
    ("service", "Service", "Tjeneste", "Palvelu"),
)

PRICING_MODELS = labeled(
    ("flat", "Flat", "Fast", "Kiinteä"),
    ("volume", "Volume", "Volum", "Volyymi"),
    ("graduated", "Graduated", "Gradert", "Porrastettu"),
    ("stairstep", "Stairstep", "Trappetrinn", "Porrashinta"),
)

START_TYPES = labeled(
    ("hs_recurring_billing_start_date", "Custom date", "Egendefinert dato", "Mukautettu päivämäärä"),
    ("hs_billing_start_delay_days", "Delayed start (days)", "Utsatt start (dager)", "Viivästetty alku (päiviä)"),
    ("hs_billing_start_delay_months", "Delayed start (months)", "Utsatt start (måneder)",
     "Viivästetty alku (kuukausia)"),
)  # fmt: skip

LANGUAGES = labeled(
    ("en", "English", "Engelsk", "Englanti"),
    ("no", "Norwegian", "Norsk", "Norja"),
    ("fi", "Finnish", "Finsk", "Suomi"),
    ("sv", "Swedish", "Svensk", "Ruotsi"),
    ("da-dk", "Danish", "Dansk", "Tanska"),
    ("de", "German", "Tysk", "Saksa"),
    ("fr", "French", "Fransk", "Ranska"),
    ("es", "Spanish", "Spansk", "Espanja"),
    ("it", "Italian", "Italiensk", "Italia"),
    ("nl", "Dutch", "Nederlandsk", "Hollanti"),
    ("pl", "Polish", "Polsk", "Puola"),
    ("pt-br", "Portuguese (Brazil)", "Portugisisk (Brasil)", "Portugali (Brasilia)"),
    ("ja", "Japanese", "Japansk", "Japani"),
)

LIFECYCLE_STAGES = labeled(
    ("subscriber", "Subscriber", "Abonnent", "Tilaaja"),
    ("lead", "Lead", "Lead", "Liidi"),
    (
        "marketingqualifiedlead",
        "Marketing qualified lead",
        "Markedskvalifisert lead",
        "Markkinoinnin hyväksymä liidi",
    ),
    ("salesqualifiedlead", "Sales qualified lead", "Salgskvalifisert lead", "Myynnin hyväksymä liidi"),
    ("opportunity", "Opportunity", "Mulighet", "Myyntimahdollisuus"),
    ("customer", "Customer", "Kunde", "Asiakas"),
    ("evangelist", "Evangelist", "Ambassadør", "Suosittelija"),
    ("other", "Other", "Annet", "Muu"),
)

LEAD_STATUSES = labeled(
    ("NEW", "New", "Ny", "Uusi"),
    ("OPEN", "Open", "Åpen", "Avoin"),
    ("IN_PROGRESS", "In progress", "Pågår", "Käynnissä"),
    ("OPEN_DEAL", "Open deal", "Åpen avtale", "Avoin kauppa"),
    ("UNQUALIFIED", "Unqualified", "Ukvalifisert", "Ei sovellu"),
    ("ATTEMPTED_TO_CONTACT", "Attempted to contact", "Forsøkt kontaktet", "Yritetty tavoittaa"),
    ("CONNECTED", "Connected", "Kontaktet", "Tavoitettu"),
    ("BAD_TIMING", "Bad timing", "Dårlig tidspunkt", "Huono ajoitus"),
)
