"""A mapping file to start from, with everything that can be said in it."""

from __future__ import annotations

from kalends.imports.targets import Target, targets_of

_HEAD = {
    "contact": """\
# A mapping for contacts: which column of the CSV file becomes what. See docs/importing.md.
object = "contact"
# key = "Customer no"            # names a contact in the other system; without it, the email address does
""",
    "company": """\
# A mapping for companies: which column of the CSV file becomes what. See docs/importing.md.
object = "company"
# key = "Company no"             # names a company in the other system; without it, the domain does
""",
    "subscription": """\
# A mapping for subscriptions: which column of the CSV file becomes what. See docs/importing.md.
# Each row is a line item; rows with the same key are one subscription.
object = "subscription"
key = "Subscription no"          # the column that names a subscription in the other system
# create_contacts = true         # make customers that are not there yet; otherwise import the contacts first
# bill_arrears = true            # bill cycles here that fell due before today
# currencies = ["NOK", "USD"]    # switch these on for the account
""",
}
_FORM = """\
# encoding = "utf-8"             # or "cp1252", "iso-8859-1"
# delimiter = ","                # or ";", "\\t"
# date_format = "YYYY-MM-DD"     # or "DD.MM.YYYY", "MM/DD/YYYY"
# decimal = "."                  # or ","
# thousands = ""                 # or " ", ".", ","

"""
_EXAMPLES = {
    "contact": {"Email": "email", "First name": "firstname", "Last name": "lastname"},
    "company": {"Name": "name", "Domain": "domain"},
    "subscription": {
        "Email": "contact.email",
        "Plan": "line_item.name",
        "Price": "line_item.price",
        "Interval": "hs_recurring_billing_frequency",
        "Started": "hs_recurring_billing_start_date",
        "Paid until": "billed.until",
    },
}
_TAIL = {
    "contact": """\
[constants]                      # the same for every row
# hs_language = "no"

[defaults]                       # where a cell is empty
# country = "Norge"
""",
    "company": """\
[constants]                      # the same for every row
# lifecyclestage = "customer"

[defaults]                       # where a cell is empty
# country = "Norge"
""",
    "subscription": """\
[constants]                      # the same for every row
# hs_net_payment_terms = 14

[defaults]                       # where a cell is empty
# "line_item.quantity" = 1
# hs_currency_code = "NOK"

# [values."Interval"]            # words of the file, and what they are called here
# "Each month" = "monthly"
# "Each year" = "annually"
""",
}
_MOST_CHOICES = 12


def mapping_template(object_name: str) -> str:
    """The text of a mapping file for an object that can be imported; it is a valid one.

    >>> mapping_template("company").splitlines()[1]
    'object = "company"'
    """
    examples = _EXAMPLES[object_name]
    columns = ['[columns]                        # "heading in the file" = "what it becomes"']
    columns += [f'"{heading}" = "{name}"' for heading, name in examples.items()]
    others = [target for name, target in targets_of(object_name).items() if name not in examples.values()]
    columns += [_offered(target) for target in others]
    return _HEAD[object_name] + _FORM + "\n".join(columns) + "\n\n" + _TAIL[object_name]


def _offered(target: Target) -> str:
    about = target.about
    if 0 < len(target.choices) <= _MOST_CHOICES:
        about = f"{about}: {', '.join(target.choices)}"
    return f'# "..." = "{target.name}"  # {about}'
