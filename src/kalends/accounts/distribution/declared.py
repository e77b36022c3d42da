"""What reaches beyond one account and is right all the same, each with its reason."""

from __future__ import annotations

WHOLE_INSTALLATION = {
    "account": "which accounts there are: small, read everywhere; a copy on every machine (a reference table)",
    "app_user": "people, who may have places in several accounts; a reference table",
    "user_session": "of people, not of accounts; a reference table",
    "second_factor": "of people, not of accounts; a reference table",
    "recovery_code": "of people, not of accounts; a reference table",
    "passkey": "of people, not of accounts; a reference table",
    "sign_in_attempt": "counts before anybody is known; a reference table",
    "django_session": "sessions of browsers; a reference table",
    "django_migrations": "which tables there are; the same on every machine",
    "django_content_type": "Django's own list of tables; the same on every machine",
    "auth_group": "Django's own, empty; the same on every machine",
    "auth_group_permissions": "Django's own, empty; the same on every machine",
    "auth_permission": "Django's own, not used; the same on every machine",
    "database_mark": "which database this is: each machine has its own",
    "running_process": "the processes that work with this database: each machine has its own",
}
"""Tables of the installation."""

SEQUENCES = {
    "record_id": "numbers of all records; each machine takes them from a range of its own, an order is not asked for",
    "event_id": "numbers of the journal; read in order inside an account, so a range for each machine will do",
}
"""Sequences that number rows of accounts; those of tables of the installation need no word."""

FUNCTIONS = {
    "keep_unique_values": "of the row that changed, by its own account",
    "revenue_begins": "of the rows that were made, by their own account; joins the account's row, a reference table",
    "revenue_moves": "of the rows that changed, by their own account; joins the account's row, a reference table",
    "erase_from_journal": "names the account that was entered in each of its statements",
    "say_where_events_begin": "reads the sequence and takes a lock where the account's rows are: the writer has to be "
    "connected to that machine, and not to another that passes statements on",
    "leave_numbers_behind": "moves the sequences of the machine an account comes to; run there",
    "locks_held": "the locks of this machine: whoever asks and whoever holds have to be connected to the account's",
    "database_identity": "which database this is: each machine answers for itself",
}
"""Functions that read or write tables, sequences or what the server knows of itself."""

KEYS: dict[str, str] = {}
"""Unique keys of an account's table that do not hold the account. There is none, and none should be needed."""

FOREIGN_KEYS: dict[str, str] = {}
"""Foreign keys of an account's table that do not hold the account. There is none, and none should be needed."""

STATEMENTS = {
    "membership": "a person's places, wherever they are (the policy own_places); asked for at signing in",
}
"""Tables of accounts that may be read without naming one."""
