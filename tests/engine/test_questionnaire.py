import pytest

from surveys.engine.questionnaire import ticket_title, varied


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("Printer on floor 3", "Printer on floor 3"),
        ("  Printer\non\t floor 3\r\nBcc: all@example.org ", "Printer on floor 3 Bcc: all@example.org"),
        ("", "INC1"),
        (" \n", "INC1"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_a_ticket_is_named_on_one_short_line(description: str, title: str) -> None:
    assert ticket_title(description, "INC1") == title


def test_the_order_of_reasons_varies_by_invitation_and_stays_for_each() -> None:
    keys = ["slow", "not_solved", "came_back", "no_news"]
    orders = [tuple(varied(keys, seed=str(number))) for number in range(200)]

    assert orders == [tuple(varied(keys, seed=str(number))) for number in range(200)]
    assert all(sorted(order) == sorted(keys) for order in orders)
    firsts = [order[0] for order in orders]
    assert all(30 < firsts.count(key) < 70 for key in keys)
