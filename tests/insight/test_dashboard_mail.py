"""Emailed dashboards: due by the account's clock, once, and with what each reader may see at that moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import pytest
from psycopg import Connection
from pypdf import PdfReader

from kalends.accounts.people import add_member, add_user
from kalends.core.timetable import Rhythm
from kalends.insight.dashboards import add_tile, create_dashboard, delete_dashboard
from kalends.insight.mail import turn
from kalends.insight.mail.schedule import (
    Mail,
    ask_for_mail,
    delete_mail,
    mails_of,
    schedule_mail,
    switch_mail,
)
from kalends.insight.saved import ReportRefused, save_report
from kalends.messages.envelope import seal
from kalends.messages.letters.render import MessageRow, render
from kalends.views.saved import Viewer
from tests.world import World

MORNING = dt.time(8)


class Office:
    """A dashboard, its maker, and short words for its emails."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.boss = self.user("Maja Lindqvist", "admin")
        self.viewer = Viewer(self.boss, is_administrator=True)
        self.at("2026-03-27 12:00")
        self.board = create_dashboard(world.db, self.ctx, self.viewer, name="Monday", sharing="everyone")
        add_tile(world.db, self.ctx, self.viewer, self.board, "ready:mrr")

    def user(self, name: str, role: str, language: str = "en") -> int:
        email = f"{name.partition(' ')[0].lower()}.{self.world.ctx.id}@kalends.test"
        user = add_user(self.world.db, email=email, name=name, language=language)
        add_member(self.world.db, self.world.ctx.id, user, role)
        return user

    def at(self, wall: str) -> None:
        """Let the account's clock stand at a moment in UTC."""
        self.ctx = replace(self.world.ctx, now=dt.datetime.fromisoformat(f"{wall}+00:00"))

    def schedule(self, rhythm: Rhythm, users: Sequence[int] = (), format_: str = "pdf") -> int:
        return schedule_mail(
            self.world.db, self.ctx, self.viewer, self.board, recipients=users or [self.boss], rhythm=rhythm,
            format_=format_,  # type: ignore[arg-type]
        )  # fmt: skip

    def mail(self, id_: int) -> Mail:
        (found,) = mails_of(self.world.db, self.ctx, self.viewer, self.board, id_=id_)
        return found

    def send(self) -> int:
        return turn.send_due(self.world.db, self.ctx)

    def letters(self, id_: int) -> list[MessageRow]:
        rows = self.world.rows(
            "SELECT id, kind, object_id, occasion, recipient, language, created_at, given FROM message "
            "WHERE account_id = %s AND kind = 'dashboard' AND object_id = %s ORDER BY id",
            self.ctx.id,
            id_,
        )
        return [MessageRow(*row) for row in rows]


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_a_dashboard_is_due_at_the_same_time_of_the_account_s_day_before_and_after_the_clocks_change(
    office: Office,
) -> None:
    assert office.ctx.time_zone == "Europe/Oslo"
    id_ = office.schedule(Rhythm("day", MORNING))
    office.at("2026-03-28 06:59")
    assert office.send() == 0
    office.at("2026-03-28 07:00")
    assert office.send() == 1
    office.at("2026-03-29 06:00")  # 08:00 in summer
    assert office.send() == 1
    assert [each.occasion for each in office.letters(id_)] == [
        "2026-03-28T07:00:00+00:00",
        "2026-03-29T06:00:00+00:00",
    ]


def test_what_was_missed_is_sent_once(office: Office) -> None:
    id_ = office.schedule(Rhythm("week", MORNING, 1))
    office.at("2026-05-20 12:00")
    assert (office.send(), office.send()) == (1, 0)
    assert office.mail(id_).next_at.isoformat() == "2026-05-25T06:00:00+00:00"


def test_a_worker_that_is_killed_leaves_nothing_half_done_and_the_next_one_sends_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = office.user("Ola Nordmann", "admin")
    id_ = office.schedule(Rhythm("day", MORNING), [office.boss, other])
    office.at("2026-03-28 07:00")
    told, tell = [], turn.tell_user

    def killed(db: Connection[tuple[object, ...]], *rest: object, **more: object) -> bool:
        told.append(more["user_id"])
        if len(told) == 2:
            raise KeyboardInterrupt
        return tell(db, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(turn, "tell_user", killed)
    with pytest.raises(KeyboardInterrupt):
        office.send()
    assert office.letters(id_) == []
    assert office.send() == 2
    # A copy of the row from before would decide on the same letters: the outbox has them already.
    office.world.db.execute("UPDATE dashboard_mail SET next_at = %s WHERE id = %s", [office.ctx.now, id_])
    assert office.send() == 0
    assert len(office.letters(id_)) == 2


def test_each_reader_gets_what_they_may_see_and_who_may_not_see_it_any_more_gets_none(office: Office) -> None:
    world = office.world
    customer = world.customer()
    world.db.execute(
        "UPDATE contact SET owner_id = %s WHERE account_id = %s AND id = %s",
        [office.boss, office.ctx.id, customer],
    )
    content = {
        "object": "contact",
        "measures": ["count:contact"],
        "shape": "table",
        "rows": "contact.firstname",
    }
    kept = save_report(world.db, office.ctx, office.viewer, name="Names", content=content, sharing="everyone")
    add_tile(world.db, office.ctx, office.viewer, office.board, f"saved:{kept}")
    seller = office.user("Kari Selger", "sales", "nb")
    gone, barred = office.user("Liv Borte", "admin"), office.user("Per Stengt", "admin")
    id_ = office.schedule(Rhythm("day", MORNING), [office.boss, seller, gone, barred])
    world.db.execute("DELETE FROM membership WHERE user_id = %s", [gone])
    world.db.execute("UPDATE app_user SET is_active = false WHERE id = %s", [barred])
    office.at("2026-03-28 07:00")
    assert office.send() == 2
    full, own = (row.given["page"]["reports"][1]["rows"] for row in office.letters(id_) if row.given)
    assert ["Kari", "1"] in full
    assert own == []
    assert [row.language for row in office.letters(id_)] == ["en", "nb"]
    assert office.mail(id_).left_out == ((gone, "account"), (barred, "reports"))
    world.db.execute(
        "UPDATE dashboard SET sharing = 'private' WHERE account_id = %s AND id = %s",
        [office.ctx.id, office.board],
    )
    office.at("2026-03-29 07:00")
    assert office.send() == 1
    assert (seller, "dashboard") in office.mail(id_).left_out


@pytest.mark.parametrize("format_", ["pdf", "png"])
def test_the_attachment_opens_and_names_the_dashboard_and_its_reports(office: Office, format_: str) -> None:
    office.world.subscribe(office.world.customer())
    add_tile(office.world.db, office.ctx, office.viewer, office.board, "ready:cohorts")
    id_ = office.schedule(Rhythm("month", MORNING, 31), format_=format_)
    ask_for_mail(office.world.db, office.ctx, office.viewer, office.board, id_)
    assert office.send() == 1
    (row,) = office.letters(id_)
    letter = render(office.world.db, office.ctx, row)
    assert "Monday, 27 March 2026" in letter.subject
    assert f"/{office.ctx.id}/analytics/dashboards/{office.board}" in letter.text
    message = seal(office.ctx, row, letter).message
    (attached,) = message.iter_attachments()
    content = attached.get_content()
    assert attached.get_filename() == f"Monday-2026-03-27.{format_}"
    if format_ == "png":
        assert content.startswith(b"\x89PNG")
        return
    assert content.startswith(b"%PDF")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    for said in ("Monday", "27 March 2026", "MRR over time", "Revenue retention by start month"):
        assert said in text


def test_an_email_is_turned_off_sent_now_and_deleted_by_its_maker_or_an_administrator(office: Office) -> None:
    world, about = office.world, (office.viewer, office.board)
    id_ = office.schedule(Rhythm("day", MORNING))
    switch_mail(world.db, office.ctx, *about, id_, on=False)
    office.at("2026-04-02 12:00")
    assert office.send() == 0
    for _ in range(2):  # asked for twice before it is done
        ask_for_mail(world.db, office.ctx, *about, id_)
    assert (office.send(), office.send()) == (1, 0)
    ask_for_mail(world.db, office.ctx, *about, id_)
    assert office.send() == 1
    switch_mail(world.db, office.ctx, *about, id_, on=True)
    assert office.mail(id_).next_at.isoformat() == "2026-04-03T06:00:00+00:00"
    stranger = Viewer(office.user("Ola Nordmann", "sales"))
    with pytest.raises(ReportRefused, match="They and administrators"):
        delete_mail(world.db, office.ctx, stranger, office.board, id_)
    delete_mail(world.db, office.ctx, *about, id_)
    with pytest.raises(ReportRefused, match="may see reports"):
        office.schedule(Rhythm("day", MORNING), [office.boss, 0])
    office.schedule(Rhythm("day", MORNING))
    delete_dashboard(world.db, office.ctx, office.viewer, office.board)
    office.at("2026-04-09 12:00")
    assert office.send() == 0
