"""Whether accounts could live on several database machines: what does not keep to one account, and why it may not.

A row finds its machine by its account. So every key has to hold ``account_id``, no statement may look for rows of an
account without naming it, and nothing in the database may reach across. What does is declared in
:mod:`kalends.accounts.distribution.declared`, each with its reason; what is not declared is a finding.
"""

from kalends.accounts.distribution.findings import Finding, Report
from kalends.accounts.distribution.keys import look_at_tables
from kalends.accounts.distribution.statements import Statement, look_at_statements, written_statements

__all__ = ["Finding", "Report", "Statement", "look_at_statements", "look_at_tables", "written_statements"]
