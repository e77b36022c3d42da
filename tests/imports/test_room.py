"""The import of files: guessed, rehearsed, run in blocks, undone; and nothing is charged during a move."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import Grants, Rights
from kalends.crm import records
from kalends.crm.erasure import erase_contact
from kalends.crm.records import Who, Wish
from kalends.crm.schema import account_object
from kalends.exports.files import Target
from kalends.exports.make import make_file
from kalends.exports.request import Request
from kalends.imports import carry, release, runs, undo
from kalends.imports.plan import KEY, Plan, WrongPlan, check
from kalends.query import Scope
from tests.imports.conftest import Desk, csv_of
from tests.world import World

PEOPLE = csv_of(
    ["E-post", "Fornavn", "Etternavn", "By"],
    ["kari@nordlys.test", "Kari", "Åsen", "Bodø"],
    ["ola@nordlys.test", "Ola", "Berg", "Tromsø"],
)


def exported(world: World, asked: Request, desk: Desk, language: str) -> bytes:
    target = Target(desk.folder, f"export{language}{asked.format}", "book", world.ctx.now)
    make_file(world.db, world.ctx, asked, target, lambda progress: None)
    return target.complete.read_bytes()


@pytest.mark.parametrize(("language", "form"), [("en", "csv"), ("nb", "xlsx"), ("fi", "csv")])
def test_what_is_exported_can_be_imported_and_says_the_same(
    desk: Desk, world: World, language: str, form: str
) -> None:
    world.customer("Kari Åsen", city="Bodø", phone="+47 22 33 44 55", language="no")
    world.customer("=1+1 Vestfjord", city="Åndalsnes", job_title="Sjef; innkjøp")
    asked = Request(object="contact", scope="properties", language=language, format=form, mark=True)  # type: ignore[arg-type]
    content = exported(world, asked, desk, language)
    again = desk.do(desk.put("contact", content), "rehearse", "run")
    assert (again.status, again.found) == ("done", {"unchanged": 2, "bad": 0}), desk.problems(again)

    world.db.execute("UPDATE contact SET archived_at = updated_at WHERE account_id = %s", [world.ctx.id])
    before = desk.rows(
        "SELECT first_name, last_name, city, phone, job_title FROM contact WHERE account_id = %s ORDER BY city"
    )
    new = desk.do(desk.put("contact", content), "rehearse", "run")
    assert new.found == {"created": 2, "bad": 0}, desk.problems(new)
    assert before == desk.rows(
        "SELECT first_name, last_name, city, phone, job_title FROM contact "
        "WHERE account_id = %s AND archived_at IS NULL ORDER BY city"
    )


@pytest.mark.parametrize(
    "name", ["subscription", "line_item", "invoice", "payment", "company", "deal", "product"]
)
def test_an_export_of_any_object_with_everything_changes_nothing_when_it_comes_back(
    desk: Desk, world: World, name: str
) -> None:
    kari = world.customer("Kari Åsen")
    world.subscribe(kari, "1250.50", method=world.method(kari), currency="NOK")
    world.subscribe(kari, "99", start=dt.date(2026, 3, 1), tax="25")
    world.until("2026-02-05")
    desk.ctx = world.ctx
    wanted = {
        "company": {"name": "Nordlys AS", "domain": "nordlys.test", "annualrevenue": "1000000"},
        "deal": {"dealname": "Ladepark", "dealstage": "appointmentscheduled", "amount": "12.50"},
        "product": {"name": "Fleet Core", "price": "49.90"},
    }
    if name in wanted:
        obj = account_object(desk.db, desk.ctx, name)
        drafts = records.prepare_new(desk.db, desk.ctx, obj, [records.New(wanted[name])])
        records.write_new(desk.db, desk.ctx, obj, drafts, Who("user:1"))
    content = exported(world, Request(object=name, scope="everything", language="fi"), desk, "fi")
    again = desk.do(desk.put(name, content), "rehearse")
    assert desk.problems(again) == []
    assert {verdict for verdict, count in again.found.items() if count} == {"unchanged"}


def test_a_rehearsal_counts_everything_and_writes_no_record(desk: Desk) -> None:
    one = desk.do(desk.put("contact", PEOPLE), "rehearse")
    assert (one.status, one.found, one.rows) == ("checked", {"created": 2}, 2)
    assert desk.rows("SELECT count(*) FROM contact WHERE account_id = %s") == [(0,)]
    with pytest.raises(runs.ImportRefused):
        runs.let_begin(desk.db, desk.ctx, one.id, "undo")


def test_a_worker_that_is_killed_leaves_whole_blocks_and_the_next_one_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry, "BLOCK_ROWS", 2)
    rows = [[f"p{number}@nordlys.test", f"P{number}"] for number in range(5)]
    one = desk.do(desk.put("contact", csv_of(["Email", "First name"], *rows)), "rehearse")
    runs.let_begin(desk.db, desk.ctx, one.id, "run")
    desk.work(blocks=1)
    desk.work(stopping=lambda: True)
    assert desk.see(one.id).rows_done == 2
    while desk.see(one.id).is_open:
        desk.work(blocks=1)
    assert desk.see(one.id).found == {"created": 5, "bad": 0}
    assert desk.rows("SELECT count(*) FROM contact WHERE account_id = %s") == [(5,)]


def test_canceling_keeps_what_is_there_and_it_can_be_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry, "BLOCK_ROWS", 1)
    one = desk.do(desk.put("contact", PEOPLE), "rehearse")
    runs.let_begin(desk.db, desk.ctx, one.id, "run")
    desk.work(blocks=1)
    runs.cancel(desk.db, desk.ctx, one.id, now=desk.ctx.now, actor="user:1")
    desk.work()
    assert desk.see(one.id).status == "canceled"
    assert desk.do(one, "undo").status == "undone"
    assert desk.rows("SELECT count(*) FROM contact WHERE account_id = %s AND archived_at IS NULL") == [(0,)]


def test_undoing_archives_what_was_made_and_gives_values_back_unless_somebody_changed_them_since(
    desk: Desk, world: World
) -> None:
    known = world.customer("Kari Gammel", city="Bergen")
    (email,) = world.one("SELECT email FROM contact WHERE id = %s", known)
    file = csv_of(
        ["Email", "First name", "City"],
        [email, "Karoline", "Oslo"],
        ["ny@nordlys.test", "Ny", "Oslo"],
        ["kjent@nordlys.test", "Kjent", "Oslo"],
    )
    one = desk.do(desk.put("contact", file), "rehearse", "run")
    assert one.found == {"created": 2, "updated": 1, "bad": 0}
    made = {row[1]: row[0] for row in desk.rows("SELECT id, email FROM contact WHERE account_id = %s")}
    obj, who = account_object(desk.db, desk.ctx, "contact"), Who("user:1")
    later = {known: "Molde", made["kjent@nordlys.test"]: "Molde"}
    changes = records.prepare_changes(
        desk.db, desk.ctx, obj, [Wish(id_, {"city": city}) for id_, city in later.items()]
    )
    records.write_changes(desk.db, desk.ctx, obj, changes.changes, who)

    told = undo.consequence(desk.db, desk.ctx, one)
    kept = (made["kjent@nordlys.test"], undo.CHANGED)
    assert (told.archived, told.restored, told.kept) == (1, 1, [kept])
    assert desk.do(one, "undo").status == "undone"
    assert undo.kept_records(desk.db, desk.ctx, one) == [kept]
    assert desk.rows(
        "SELECT first_name, city FROM contact WHERE account_id = %s AND archived_at IS NULL ORDER BY id"
    ) == [("Kari", "Molde"), ("Kjent", "Molde")]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (csv_of(["Email", "First name"], ["kari@", "Kari"]), [(2, "Email", "kari@")]),
        (
            csv_of(["Email", "City"], ["a@x.test", "Oslo"], ["A@x.test", "Bodø"]),
            [(3, "Email", "a@x.test")],
        ),
        ("Email,City\nkari@x.test,B\udcf8d\udcf8\n".encode("utf-8", "surrogateescape"), []),
        (
            csv_of(["Email", "Preferred language"], ["a@x.test", "Klingon"]),
            [(2, "Preferred language", "klingon")],
        ),
        (
            csv_of(["Email", "Associated Company IDs"], ["a@x.test", "999999999999"]),
            [(2, "Associated Company IDs", "999999999999")],
        ),
        ('Email,City\na@x.test,"Os"lo\nb@x.test,Oslo\n', [(2, "", "")]),
        ("Email,City\na@x.test,Oslo,more\n", [(2, "", "")]),
        (csv_of(["Email", "Favorite color"], ["a@x.test", "blue"]), []),
        (csv_of(["Email", "City"], ["a@x.test", "=HYPERLINK(A1)"]), []),
    ],
    ids=[
        "address",
        "twice",
        "windows",
        "option",
        "wrong-account",
        "quotes",
        "too-wide",
        "unknown",
        "formula",
    ],
)
def test_each_bad_row_is_named_by_row_column_and_value_and_the_others_come_in(
    desk: Desk, content: str | bytes, wrong: list[tuple[int, str, str]]
) -> None:
    one = desk.do(desk.put("contact", content), "rehearse")
    found = [(row, column, value.lower()) for row, column, value in desk.problems(one)]
    assert found == [(row, column, value.lower()) for row, column, value in wrong]
    assert one.found.get("bad", 0) == len(wrong)
    assert desk.do(one, "run").status == "done"


def test_bytes_that_are_no_letters_are_told_with_the_encoding_that_was_chosen(desk: Desk) -> None:
    content = "Email,City\nkari@x.test,Bodø\n".encode("cp1252")
    one = desk.do(desk.put("contact", content, encoding="utf-8"), "rehearse")
    (problem,) = runs.problems(desk.db, desk.ctx, one.id)
    assert (problem.row, problem.column, problem.value) == (2, "City", "Bod\\xf8")
    assert "not utf-8" in problem.remedy


def test_days_and_numbers_are_read_as_the_file_writes_them(desk: Desk) -> None:
    file = "Deal name;Deal stage;Amount;Close date\nLadepark;Appointment scheduled;12 345,50;31.12.2025\n"
    one = desk.put("deal", file)
    assert (one.plan.delimiter, one.plan.dates, one.plan.decimal) == (";", "DD.MM.YYYY", ",")
    one = desk.do(one, "rehearse", "run")
    assert desk.problems(one) == []
    ((amount, closes),) = desk.rows("SELECT amount, close_at FROM deal WHERE account_id = %s")
    assert amount == Decimal("12345.50")
    assert closes == dt.datetime(2025, 12, 30, 23, tzinfo=dt.UTC)


def test_a_sheet_of_xlsx_is_read_with_its_own_days_and_numbers(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Company name", "Number of employees"], ["Nordlys AS", 74], ["Fjord AS", "=1+1"]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    one = desk.do(desk.put("company", out.getvalue(), identify="", mode="create"), "rehearse", "run")
    assert one.found == {"created": 2, "bad": 0}
    assert desk.rows("SELECT name, employees FROM company WHERE account_id = %s ORDER BY id")[0] == (
        "Nordlys AS",
        74,
    )


STRIPE_CUSTOMERS = csv_of(
    ["id", "Description", "Email", "Name", "Created (UTC)", "Delinquent"],
    ["cus_1", "", "kari@x.test", "Kari Åsen", "2024-01-05 10:00", "false"],
)
STRIPE_SUBSCRIPTIONS = csv_of(
    "id,Customer ID,Plan,Product,Quantity,Currency,Interval,Amount,Status,Start (UTC),Current Period End (UTC)".split(
        ","
    ),
    "sub_1,cus_1,price_1,Fleet Core,2,eur,month,49.90,active,2024-01-05 10:00,2026-01-05 10:00".split(","),
    "sub_2,cus_1,price_1,Fleet Core,1,eur,month,49.90,canceled,2024-01-05 10:00,2026-01-05 10:00".split(","),
)
STRIPE_INVOICES = csv_of(
    "id,Amount Due,Amount Paid,Currency,Customer,Date (UTC),Number,Status,Subscription,Total".split(","),
    "in_1,99.80,99.80,eur,cus_1,2025-12-05 10:00,NL-1,paid,sub_1,99.80".split(","),
    "in_2,99.80,0.00,eur,cus_1,2025-12-05 10:00,NL-2,open,sub_1,99.80".split(","),
)


def test_a_business_moves_from_stripe_with_its_history_and_nothing_is_charged_until_it_is_released(
    desk: Desk, world: World
) -> None:
    for name, content in (
        ("contact", STRIPE_CUSTOMERS),
        ("subscription", STRIPE_SUBSCRIPTIONS),
        ("payment", STRIPE_INVOICES),
    ):
        one = desk.do(desk.put(name, content), "rehearse", "run")
        assert one.plan.source == "stripe"
        assert one.found["created"] == 1, desk.problems(one)
        if name == "subscription":
            moved = one
            assert desk.problems(one) == [(3, "Status", "canceled")]
        if name == "payment":
            assert desk.problems(one) == [(3, "Status", "open")]
    assert desk.rows(
        "SELECT amount_minor, currency, status, subscription_id IS NOT NULL, invoice_id FROM payment "
        "WHERE account_id = %s"
    ) == [(9980, "EUR", "succeeded", True, None)]

    world.until("2026-02-10")
    assert desk.rows("SELECT count(*) FROM invoice WHERE account_id = %s") == [(0,)]
    (waits,) = release.waiting(world.db, world.ctx, moved.id)
    (first,) = release.rehearse_release(world.db, world.ctx, [waits], "user:1")
    assert (first.on, first.amount_minor, first.refusal) == (dt.date(2026, 3, 5), 9980, None)
    assert release.waiting(world.db, world.ctx, moved.id) == [waits]
    with world.db.transaction():
        assert release.release(world.db, world.ctx, [waits], "user:1") == [first]
    world.until("2026-03-06")
    assert world.invoices(waits.id, "total_minor") == [9980]
    assert undo.consequence(world.db, world.ctx, moved).kept == [
        (waits.id, undo.CHANGED)
    ] or undo.consequence(world.db, world.ctx, moved).kept == [(waits.id, undo.BILLED)]


def test_numbers_of_another_system_are_kept_so_that_the_next_file_ties_by_them(desk: Desk) -> None:
    companies = csv_of(
        ["Record ID", "Company name", "Company Domain Name"], ["771", "Nordlys AS", "nordlys.test"]
    )
    one = desk.put("company", companies)
    assert (one.plan.source, one.plan.targets[0], one.plan.identify) == ("elsewhere", KEY, "domain")
    desk.do(one, "rehearse", "run")
    people = csv_of(["Record ID", "Email", "Associated Company IDs"], ["12", "kari@x.test", "771"])
    one = desk.do(desk.put("contact", people), "rehearse", "run")
    assert one.found == {"created": 1, "bad": 0}, desk.problems(one)
    assert len(desk.rows("SELECT 1 FROM association WHERE account_id = %s AND from_type = 'contact'")) == 1


def test_only_records_that_the_user_may_change_are_changed_and_what_may_not_be_seen_is_not_found(
    desk: Desk, world: World
) -> None:
    grants = Grants({"contact": Rights(Scope.OWNED, Scope.OWNED)}, frozenset({"import"}), unassigned=False)
    ((role,),) = desk.db.execute(
        "INSERT INTO role (account_id, name, grants, created_at, updated_at) VALUES (%s, 'Own', %s, %s, %s) "
        "RETURNING id",
        [desk.ctx.id, Jsonb(grants.stored()), desk.ctx.now, desk.ctx.now],
    ).fetchall()
    desk.db.execute("UPDATE membership SET role_id = %s WHERE account_id = %s", [role, desk.ctx.id])
    mine, theirs = world.customer("Kari Mi", owner_id=desk.user.id), world.customer("Ola Deres")
    emails = [world.one("SELECT email FROM contact WHERE id = %s", each)[0] for each in (mine, theirs)]
    file = csv_of(["Email", "City"], *[[email, "Oslo"] for email in emails])
    one = desk.do(desk.put("contact", file), "rehearse", "run")
    assert one.found == {"updated": 1, "bad": 1}
    assert desk.problems(one) == [(3, "Email", emails[1])]

    desk.db.execute(
        "UPDATE membership SET role_id = NULL, role = 'reader' WHERE account_id = %s", [desk.ctx.id]
    )
    again = desk.do(desk.put("contact", file), "rehearse")
    assert (again.status, again.problem) == ("failed", "Whoever asked may not import records any more.")


def test_a_person_who_is_erased_is_gone_from_what_imports_remember(desk: Desk) -> None:
    file = csv_of(
        ["Record ID", "Email", "First name"],
        ["771", "kari@x.test", "Kari"],
        ["772", "KARI@x.test", "Kari"],
        ["773", "ola@x.test", "Ola"],
    )
    desk.do(desk.put("contact", file), "rehearse", "run")
    (kari,) = next(iter(desk.rows("SELECT id FROM contact WHERE account_id = %s AND email = 'kari@x.test'")))
    erase_contact(desk.db, desk.ctx, kari, actor="user:1")
    remembered = desk.rows(
        "SELECT identity, problems::text FROM import_row WHERE account_id = %s ORDER BY row"
    )
    assert remembered == [(None, "[]"), (None, "[]"), ("ola@x.test", "[]")]
    assert desk.rows("SELECT name FROM imported_key WHERE account_id = %s") == [("773",)]


def test_files_and_what_their_rows_said_are_thrown_away_after_thirty_days_and_undoing_works_all_the_same(
    desk: Desk,
) -> None:
    one = desk.do(desk.put("contact", PEOPLE), "rehearse", "run")
    path = desk.folder / one.key
    assert carry.expire(desk.db, desk.ctx, desk.folder, one.asked_at + dt.timedelta(days=29)) == 0
    assert path.is_file()
    assert carry.expire(desk.db, desk.ctx, desk.folder, one.asked_at + dt.timedelta(days=30)) == 1
    assert not path.is_file()
    assert desk.rows("SELECT identity FROM import_row WHERE account_id = %s") == [(None,), (None,)]
    assert desk.do(one, "undo").status == "undone"
    assert desk.rows("SELECT count(*) FROM contact WHERE account_id = %s AND archived_at IS NULL") == [(0,)]


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (Plan(object="contact", targets=("email", "email"), identify="email"), "twice"),
        (Plan(object="contact", targets=("", "")), "nothing"),
        (Plan(object="contact", targets=("hs_object_id", "email"), identify="hs_object_id"), "record_id_new"),
        (Plan(object="contact", targets=("firstname", ""), identify="email"), "identify_column"),
        (Plan(object="contact", targets=("firstname", "")), "identify_nothing"),
        (Plan(object="contact", targets=("createdate", "email"), identify="email"), "target"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_plan_that_cannot_be_followed_is_refused(
    account: AccountContext, desk: Desk, plan: Plan, reason: str
) -> None:
    with pytest.raises(WrongPlan) as refusal:
        check(plan, account_object(desk.db, account, plan.object), 2)
    assert refusal.value.reason == reason
