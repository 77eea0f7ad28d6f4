from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.repeats import Contact, find_repeats

RESOLVED = datetime(2026, 5, 4, 12, tzinfo=UTC)
FIRST = Contact(1, ("anna", "mail", "password"), RESOLVED - timedelta(hours=3), (RESOLVED,))
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("claim", "subject", "after", "repeats"),
    [
        ("a day later", ("anna", "mail", "password"), timedelta(days=1), True),
        ("at once", ("anna", "mail", "password"), timedelta(0), True),
        ("exactly 7 days later", ("anna", "mail", "password"), WEEK, True),
        ("a minute more", ("anna", "mail", "password"), WEEK + timedelta(minutes=1), False),
        ("before it was resolved", ("anna", "mail", "password"), -timedelta(minutes=1), False),
        ("another person", ("ben", "mail", "password"), timedelta(days=1), False),
        ("another service", ("anna", "print", "password"), timedelta(days=1), False),
        ("another category", ("anna", "mail", "quota"), timedelta(days=1), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_repeat_contact_is_the_same_person_service_and_category_within_7_days(
    claim: str, subject: tuple[str, str, str], after: timedelta, repeats: bool
) -> None:
    second = Contact(2, subject, RESOLVED + after)

    found = find_repeats([second, FIRST])

    assert (2 in found.tickets) is repeats, claim
    assert found.came_back_at == ({(1, RESOLVED): RESOLVED + after} if repeats else {})


def test_a_reopened_ticket_does_not_repeat_itself() -> None:
    twice = Contact(1, "subject", RESOLVED - WEEK, (RESOLVED, RESOLVED + timedelta(days=2)))

    assert find_repeats([twice]).tickets == frozenset()


def test_the_first_return_counts_and_every_return_is_a_repeat() -> None:
    returns = [Contact(n, FIRST.subject, RESOLVED + timedelta(days=n)) for n in (2, 3)]

    found = find_repeats([FIRST, *returns])

    assert found.tickets == {2, 3}
    assert found.came_back_at == {(1, RESOLVED): RESOLVED + timedelta(days=2)}
