import pytest

from surveys.engine.questionnaire import ticket_title


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
