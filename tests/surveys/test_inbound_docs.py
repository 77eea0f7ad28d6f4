from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from surveys.engine.answer_rows import COLUMNS
from surveys.engine.servicenow import CLOSES_AFTER
from surveys.engine.ticket_presets import FIELDS, PRESETS, STATES
from surveys.engine.tickets import TicketRecord

DOCS = Path(settings.BASE_DIR) / "docs"
INTAKE, IMPORT = ((DOCS / name).read_text(encoding="utf-8") for name in ("intake.md", "import.md"))
GENERAL_OPTIONS = {"version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color"}


@pytest.mark.parametrize("name", [*FIELDS, *PRESETS, *STATES])
def test_every_field_preset_and_state_is_described(name: str) -> None:
    assert f"`{name}`" in INTAKE


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_answers_is_described(column: str) -> None:
    assert f"`{column}`" in IMPORT


@pytest.mark.parametrize("command", ["import_tickets", "import_answers"])
def test_every_option_of_an_import_is_described(command: str) -> None:
    parser = load_command_class("surveys", command).create_parser("manage.py", command)
    general = GENERAL_OPTIONS | {"help", "path", "skip_checks"}

    for option in parser._actions:
        assert option.dest in general or f"`{option.option_strings[0]}" in IMPORT, option.dest


def test_the_convention_for_closing_is_described() -> None:
    assert f"{CLOSES_AFTER.total_seconds() / 3600:.0f} hours before its closing" in IMPORT


def test_every_field_of_a_record_can_be_mapped() -> None:
    built = {"requester", "business_minutes", "line"}

    assert set(TicketRecord.__dataclass_fields__) - built <= set(FIELDS)
