"""The row of an account itself: anybody's is read (whoever comes has to be led to theirs), one's own is changed."""

from django.db import migrations

WALL = """
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_any ON account FOR SELECT USING (true);
CREATE POLICY make_any ON account FOR INSERT WITH CHECK (true);
CREATE POLICY change_own ON account FOR UPDATE
    USING (id = (SELECT nullif(current_setting('kalends.account_id', true), '')::bigint));
CREATE POLICY delete_own ON account FOR DELETE
    USING (id = (SELECT nullif(current_setting('kalends.account_id', true), '')::bigint));
"""
BACK = """
DROP POLICY delete_own ON account;
DROP POLICY change_own ON account;
DROP POLICY make_any ON account;
DROP POLICY read_any ON account;
ALTER TABLE account DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    kept_from = {
        "ROW LEVEL SECURITY account": "anybody is read as before, and who changes one has entered it"
    }

    dependencies = [("accounts", "0014_operations")]

    operations = [migrations.RunSQL(WALL, BACK)]
