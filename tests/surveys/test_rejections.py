"""What engines refuse, they say in English; pages say it in the reader's language, every sentence of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from surveys.engine.tickets import TicketRecord, contradiction
from surveys.models import IntakeEvent, IntakeSource, User
from surveys.rejections import told_reasons
from surveys.selectors.service_names import ServiceNames
from tests.factories import NOW

ROOT = Path(__file__).resolve().parents[2]
REFUSING = (
    "surveys/engine/values.py",
    "surveys/engine/field_paths.py",
    "surveys/engine/state_words.py",
    "surveys/engine/mapping.py",
    "surveys/engine/alerts.py",
    "surveys/engine/answer_rows.py",
    "surveys/engine/people.py",
    "surveys/services/csv_tables.py",
    "surveys/services/import_people.py",
    "surveys/services/ticket_file.py",
    "surveys/services/upload_tickets.py",
    "surveys/services/apply_intake.py",
    "surveys/services/jobs.py",
    "experience/demo/sample.py",
    "experience/demo/sample_removal.py",
)


def sentences_raised(path: str) -> Iterator[str]:
    """Yield what the errors of a module say, with a word in each place of a value."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
            continue
        words = node.exc.args[0]
        if isinstance(words, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "abc" for part in words.values)
        elif isinstance(words, ast.Constant):
            yield words.value


RAISED = [(path, words) for path in REFUSING for words in sentences_raised(path)]


def in_german(text: str) -> str:
    with translation.override("de"):
        return told_reasons(text)


def test_there_are_sentences_to_hold_to() -> None:
    assert len(RAISED) > 40


@pytest.mark.parametrize(("path", "words"), RAISED, ids=[f"{path}: {words[:40]}" for path, words in RAISED])
def test_every_sentence_of_a_refusal_is_read_in_german(path: str, words: str) -> None:
    assert in_german(words) != words


def test_a_ticket_that_contradicts_itself_is_told_in_german() -> None:
    nameless, backwards = (
        TicketRecord(number="", state="open"),
        TicketRecord(number="INC1", state="resolved", opened_at=NOW, resolved_at=NOW.replace(year=2020)),
    )

    for record in (nameless, backwards):
        words = contradiction(record)
        assert words is not None
        assert in_german(words) != words


@pytest.mark.parametrize("name", ["", "Payroll"])
def test_an_unknown_service_is_told_in_german(name: str) -> None:
    words = ServiceNames("desk", {}, {}).unknown(name)

    assert in_german(words) != words
    assert name in in_german(words)


def test_several_reasons_keep_their_ticket_numbers() -> None:
    text = (
        "INC1: The ticket has no number. Map the field `number`. · "
        "The mapping of Desk does not work. There is no preset 'x'. Choose one of a, b."
    )

    said = in_german(text)

    assert said.startswith("INC1: Das Ticket hat keine Nummer.")
    assert "Die Zuordnung von Desk funktioniert nicht. Es gibt keine Vorlage 'x'." in said
    assert told_reasons(text) == text


def test_what_no_template_knows_stays_as_it_is() -> None:
    assert in_german("Something else: 7 · and more") == "Something else: 7 · and more"


@pytest.mark.django_db
def test_the_inbound_page_says_the_reason_in_the_language_of_the_reader(
    client: Client, agreement_admin: User
) -> None:
    source = IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="s" * 16)
    IntakeEvent.objects.create(
        source=source,
        idempotency_key="1",
        body="{}",
        received_at=NOW,
        due_at=NOW,
        state=IntakeEvent.State.FAILED,
        reason="INC1: It does not say when the ticket was opened. Map the field `opened_at`.",
    )
    client.force_login(agreement_admin)

    words = client.get("/data/inbound/", headers={"accept-language": "de"}).content.decode()

    assert "INC1: Es steht nicht darin, wann das Ticket eröffnet wurde." in words
