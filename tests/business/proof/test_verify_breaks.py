"""Break one thing at a time behind everybody's back: a proof names it. No check is there that cannot fail."""

import pytest

from kalends.proof.verify import CHECKS
from tests.business.proof.books import Book, opened_book
from tests.business.proof.breaks import ALL, Break


@pytest.mark.parametrize("broken", ALL, ids=lambda broken: f"{broken.check}: {broken.title}")
def test_what_is_broken_is_named(book: Book, broken: Break) -> None:
    report = book.verify_broken(*broken.statements, with_processors=broken.check == "processor statements")

    found = [str(difference) for difference in report.differences if difference.check == broken.check]
    assert any(line.startswith(broken.record) and broken.says in line for line in found), "\n".join(
        str(difference) for difference in report.differences
    )
    assert report.found >= 1
    assert not report.clean


def test_every_check_is_shown_to_be_able_to_fail() -> None:
    names = {name for check in CHECKS for name in check.names}
    assert names == {broken.check for broken in ALL}


def test_the_book_is_whole_again_after_all_that(book: Book) -> None:
    assert book.verify(with_processors=True).differences == []


def test_what_is_broken_in_one_account_is_no_matter_of_another(book: Book) -> None:
    with (
        opened_book() as other,
        book.broken(
            "UPDATE invoice SET total_minor = 1, subtotal_minor = 1, tax_minor = 0, order_discount_minor = 0, "
            "paid_minor = 0, credited_minor = 0 WHERE account_id = %(account)s"
        ),
    ):
        assert other.verify().clean
