import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from surveys.models import BusinessService, IntakeSource, Resolution, Ticket
from surveys.services.import_tickets import import_tickets
from tests.factories import NOW
from tests.surveys.test_register_tickets import world

pytestmark = pytest.mark.django_db

HEADER = (
    "number,state,business_service,category,requested_for,caller_id,opened_by,priority,opened_at,"
    "resolved_at,closed_at,sys_updated_on,made_sla,reopen_count,parent_incident"
)
ROWS = [
    "INC1,Resolved,E-mail,password,anna,ben,agent,3 - Moderate,2026-05-04 08:00:00,2026-05-04 10:00:00,,"
    "2026-05-04 10:00:01,true,0,",
    "INC2,Closed,E-mail,quota,,ben,agent,2 - High,2026-05-04 09:00:00,2026-05-05 09:00:00,"
    "2026-05-10 09:00:00,2026-05-10 09:00:00,false,0,INC1",
    "INC3,New,,Printing,,cleo,agent,4 - Low,2026-05-06 09:00:00,,,2026-05-06 09:00:00,true,0,",
]
LOG = """number,state,category,caller_id,sys_mod_count,made_sla,opened_at,sys_updated_at,resolved_at,closed_at
INC7,New,Printing,dan,0,true,29/2/2016 01:00,29/2/2016 01:10,3/3/2016 11:00,8/3/2016 12:00
INC7,Resolved,Printing,dan,1,true,29/2/2016 01:00,29/2/2016 09:00,3/3/2016 11:00,8/3/2016 12:00
INC7,Active,Printing,dan,2,true,29/2/2016 01:00,1/3/2016 08:00,3/3/2016 11:00,8/3/2016 12:00
INC7,Resolved,Printing,dan,3,true,29/2/2016 01:00,2/3/2016 11:00,3/3/2016 11:00,8/3/2016 12:00
INC7,Resolved,Printing,dan,4,true,29/2/2016 01:00,3/3/2016 11:00,3/3/2016 11:00,8/3/2016 12:00
INC7,Closed,Printing,dan,5,false,29/2/2016 01:00,8/3/2016 12:00,3/3/2016 11:00,8/3/2016 12:00
"""


@pytest.fixture(autouse=True)
def services(db: None) -> None:
    for key, name in (("mail", "E-mail"), ("printing", "Printing")):
        BusinessService.objects.create(key=key, name=name)


def export(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "export.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def run(path: Path, *options: str) -> tuple[str, str]:
    """Import and return what was printed and what was reported as errors."""
    out, errors = StringIO(), StringIO()
    call_command("import_tickets", str(path), *options, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_a_servicenow_export_becomes_tickets_and_resolutions(tmp_path: Path) -> None:
    out, errors = run(export(tmp_path, *ROWS))

    assert "3 tickets created" in out
    assert "2 resolutions" in out
    assert errors == ""
    one, two, three = Ticket.objects.order_by("number")
    assert [ticket.service.key for ticket in (one, two, three)] == ["mail", "mail", "printing"]
    assert [ticket.requester and ticket.requester.external_id for ticket in (one, two, three)] == [
        "anna",
        "ben",
        "cleo",
    ]
    assert [ticket.made_sla for ticket in (one, two, three)] == [None, False, None]
    assert (two.parent_number, two.priority, three.state) == ("INC1", 2, "open")


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    path = export(tmp_path, *ROWS)
    run(path)
    before = world()

    out, _ = run(path)

    assert "0 tickets created, 0 changed, 3 unchanged, 0 resolutions" in out
    assert world() == before


def test_a_file_with_three_broken_rows_names_exactly_these(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        ROWS[0],
        ROWS[1].replace("2026-05-05 09:00:00", "next week"),
        "INC4,too,short",
        ROWS[2],
        ROWS[2].replace("INC3", "INC5").replace("Printing", "Fax"),
    )

    out, errors = run(path)

    assert [line.split(":")[0] for line in errors.splitlines()] == [
        "line 3 (INC2)",
        "line 4 (INC4)",
        "line 6 (INC5)",
    ]
    assert "`resolved_at` is 'next week'" in errors
    assert "It has 3 cells where the header has 15." in errors
    assert "No business service is called 'Fax'" in errors
    assert "2 tickets created" in out
    assert "3 rejected" in out
    assert set(Ticket.objects.values_list("number", flat=True)) == {"INC1", "INC3"}


def test_strict_fails_after_importing_the_rest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Some rows were rejected"):
        run(export(tmp_path, ROWS[0], "INC4,too,short"), "--strict")

    assert Ticket.objects.count() == 1


def test_a_column_that_nothing_looks_at_is_named(tmp_path: Path) -> None:
    header = "number,category,opened_at,caller_email,email,Colour of it\n"
    path = tmp_path / "export.csv"
    path.write_text(
        header + "INC1,Printing,2026-05-01 08:00:00,a@example.org,b@example.org,red\n", encoding="utf-8"
    )

    done = import_tickets(path, source="servicenow", now=NOW)

    assert done.unread == ("email", "colour_of_it")


def test_a_file_in_windows_1252_is_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    rows = (
        "number,category,opened_at,short_description\nINC1,Printing,2026-05-01 08:00:00,Küche – kein Licht\n"
    )
    path.write_bytes(rows.encode("cp1252"))

    _, errors = run(path)

    assert Ticket.objects.get().short_description == "Küche – kein Licht"
    assert "was read as Windows-1252: “Küche”" in errors


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_of_a_file_in_utf_8_nothing_is_assumed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "export.csv"
    rows = (
        "number,category,opened_at,short_description\nINC1,Printing,2026-05-01 08:00:00,Küche – kein Licht\n"
    )
    path.write_bytes(rows.encode(encoding))

    _, errors = run(path)

    assert Ticket.objects.get().short_description == "Küche – kein Licht"
    assert "Windows-1252" not in errors


def test_in_a_generic_file_the_column_service_names_the_service(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("number,service,category,opened_at\nINC1,Printing,Toner,2026-05-01 08:00:00\n")

    done = import_tickets(path, source="desk", preset="generic", now=NOW)

    assert done.registration.created == 1


def test_a_workbook_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)))

    with pytest.raises(CommandError, match="a workbook, no CSV"):
        run(path)


def test_a_dry_run_names_the_broken_rows_and_writes_nothing(tmp_path: Path) -> None:
    out, errors = run(export(tmp_path, *ROWS, ROWS[2].replace("Printing", "Fax")), "--dry-run")

    assert (
        out.strip()
        == "4 rows (tickets) checked, 1 rejected, nothing written. Columns that were not read: opened_by."
    )
    assert errors.startswith("line 5 (INC3): No business service is called 'Fax'")
    assert not Ticket.objects.exists()


def test_the_service_column_can_be_named(tmp_path: Path) -> None:
    run(export(tmp_path, ROWS[0].replace("password", "Printing")), "--service-column", "category")

    assert Ticket.objects.get().service.key == "printing"


def test_the_mapping_of_the_source_is_used_where_there_is_one(tmp_path: Path) -> None:
    IntakeSource.objects.create(
        key="desk",
        name="Desk",
        preset="generic",
        secret="-",
        mapping={"number": "id", "service": "thing", "states": {"fertig": "resolved"}},
    )
    path = export(
        tmp_path,
        "7,fertig,mail,2026-05-04 08:00:00,2026-05-04 10:00:00",
        header="id,state,thing,opened_at,resolved_at",
    )

    run(path, "--source", "desk")

    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.number, ticket.state) == ("desk", "7", "resolved")


def test_an_audit_log_is_recognised_and_read_by_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)

    out, _ = run(path)

    assert "6 rows (updates of an audit log): 1 tickets created" in out
    first, second = Resolution.objects.order_by("resolved_at")
    assert f"{first.resolved_at:%Y-%m-%d %H:%M}" == "2016-02-29 09:00"
    assert f"{first.reopened_at:%Y-%m-%d %H:%M}" == "2016-03-01 08:00"
    assert f"{second.resolved_at:%Y-%m-%d %H:%M}" == "2016-03-02 11:00"
    assert Ticket.objects.get().made_sla is False

    before = world()
    run(path)
    assert world() == before


def test_an_audit_log_is_ordered_by_its_update_count_where_clocks_disagree(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "INC7,New,Printing,1,29/2/2016 01:00,29/2/2016 11:10",
        "INC7,Resolved,Printing,2,29/2/2016 01:00,29/2/2016 11:03",
        "INC7,Closed,Printing,3,29/2/2016 01:00,5/3/2016 12:00",
        header="number,state,category,sys_mod_count,opened_at,sys_updated_at",
    )

    run(path)

    assert Resolution.objects.get().reopened_at is None


@pytest.mark.parametrize("form", ["gzip", "byte order mark", "semicolons", "tabs", "labels"])
def test_files_are_read_as_people_export_them(tmp_path: Path, form: str) -> None:
    path = export(tmp_path, *ROWS, encoding="utf-8-sig" if form == "byte order mark" else "utf-8")
    text = path.read_text(encoding="utf-8")
    if form == "gzip":
        path = tmp_path / "export.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
    if form in ("semicolons", "tabs"):
        path.write_text(text.replace(",", ";" if form == "semicolons" else "\t"))
    if form == "labels":
        path.write_text(text.replace("number", "Number", 1).replace("opened_at", " Opened at", 1))

    out, _ = run(path)

    assert "3 tickets created" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"number,state,number\n", "The column 'number' is there twice"),
        (
            b"ticket,state\n",
            "There is no column number to tell the number of the ticket. Rename the columns, or",
        ),
        (b"", "found: nothing"),
        (b"number,state\nINC1,New\n", "There is no column business_service or category"),
        ("number,category\nINC1,K\u00fcche\n".encode("utf-16"), "neither in UTF-8 nor in Windows-1252. Save"),
        (b"number,category\nINC1,K\x81che\n", "neither in UTF-8 nor in Windows-1252. Save it as “CSV UTF-8”"),
        (b"number,category\nINC1,K\xfcche\nINC2,K\x81che\n", "neither in UTF-8 nor in Windows-1252. Save"),
        (
            b"number,category\nINC1,K\xc3\xbcche\nINC2,K\xfcche\n",
            "Some lines are in UTF-8 and others are not",
        ),
        (b'number,category\nINC1,"' + b"x" * 200_000 + b'"\n', "Line 2 cannot be read"),
        (b"\x1f\x8bnumber", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_correct(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError) as caught:
        run(path)

    assert words in str(caught.value)
    assert not Ticket.objects.exists()


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "missing.csv")


def test_an_empty_table_imports_nothing(tmp_path: Path) -> None:
    out, errors = run(export(tmp_path))

    assert "0 rows (tickets): 0 tickets created" in out
    assert errors == ""


def test_a_terminal_sees_a_bar_and_a_log_does_not(tmp_path: Path) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    path, terminal = export(tmp_path, *ROWS), Terminal()

    call_command("import_tickets", str(path), stdout=StringIO(), stderr=terminal)

    assert "Writing [##############################] 3 of 3" in terminal.getvalue()
    assert run(path)[1] == ""
