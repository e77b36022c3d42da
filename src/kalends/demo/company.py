"""Who the demo's company is, what it sells, and to whom. Names are invented; every address ends in .example."""

from decimal import Decimal
from typing import NamedTuple

NAME = "Nordlys Fleet"
TIME_ZONE = "Europe/Oslo"
CURRENCY = "EUR"
CURRENCIES = ("NOK", "USD")
LETTERHEAD = {
    "brand_color": "#12464f",
    "address": "Sjøgata 12",
    "zip": "8006",
    "city": "Bodø",
    "tax_id": "Org.nr. 888 888 888 MVA",
    "support_email": "hei@nordlys.example",
}


class Colleague(NamedTuple):
    """Somebody who works at the demo's company; the first is its administrator."""

    name: str
    email: str
    language: str


STAFF = (
    Colleague("Maja Lindqvist", "maja@nordlys.example", "en"),
    Colleague("Henrik Aas", "henrik@nordlys.example", "nb"),
    Colleague("Elina Toivonen", "elina@nordlys.example", "fi"),
    Colleague("Eliot Ward", "eliot@nordlys.example", "en"),
)


class Plan(NamedTuple):
    """Something the company sells: a price per unit in each currency, what a unit is, and how many are usual."""

    name: str
    unit: str
    eur: Decimal
    nok: Decimal
    usd: Decimal
    usual: tuple[int, int]

    def price(self, currency: str) -> Decimal:
        """The unit price in a currency."""
        return {"EUR": self.eur, "NOK": self.nok, "USD": self.usd}[currency]


PLANS = (
    Plan("Fleet Core", "vans", Decimal("24.50"), Decimal("285.00"), Decimal("27.00"), (4, 40)),
    Plan("Fleet Pro", "vehicles", Decimal("59.00"), Decimal("690.00"), Decimal("64.00"), (6, 80)),
    Plan("Route Planner", "seats", Decimal("19.90"), Decimal("229.00"), Decimal("21.90"), (2, 25)),
    Plan("Cold-chain sensors", "sensors", Decimal("7.25"), Decimal("85.00"), Decimal("7.90"), (10, 120)),
    Plan("Depot chargers", "chargers", Decimal("42.00"), Decimal("490.00"), Decimal("46.00"), (2, 12)),
    Plan("Telematics data feed", "feed", Decimal("99.00"), Decimal("1150.00"), Decimal("109.00"), (1, 1)),
)
SUPPORT = Plan("Support Plus", "plan", Decimal("149.00"), Decimal("1790.00"), Decimal("165.00"), (1, 1))


class Market(NamedTuple):
    """A country the company sells to: its customers' currency, language, VAT, and how they usually pay.

    ``weights`` are for card, bank debit and invoice; ``debit`` is the kind of bank debit, if there is one.
    """

    country: str
    currency: str
    language: str
    vat: Decimal
    debit: str | None
    weights: tuple[int, int, int]
    cities: tuple[tuple[str, str], ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    company_words: tuple[str, ...]
    company_forms: tuple[str, ...]


MARKETS = (
    Market(
        "NO", "NOK", "no", Decimal(25), None, (55, 0, 45),
        (("Tromsø", "9008"), ("Bergen", "5003"), ("Oslo", "0150"), ("Bodø", "8006"), ("Trondheim", "7010")),
        ("Ingrid", "Ola", "Kari", "Sondre", "Marit", "Eirik", "Solveig", "Håkon", "Tiril", "Jonas"),
        ("Solberg", "Brekke", "Åsen", "Hauge", "Nygård", "Lie", "Bakken", "Moen", "Dahl", "Strand"),
        ("Brekke", "Lofoten", "Vestfjord", "Åsen", "Fjellheim", "Nordkyst", "Sunde", "Havblikk", "Tind", "Øyane"),
        ("Transport AS", "Ferge AS", "Sjømat AS", "Entreprenør AS", "Logistikk AS"),
    ),
    Market(
        "FI", "EUR", "fi", Decimal("25.5"), "sepa", (45, 35, 20),
        (("Helsinki", "00100"), ("Tampere", "33100"), ("Turku", "20100"), ("Oulu", "90100"), ("Kuopio", "70100")),
        ("Aino", "Eero", "Helmi", "Juho", "Kaisa", "Lauri", "Noora", "Olli", "Sanna", "Veikko"),
        ("Kallio", "Hakala", "Virtanen", "Mäkinen", "Niemi", "Laine", "Koskela", "Salonen", "Rinne", "Lehto"),
        ("Kallio", "Hakala", "Järvi", "Pohjola", "Saimaa", "Kivikko", "Lumi", "Rauta", "Metsola", "Tuuli"),
        ("Kuljetus Oy", "Energia Oy", "Logistiikka Oy", "Rakennus Oy", "Palvelut Oy"),
    ),
    Market(
        "SE", "EUR", "sv", Decimal(25), "sepa", (55, 25, 20),
        (("Malmö", "211 20"), ("Göteborg", "411 06"), ("Uppsala", "753 20"), ("Umeå", "903 26")),
        ("Astrid", "Björn", "Elsa", "Gustav", "Linnea", "Nils", "Sigrid", "Viktor"),
        ("Sundqvist", "Björkholm", "Ekström", "Lindgren", "Nyström", "Åkesson", "Holm", "Sandberg"),
        ("Sundqvist", "Björkholm", "Mälar", "Skåne", "Norrland", "Vänern", "Kattegatt", "Siljan"),
        ("Åkeri AB", "Buss AB", "Frakt AB", "Bygg AB"),
    ),
    Market(
        "DK", "EUR", "da-dk", Decimal(25), "sepa", (60, 20, 20),
        (("Aarhus", "8000"), ("Odense", "5000"), ("Aalborg", "9000"), ("Esbjerg", "6700")),
        ("Freja", "Lærke", "Mads", "Rasmus", "Signe", "Søren"),
        ("Nordhavn", "Kjær", "Møller", "Bruun", "Østergaard", "Vestergaard"),
        ("Nordhavn", "Jylland", "Bælt", "Skagen", "Limfjord", "Fyn"),
        ("Logistik ApS", "Spedition ApS", "Køl A/S"),
    ),
    Market(
        "US", "USD", "en", Decimal(0), "ach", (50, 30, 20),
        (("Duluth", "55802"), ("Portland", "04101"), ("Seattle", "98101"), ("Tulsa", "74103")),
        ("Avery", "Blake", "Dana", "Jordan", "Morgan", "Riley", "Sydney", "Taylor"),
        ("Whitcombe", "Harbour", "Pike", "Prairie", "Mesa", "Tidewater", "Caldwell", "Granger"),
        ("Blue Mesa", "Tidewater", "Prairie Line", "Harbour & Pike", "Whitcombe", "Iron Lake", "Copper Ridge"),
        ("Freight Inc.", "Carriers Inc.", "Cold Storage LLC", "Haulage LLC"),
    ),
)  # fmt: skip
MARKET_WEIGHTS = (34, 26, 16, 9, 15)
