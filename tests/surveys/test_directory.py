import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from experience.models import DayCell, GapEvent, Improvement, UnsolicitedText
from experience.services.evidence import rebuild_evidence
from surveys.models import (
    Bounce,
    CommentSentiment,
    ConfigurationChange,
    EvidenceChange,
    FollowUp,
    FollowUpReceiver,
    IntakeEvent,
    IntakeSource,
    Invitation,
    Job,
    Message,
    Person,
    Resolution,
    Response,
    SentAnswer,
    ServiceNotice,
    Ticket,
    User,
    Visit,
)
from surveys.selectors.person_export import person_export
from surveys.services.csv_tables import TableError
from surveys.services.erase_person import ErasedError, erase_person
from surveys.services.import_people import import_people
from surveys.services.outbox import put_notice
from tests.experience.factories import gap
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    DecisionFactory,
    InvitationFactory,
    MessageFactory,
    PersonFactory,
    ResolutionFactory,
    ResponseFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db
PEOPLE = """\
E-mail;External_ID;Name;Language;Location;Persona;Department;Time zone;Manager;Shoe size
Anna@Example.org;u1;Anna;de;Lindow;Nurse;Ward 3;Europe/Berlin;yes;38
ben@example.org;u2;Ben;;;;;;no;44
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


# --- import


def test_a_directory_is_imported_once(tmp_path: Path) -> None:
    path = written(tmp_path, PEOPLE)

    first, second = import_people(path), import_people(path)

    assert (first.created, first.changed, first.unchanged) == (2, 0, 0)
    assert (second.created, second.changed, second.unchanged) == (0, 0, 2)
    anna = Person.objects.get(external_id="u1")
    assert (anna.email, anna.name, anna.language, anna.site) == ("anna@example.org", "Anna", "de", "Lindow")
    assert (anna.persona, anna.department, anna.time_zone) == ("Nurse", "Ward 3", "Europe/Berlin")
    assert (anna.is_manager, Person.objects.get(external_id="u2").is_manager) == (True, False)


def test_a_german_directory_is_read(tmp_path: Path) -> None:
    header = "Personalnummer;E-Mail;Sprache;Standort;Zeitzone;Vorgesetzt"

    import_people(written(tmp_path, f"{header}\nu1;anna@example.org;de;Köln;Europe/Berlin;ja\n"))

    anna = Person.objects.get(external_id="u1")
    assert (anna.language, anna.site, anna.time_zone, anna.is_manager) == (
        "de",
        "Köln",
        "Europe/Berlin",
        True,
    )


def test_what_is_left_empty_stays_and_no_manager_is_said(tmp_path: Path) -> None:
    PersonFactory.create(external_id="u2", name="Benjamin", site="Lindow", is_manager=True)

    done = import_people(written(tmp_path, "external_id,name,site,manager\nu2,Ben,,false\n"))

    assert done.changed == 1
    ben = Person.objects.get()
    assert (ben.name, ben.site, ben.is_manager) == ("Ben", "Lindow", False)


def test_the_person_a_ticket_created_is_found_by_address(tmp_path: Path) -> None:
    person = PersonFactory.create(external_id="", email="anna@example.org")

    import_people(written(tmp_path, PEOPLE))

    person.refresh_from_db()
    assert (person.external_id, Person.objects.count()) == ("u1", 2)


def test_a_new_address_is_trusted_again(tmp_path: Path) -> None:
    PersonFactory.create(
        external_id="u1", email="old@example.org", address_failed_at=NOW, address_problem="unknown"
    )

    import_people(written(tmp_path, PEOPLE))

    anna = Person.objects.get(external_id="u1")
    assert (anna.address_failed_at, anna.address_problem) == (None, "")


def test_a_dry_run_reads_every_row_and_writes_nothing(tmp_path: Path) -> None:
    done = import_people(written(tmp_path, PEOPLE + "x;;;;;;;;;\n"), dry_run=True)

    assert (done.row_count, len(done.rejected)) == (3, 1)
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (",,", "neither"),
        ("u3,nobody,", "no address"),
        ("u3,,Mars/Olympus", "Europe/Berlin"),
        ("u3", "1 cells"),
        ("u" * 101 + ",,", "longer than 100"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_and_the_rest_goes_in(
    tmp_path: Path, row: str, complaint: str
) -> None:
    done = import_people(written(tmp_path, f"external_id,email,time_zone\n{row}\nu4,d@example.org,UTC\n"))

    (rejection,) = done.rejected
    assert rejection.line == 2
    assert complaint in rejection.reason
    assert done.created == 1


@pytest.mark.parametrize(
    ("text", "complaint"), [("name,site\n", "no column email"), ("mail,email\n", "Two columns mean")]
)
def test_a_file_without_usable_columns_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(TableError, match=complaint):
        import_people(written(tmp_path, text))


def test_many_people_take_few_queries(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    rows = "".join(f"u{n},p{n}@example.org\n" for n in range(400))

    with django_assert_max_num_queries(12):
        assert import_people(written(tmp_path, f"external_id,email\n{rows}")).created == 400


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, PEOPLE + "x;;;;;;;;;\n")

    call_command("import_people", path)

    output = capsys.readouterr()
    assert (
        output.out
        == "3 people: 2 created, 0 changed, 0 unchanged, 1 rejected. Columns that were not read: shoe_size.\n"
    )
    assert output.err.startswith("line 4 (")
    with pytest.raises(CommandError, match="rejected"):
        call_command("import_people", path, strict=True)


@pytest.mark.parametrize(
    ("person", "complaint"),
    [
        ({"email": ["a@example.org"]}, "Write it as a text"),
        ({"external_id": True}, "Write it as a text"),
        ({"email": "a(b@example.org"}, "no address"),
    ],
)
def test_a_detail_of_another_kind_is_refused(
    agreement_admin: User, person: dict[str, Any], complaint: str
) -> None:
    client = Client()
    client.force_login(agreement_admin)

    refused = client.post("/api/v1/people/", {"people": [person]}, content_type="application/json")

    assert refused.status_code == 400
    assert complaint in refused.content.decode()


def test_what_no_database_stores_is_left_out_of_a_name(agreement_admin: User) -> None:
    client = Client()
    client.force_login(agreement_admin)
    body = '{"people": [{"external_id": 7, "name": "An\\u0000na \\ud800"}]}'

    assert client.post("/api/v1/people/", body, content_type="application/json").status_code == 200

    assert Person.objects.get(external_id="7").name == "Anna ?"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"x" * 200_000, "must be the header"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xffnot deflated", "cannot be read"),
        (b"PK\x03\x04\x99\xff", "workbook"),
    ],
    ids=["one long line", "broken gzip", "workbook"],
)
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    with pytest.raises(TableError, match=complaint):
        import_people(path)


def test_the_page_says_what_it_assumed_and_left_out(agreement_admin: User) -> None:
    client = Client()
    client.force_login(agreement_admin)
    gone = PersonFactory.create(external_id="u9", email="gone@example.org")
    erase_person(gone, now=NOW)
    rows = "id;name;Schuhgröße\nu1;Jürgen;44\nu9;Gone;40\n".encode("cp1252")
    file = SimpleUploadedFile("people.csv", rows)

    words = client.post("/asking/people/import/", {"file": file}).content.decode()

    assert Person.objects.get(external_id="u1").name == "Jürgen"
    assert "was read as Windows-1252: “Schuhgröße”" in words
    assert "1 was erased here before and is left out." in words
    assert re.search(r"1 column was not read: <span[^>]*>schuhgröße</span>", words)


def test_the_page_imports_and_names_what_it_rejected(agreement_admin: User) -> None:
    client = Client()
    client.force_login(agreement_admin)
    file = io.BytesIO((PEOPLE + "x;;;;;;;;;\n").encode())
    file.name = "people.csv"

    shown = client.post("/asking/people/import/", {"file": file}).content.decode()

    assert "2 created" in shown
    assert "which is no address" in shown


def test_the_api_takes_a_batch_whole_or_not_at_all(agreement_admin: User, viewer: User) -> None:
    client = Client()
    client.force_login(agreement_admin)
    good = {"external_id": "u1", "email": "anna@example.org", "is_manager": True}

    def send(*people: dict[str, Any]) -> Any:
        return client.post("/api/v1/people/", {"people": people}, content_type="application/json")

    assert send(good, {"name": "Nobody"}).status_code == 400
    assert "no field 'shoe'" in str(send({**good, "shoe": 38}).json())
    assert not Person.objects.exists()
    assert send(good).json() == {"people": 1, "created": 1, "changed": 0, "erased": 0}
    assert send(good).json() == {"people": 1, "created": 0, "changed": 0, "erased": 0}
    client.force_login(viewer)
    assert send(good).status_code == 403


# --- export and erase

SECRETS = ("Anna Amsel", "anna@example.org", "u-anna-1", "my printer at home", "Anna's printer")


def mention_everywhere(resolution: Resolution) -> None:
    """Name Anna wherever programs and other people may."""
    receiver = FollowUpReceiver.objects.create(name="Desk", email="desk@example.org")
    told = {"service": resolution.service, "receiver": receiver, "told_at": NOW, "due_at": NOW}
    FollowUp.objects.create(resolution=resolution, hook_error="No caller u-anna-1", **told)
    Bounce.objects.create(
        report_id="1",
        recipient="anna@example.org",
        is_permanent=True,
        received_at=NOW,
        diagnosis="Anna Amsel?",
    )
    reasons = [[2, "INC1", "`email` is 'anna@example.org'"]]
    Job.objects.create(
        kind="ticket_import",
        state="done",
        created_at=NOW,
        outcome={"rejections": reasons},
        problem="u-anna-1",
    )
    ConfigurationChange.objects.create(
        happened_at=NOW, subject="x", what="Told Anna Amsel", details=[["name", None, "Amsel, Anna"]]
    )
    put_notice(key="n", recipient="a@b.example", subject="Anna Amsel", text="anna@example.org", now=NOW)
    other = ResponseFactory.create(comment="Ask Anna Amsel for my printer")
    TicketFactory.create(
        short_description="New laptop for ANNA AMSEL", configuration_item="Laptop of Anna Amsel"
    )
    GapEvent.objects.filter(gap=gap(other.service)).update(reason="Anna Amsel is content again")
    Improvement.objects.create(
        service=other.service,
        triggered_on=NOW.date(),
        due_on=NOW.date(),
        planned_at=NOW,
        expected_points=5,
        what="Ring Anna Amsel",
        how="at anna@example.org",
        notice="As Anna Amsel said",
    )
    ServiceNotice.objects.create(
        service=other.service, shown_from=NOW.date(), wording={"en": "As Anna Amsel said"}
    )
    UnsolicitedText.objects.create(
        service=other.service,
        source="chat",
        day=NOW.date(),
        author_hash="x",
        model_version="m",
        text="@u-anna-1",
    )


@pytest.fixture
def anna() -> Person:
    """A person with everything that can be stored about one."""
    person = PersonFactory.create(name="Anna Amsel", email="anna@example.org", external_id="u-anna-1")
    service = BusinessServiceFactory.create()
    ticket = TicketFactory.create(
        service=service, requester=person, short_description="Anna's printer", source="desk"
    )
    resolution = ResolutionFactory.create(ticket=ticket, resolved_at=NOW - timedelta(days=1))
    ResolutionFactory.create(ticket__service=service, resolved_by="Anna Amsel")
    invitation = InvitationFactory.create(resolution=resolution)
    MessageFactory.create(invitation=invitation, state="sent", last_error="to anna@example.org")
    answer = ResponseFactory.create(invitation=invitation, rating=2, comment="my printer at home")
    SentAnswer.objects.create(
        invitation=invitation, sent_at=NOW, is_confirmed=True, rating=2, comment="my printer at home"
    )
    CommentSentiment.objects.create(
        response=answer,
        model_version="test",
        polarity=-0.5,
        label="negative",
        cues=[{"text": "my printer at home"}],
    )
    Visit.objects.create(invitation=invitation, visited_at=NOW, network_hash="abc")
    source = IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="x" * 16)
    for number, found in enumerate((ticket, None)):
        IntakeEvent.objects.create(
            source=source,
            idempotency_key=str(number),
            state="applied",
            ticket=found,
            body='{"caller": "anna@example.org"}',
            received_at=NOW,
            due_at=NOW,
        )
    return person


def everything() -> str:
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    # As a JSON column is stored on SQLite, and as people read it.
    return "\n".join(rows).encode().decode("unicode_escape") + "\n".join(rows)


def test_an_export_holds_what_is_stored_and_no_key_to_the_survey(anna: Person, capsys: Any) -> None:
    call_command("export_person", "ANNA@example.org")

    text = capsys.readouterr().out
    found = json.loads(text)
    assert all(secret in text for secret in SECRETS)
    assert found["answers"][0]["rating"] == 2
    assert {len(found[name]) for name in ("tickets", "invitations", "mails", "visits", "events")} == {1}
    assert Invitation.objects.get().token not in text


def test_erasing_leaves_no_word_of_the_person(anna: Person) -> None:
    mention_everywhere(Resolution.objects.get(person=anna))
    assert all(secret in everything().replace("\\u0027", "'") for secret in SECRETS)

    pseudonym = erase_person(anna, now=NOW)

    stored = everything().lower()
    assert [secret for secret in SECRETS if secret.lower() in stored] == []
    person = Person.objects.get(pk=anna.pk)
    assert (person.external_id, person.erased_at) == (pseudonym, NOW)
    assert (Visit.objects.count(), IntakeEvent.objects.count()) == (0, 1)  # one never became a ticket


def desk_event(body: Any, **values: Any) -> IntakeEvent:
    """Store an event of a generic source."""
    source, _ = IntakeSource.objects.get_or_create(
        key="desk", defaults={"name": "Desk", "preset": "generic", "secret": "s"}
    )
    return IntakeEvent.objects.create(
        source=source,
        idempotency_key=str(IntakeEvent.objects.count()),
        body=body if isinstance(body, str) else json.dumps(body),
        received_at=NOW,
        due_at=NOW,
        **({"state": "applied"} | values),
    )


def left_of(event: IntakeEvent) -> Any:
    event.refresh_from_db()
    return json.loads(event.body) if event.body else ""


def test_a_name_that_a_sender_escaped_goes_out_of_somebody_elses_event() -> None:
    person = PersonFactory.create(name="Jürgen Müller")
    body = {"number": "INC9", "watcher": person.name, "notes": "Müller, Jürgen called"}
    event = desk_event(body, ticket=TicketFactory.create())
    assert person.name not in event.body

    erase_person(person, now=NOW)

    assert left_of(event) == {"number": "INC9", "watcher": "", "notes": "••••••••••••••" + " called"}


def test_of_a_batch_only_the_tickets_of_the_person_go(anna: Person) -> None:
    foreign = {"number": "INC8", "caller": "joanna@example.org", "short_description": "No mail"}
    own = {"number": "INC7", "caller": "ANNA@example.org", "short_description": "secret"}
    known = {"number": Ticket.objects.get(requester=anna).number, "short_description": "secret"}
    event = desk_event({"tickets": [foreign, own, known]}, ticket=TicketFactory.create())

    erase_person(anna, now=NOW)

    assert left_of(event) == {"tickets": [foreign, {}, {}]}


@pytest.mark.parametrize(
    "words",
    [
        {"caller": "joanna@example.org", "notes": "Susanna Amselfeld, anna@example.org.uk"},
        {"priority": "4711", "notes": "Error 4711 again"},
        {"notes": "The ann key is broken"},
    ],
)
def test_somebody_elses_event_that_only_sounds_alike_stays(words: dict[str, str]) -> None:
    people = [
        PersonFactory.create(name="Anna Amsel", email="anna@example.org", external_id="ann"),
        PersonFactory.create(name="Bo", email="", external_id="471"),
    ]
    event = desk_event({"number": "INC9", **words}, ticket=TicketFactory.create())

    for person in people:
        erase_person(person, now=NOW)

    assert left_of(event) == {"number": "INC9", **words}


def test_a_name_that_two_people_share_stays_the_others() -> None:
    person, namesake = PersonFactory.create_batch(2, name="Anna Amsel")
    resolution = ResolutionFactory.create(requester=namesake, resolved_by="Anna Amsel")

    erase_person(person, now=NOW)

    resolution.refresh_from_db()
    assert resolution.resolved_by == "Anna Amsel"


def test_an_event_that_waits_for_somebody_is_not_left_without_a_body(anna: Person) -> None:
    own = Ticket.objects.get(requester=anna)
    waiting = desk_event({"number": own.number}, ticket=own, state="failed", reason="No service.")
    broken = desk_event('{"caller": "\\u0041nna Amsel"', state="failed", reason="The body is not JSON.")

    erase_person(anna, now=NOW)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.body, waiting.reason) == ("ignored", "", "")
    assert not IntakeEvent.objects.filter(pk=broken.pk).exists()


def test_what_others_wrote_of_the_person_keeps_its_length() -> None:
    person = PersonFactory.create(name="Anna Amsel")
    answer = ResponseFactory.create(comment="Thanks to Anna Amsel, who was quick")

    erase_person(person, now=NOW)

    answer.refresh_from_db()
    assert answer.comment == "Thanks to ••••••••••, who was quick"


def test_two_people_get_unlike_pseudonyms() -> None:
    first, second = (erase_person(person, now=NOW) for person in PersonFactory.create_batch(2))

    assert first != second


def test_erasing_changes_no_count_and_no_evidence(anna: Person) -> None:
    rebuild_evidence(now=NOW)
    columns = ("service", "day", "measure", "response_class", "bucket", "count", "total", "total_squares")
    before = sorted(DayCell.objects.values_list(*columns))
    EvidenceChange.objects.all().delete()

    erase_person(anna, now=NOW)
    rebuild_evidence(now=NOW)

    assert before
    assert sorted(DayCell.objects.values_list(*columns)) == before
    answer = Response.objects.get()
    assert (answer.rating, answer.comment) == (2, "")
    sentiment = CommentSentiment.objects.get()
    assert (sentiment.polarity, sentiment.cues) == (-0.5, [])


def test_an_open_survey_closes_and_one_not_mailed_yet_is_withdrawn() -> None:
    person = PersonFactory.create()
    mailed = InvitationFactory.create(resolution__requester=person)
    waiting = MessageFactory.create(invitation__resolution__requester=person, due_at=NOW).invitation

    erase_person(person, now=NOW)

    mailed.refresh_from_db()
    waiting.refresh_from_db()
    assert (mailed.state, waiting.state) == ("closed", "withdrawn")
    assert not Message.objects.filter(state="due").exists()


def test_nobody_else_is_touched(anna: Person) -> None:
    other = DecisionFactory.create().resolution

    erase_person(anna, now=NOW)

    assert Person.objects.get(pk=other.person_id).email == other.person.email
    assert Ticket.objects.get(pk=other.ticket_id).short_description == "Printer on floor 3"


def test_a_person_is_erased_once(anna: Person) -> None:
    erase_person(anna, now=NOW)

    with pytest.raises(ErasedError):
        erase_person(anna, now=NOW)


def test_the_command_asks_to_be_sure(anna: Person) -> None:
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_person", "u-anna-1")
    with pytest.raises(CommandError, match="Nobody"):
        call_command("erase_person", "u-bert-1", "--yes")

    call_command("erase_person", "u-anna-1", "--yes", stdout=io.StringIO())

    assert Person.objects.filter(erased_at__isnull=False).count() == 1


def test_the_page_exports_and_erases_once_the_address_is_written(
    anna: Person, administrator: User, agreement_admin: User
) -> None:
    client = Client()
    client.force_login(agreement_admin)
    assert "Erase" not in client.get("/asking/people/", {"q": "anna"}).content.decode()
    client.force_login(administrator)
    assert "Erase" in client.get("/asking/people/", {"q": "anna"}).content.decode()
    assert client.get(f"/asking/people/{anna.pk}/export/").json() == json.loads(
        json.dumps(person_export(Person.objects.get(pk=anna.pk)), default=_as_json)
    )

    client.post(f"/asking/people/{anna.pk}/erase/", {"confirm": "somebody"})
    assert Person.objects.get(pk=anna.pk).erased_at is None

    client.post(f"/asking/people/{anna.pk}/erase/", {"confirm": "Anna@example.org"})
    assert Person.objects.get(pk=anna.pk).erased_at is not None


def _as_json(value: Any) -> Any:
    from django.core.serializers.json import DjangoJSONEncoder

    return DjangoJSONEncoder().default(value)


def test_looking_up_somebody_nobody_knows_says_so(client: Client, agreement_admin: User) -> None:
    client.force_login(agreement_admin)

    assert "Nobody is called that." in client.get("/asking/people/?q=nobody").content.decode()
    assert "Nobody is called that." not in client.get("/asking/people/").content.decode()
