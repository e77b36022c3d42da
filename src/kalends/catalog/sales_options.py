"""The values that enumerations of deals, tickets, products, quotes, orders, discounts, fees and taxes may have."""

from __future__ import annotations

from kalends.catalog.options import labeled

PIPELINES = labeled(("default", "Sales pipeline", "Salgspipeline", "Myyntiputki"))
DEAL_STAGES = labeled(
    ("appointmentscheduled", "Appointment scheduled", "Avtale planlagt", "Tapaaminen sovittu"),
    ("qualifiedtobuy", "Qualified to buy", "Kvalifisert til å kjøpe", "Ostovalmis"),
    ("presentationscheduled", "Presentation scheduled", "Presentasjon planlagt", "Esittely sovittu"),
    ("decisionmakerboughtin", "Decision maker bought-in", "Beslutningstaker overbevist", "Päättäjä vakuuttunut"),
    ("contractsent", "Contract sent", "Kontrakt sendt", "Sopimus lähetetty"),
    ("closedwon", "Closed won", "Lukket vunnet", "Voitettu"),
    ("closedlost", "Closed lost", "Lukket tapt", "Hävitty"),
)  # fmt: skip
AMOUNT_PREFERENCES = labeled(
    ("TCV", "Total contract value", "Total kontraktsverdi", "Sopimuksen kokonaisarvo"),
    ("ACV", "Annual contract value", "Årlig kontraktsverdi", "Vuotuinen sopimusarvo"),
    ("ARR", "Annual recurring revenue", "Årlig gjentakende inntekt", "Vuosittain toistuvat tulot"),
    ("MRR", "Monthly recurring revenue", "Månedlig gjentakende inntekt", "Kuukausittain toistuvat tulot"),
    ("MANUAL", "Manual", "Manuelt", "Manuaalinen"),
)
DEAL_TYPES = labeled(
    ("newbusiness", "New business", "Ny kunde", "Uusi asiakas"),
    ("existingbusiness", "Existing business", "Eksisterende kunde", "Nykyinen asiakas"),
)
_LOW, _MEDIUM, _HIGH = (
    ("Low", "Lav", "Matala"),
    ("Medium", "Middels", "Keskitaso"),
    ("High", "Høy", "Korkea"),
)
DEAL_PRIORITIES = labeled(("low", *_LOW), ("medium", *_MEDIUM), ("high", *_HIGH))
_RENEWAL = ("RENEWAL", "Renewal", "Fornyelse", "Uusinta")
_UPGRADE = ("UPGRADE", "Upgrade", "Oppgradering", "Laajennus")
_DOWNGRADE = ("DOWNGRADE", "Downgrade", "Nedgradering", "Supistus")
REVENUE_DEAL_TYPES = labeled(
    ("NEW_BUSINESS", "New business", "Ny kunde", "Uusi asiakas"), _RENEWAL, _UPGRADE, _DOWNGRADE
)
INACTIVE_REASONS = labeled(("CHURNED", "Churned", "Tapt kunde", "Poistunut"), _RENEWAL, _UPGRADE, _DOWNGRADE)

TICKET_PIPELINES = labeled(("0", "Support pipeline", "Supportpipeline", "Tukiputki"))
TICKET_STAGES = labeled(
    ("1", "New", "Ny", "Uusi"),
    ("2", "Waiting on contact", "Venter på kontakten", "Odottaa yhteyshenkilöä"),
    ("3", "Waiting on us", "Venter på oss", "Odottaa meitä"),
    ("4", "Closed", "Lukket", "Suljettu"),
)
TICKET_CATEGORIES = labeled(
    ("PRODUCT_ISSUE", "Product issue", "Produktproblem", "Tuoteongelma"),
    ("BILLING_ISSUE", "Billing issue", "Faktureringsproblem", "Laskutusongelma"),
    ("FEATURE_REQUEST", "Feature request", "Ønske om funksjon", "Toimintotoive"),
    ("GENERAL_INQUIRY", "General inquiry", "Generell henvendelse", "Yleinen kysymys"),
)
TICKET_PRIORITIES = labeled(
    ("LOW", *_LOW), ("MEDIUM", *_MEDIUM), ("HIGH", *_HIGH), ("URGENT", "Urgent", "Haster", "Kiireellinen")
)
TICKET_SOURCES = labeled(
    ("CHAT", "Chat", "Chat", "Chat"),
    ("EMAIL", "Email", "E-post", "Sähköposti"),
    ("FORM", "Form", "Skjema", "Lomake"),
    ("PHONE", "Phone", "Telefon", "Puhelin"),
)

PRODUCT_STATUSES = labeled(
    ("active", "Active", "Aktiv", "Aktiivinen"), ("inactive", "Inactive", "Inaktiv", "Ei käytössä")
)

QUOTE_STATUSES = labeled(
    ("DRAFT", "Draft", "Utkast", "Luonnos"),
    ("PENDING_APPROVAL", "Pending approval", "Venter på godkjenning", "Odottaa hyväksyntää"),
    ("APPROVAL_NOT_NEEDED", "Published (no approval needed)", "Publisert (krever ikke godkjenning)",
     "Julkaistu (ei vaadi hyväksyntää)"),
    ("APPROVED", "Approved", "Godkjent", "Hyväksytty"),
    ("REJECTED", "Rejected", "Avvist", "Hylätty"),
    ("ACCEPTED", "Accepted", "Akseptert", "Vahvistettu"),
    ("VOID", "Void", "Ugyldig", "Mitätöity"),
)  # fmt: skip
QUOTE_TOTALS = labeled(
    ("TOTAL_FIRST_PAYMENT", "Total first payment", "Første betaling totalt", "Ensimmäinen maksu yhteensä"),
    ("TOTAL_CONTRACT_VALUE", "Total contract value", "Total kontraktsverdi", "Sopimuksen kokonaisarvo"),
)
QUOTE_COLLECTION = labeled(
    ("AUTO_PAYMENTS", "Automatic payments", "Automatiske betalinger", "Automaattiset maksut"),
    ("MANUAL_PAYMENTS", "Manual payments", "Manuelle betalinger", "Manuaaliset maksut"),
)
QUOTE_PROCESSORS = labeled(
    ("HUBSPOT", "HubSpot payments", "HubSpot-betalinger", "HubSpot-maksut"),
    ("STRIPE", "Stripe", "Stripe", "Stripe"),
    ("BYO_STRIPE", "Own Stripe account", "Egen Stripe-konto", "Oma Stripe-tili"),
)
QUOTE_PAYMENT_STATUSES = labeled(
    ("PENDING", "Pending", "Venter", "Odottaa"),
    ("PROCESSING", "Processing", "Behandles", "Käsittelyssä"),
    ("PAID", "Paid", "Betalt", "Maksettu"),
    ("PAYMENT_NOT_ENABLED", "Payment not enabled", "Betaling ikke aktivert", "Maksaminen ei käytössä"),
)
QUOTE_METHODS = labeled(
    ("ACH", "ACH", "ACH", "ACH"),
    ("CREDIT_OR_DEBIT_CARD", "Credit or debit card", "Kreditt- eller debetkort", "Luotto- tai pankkikortti"),
    ("SEPA", "SEPA", "SEPA", "SEPA"),
    ("BACS", "BACS", "BACS", "BACS"),
    ("PADS", "PADs", "PADs", "PADs"),
)
ACCEPTANCE_METHODS = labeled(
    ("clickwrap", "Click to accept", "Klikk for å akseptere", "Hyväksy napsauttamalla"),
    ("esignature", "E-signature", "E-signatur", "Sähköinen allekirjoitus"),
    ("print_and_sign", "Print and sign", "Skriv ut og signer", "Tulosta ja allekirjoita"),
)
TEMPLATE_TYPES = labeled(
    ("CPQ_QUOTE", "Quote", "Tilbud", "Tarjous"),
    ("CUSTOMIZABLE_QUOTE_TEMPLATE", "Legacy quote", "Eldre tilbud", "Vanha tarjous"),
)

VALUE_TYPES = labeled(
    ("FIXED", "Fixed amount", "Fast beløp", "Kiinteä summa"),
    ("PERCENT", "Percentage", "Prosent", "Prosentti"),
)
DISCOUNT_DURATIONS = labeled(
    ("ONCE", "First payment only", "Bare første betaling", "Vain ensimmäinen maksu"),
    ("FOREVER", "Every payment", "Hver betaling", "Jokainen maksu"),
)

ORDER_PIPELINES = labeled(("default", "Order pipeline", "Ordrepipeline", "Tilausputki"))
ORDER_STAGES = labeled(
    ("open", "Open", "Åpen", "Avoin"),
    ("processed", "Processed", "Behandlet", "Käsitelty"),
    ("shipped", "Shipped", "Sendt", "Lähetetty"),
    ("delivered", "Delivered", "Levert", "Toimitettu"),
    ("canceled", "Canceled", "Kansellert", "Peruutettu"),
)
LINK_STATES = labeled(
    ("active", "Active", "Aktiv", "Aktiivinen"),
    ("inactive", "Inactive", "Inaktiv", "Ei käytössä"),
    ("expired", "Expired", "Utløpt", "Vanhentunut"),
    ("used", "Used", "Brukt", "Käytetty"),
)
