"""The set-up guide: what is done shows by itself, every step can be taken alone, and it ends on a result."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experience.models import AgreementVersion, Measurement, Sla
from experience.selectors.set_up import set_up
from experience.services.agreement_problems import publishing_problems
from experience.services.agreement_templates import TEMPLATES, adopt_template, template_terms
from experience.services.agreements import withdraw
from experience.services.judge import refresh
from experience.services.library import LIBRARY, install_indicators
from experience.tasks import run_jobs
from experience.views.setup_steps import steps_of
from surveys.models import BusinessService, IntakeSource, Job, ServiceUserCount, Survey, Ticket, User
from surveys.services import upload_tickets
from tests.factories import NOW, BusinessServiceFactory, ResolutionFactory

pytestmark = pytest.mark.django_db

PAGES = ("setup", "setup-services", "setup-tickets", "setup-survey", "setup-agreement", "setup-result")
EXPORT = """number,state,opened_at,resolved_at,business_service,caller_id,short_description
INC1,Resolved,2026-05-01 08:00,2026-05-01 10:00,Printing,Ada,No paper
INC2,Resolved,2026-05-02 08:00,2026-05-02 10:00,E-mail,Bob,No mail
INC3,Resolved,,2026-05-02 10:00,E-mail,Bob,No mail
"""


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> User:
    client.force_login(agreement_admin)
    return agreement_admin


def states() -> list[str]:
    return [step.state for step in steps_of(set_up())]


def page(client: Client, name: str) -> str:
    response = client.get(reverse(name))
    assert response.status_code == 200
    return response.content.decode()


# --- the whole way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_step_can_be_opened_in_an_empty_installation(client: Client, admin: User, name: str) -> None:
    assert "XLA Service" in page(client, name)
    assert states() == ["open"] * 5


def test_the_empty_portfolio_leads_whoever_may_set_up_to_the_guide(
    client: Client, admin: User, viewer: User
) -> None:
    assert reverse("setup") in page(client, "portfolio")

    client.force_login(viewer)
    assert f'href="{reverse("setup")}"' not in page(client, "portfolio")


def test_each_step_shows_as_done_because_of_what_is_there(client: Client, admin: User) -> None:
    client.post(reverse("setup-services"), {"names": "Printing\nE-mail"})
    assert states() == ["done", "open", "open", "open", "open"]

    ResolutionFactory.create(on_service=BusinessService.objects.get(key="printing"))
    assert states()[1] == "done"

    client.post(reverse("setup-survey"), {"survey": "", "services": ["printing"]})
    assert states()[2] == "begun"
    client.post(reverse("setup-survey"), {"survey": "after-resolution", "services": ["e-mail"]})
    assert states()[2] == "done"

    client.post(reverse("setup-agreement"), {"template": "service-desk", "services": ["printing"]})
    assert states()[3] == "begun"
    client.post(reverse("setup-agreement"), {"template": "network", "services": ["e-mail"]})
    assert states()[3] == "done"

    refresh(now=timezone.now())
    assert states()[4] == "begun"
    assert Measurement.objects.filter(service__key="printing").exists()


def test_the_guide_counts_the_sample_services_beside_own_ones(client: Client, admin: User) -> None:
    BusinessServiceFactory.create()
    for number in range(2):
        BusinessServiceFactory.create(is_sample=True, key=f"sample-{number}")

    assert "2 sample services are here" in page(client, "setup")


def test_sample_services_count_for_no_step() -> None:
    BusinessServiceFactory.create(is_sample=True)

    found = set_up()

    assert (found.services, found.unagreed, found.has_sample) == (0, 0, True)


# --- services -----------------------------------------------------------------------------------------------


def test_services_are_created_several_at_once_and_those_there_stay(client: Client, admin: User) -> None:
    BusinessServiceFactory.create(key="printing", name="Printing", description="Ours")

    client.post(reverse("setup-services"), {"names": " printing \n\nOrder  system\norder system"})

    assert list(BusinessService.objects.values_list("key", "name", "description")) == [
        ("order-system", "Order system", ""),
        ("printing", "Printing", "Ours"),
    ]


def test_a_service_file_brings_owners_and_numbers_of_users(client: Client, admin: User, owner: User) -> None:
    file = SimpleUploadedFile("s.csv", b"name,owner,supplier,user_count\nPrinting,OWNER,Aster,120\n")

    client.post(reverse("setup-services"), {"file": file})

    service = BusinessService.objects.get()
    assert (service.name, service.owner, service.supplier) == ("Printing", owner, "Aster")
    assert ServiceUserCount.objects.get().user_count == 120


@pytest.mark.parametrize(("encoding", "is_told"), [("cp1252", True), ("utf-8", False)])
def test_a_service_file_says_in_what_letters_it_was_read(
    client: Client, admin: User, encoding: str, is_told: bool
) -> None:
    file = SimpleUploadedFile("s.csv", "name\nKüche\n".encode(encoding))

    words = client.post(reverse("setup-services"), {"file": file}, follow=True).content.decode()

    assert BusinessService.objects.get().name == "Küche"
    assert ("read as Windows-1252: “Küche”" in words) is is_told


def test_a_service_is_named_in_any_script(client: Client, admin: User) -> None:
    for _ in range(2):
        client.post(reverse("setup-services"), {"names": "印刷\nбухгалтерия"})

    keys = dict(BusinessService.objects.values_list("name", "key"))
    assert keys.keys() == {"印刷", "бухгалтерия"}
    assert all(re.fullmatch(r"service-[0-9a-f]{8}", key) for key in keys.values())


def test_names_that_would_make_one_key_are_services_of_their_own(client: Client, admin: User) -> None:
    for _ in range(2):
        client.post(reverse("setup-services"), {"names": "C\nC++\nC#"})

    assert dict(BusinessService.objects.values_list("name", "key")) == {"C": "c", "C++": "c-2", "C#": "c-3"}


def test_a_service_that_was_renamed_is_known_by_its_key(client: Client, admin: User) -> None:
    BusinessServiceFactory.create(key="e-mail", name="Electronic mail")

    client.post(reverse("setup-services"), {"names": "E-mail"})

    assert BusinessService.objects.count() == 1


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(client: Client, admin: User) -> None:
    bomb = gzip.compress(b"name\n" + b"Printing\n" * 1_000_000)
    assert len(bomb) < 100_000

    response = client.post(reverse("setup-services"), {"file": SimpleUploadedFile("s.csv", bomb)})

    assert response.status_code == 422
    assert "Unpacked, the file is larger than 5 MB" in response.content.decode()
    assert not BusinessService.objects.exists()


@pytest.mark.parametrize("count", ["9" * 10, "9" * 5000, "-1", "1.5"])
def test_a_number_of_users_that_no_database_takes_is_refused(client: Client, admin: User, count: str) -> None:
    file = SimpleUploadedFile("s.csv", f"name,user_count\nPrinting,{count}\n".encode())

    response = client.post(reverse("setup-services"), {"file": file})

    assert response.status_code == 422
    assert "no whole number" in response.content.decode()


def test_a_service_file_with_a_wrong_line_creates_nothing_and_says_which(client: Client, admin: User) -> None:
    file = SimpleUploadedFile("s.csv", b"name,owner,user_count\nPrinting,,\nMail,nobody,\nWiki,,many\n")

    response = client.post(reverse("setup-services"), {"file": file})

    words = response.content.decode()
    assert response.status_code == 422
    assert "Line 3: There is no user" in words
    assert "Line 4: user_count" in words
    assert not BusinessService.objects.exists()


# --- tickets ------------------------------------------------------------------------------------------------


def test_a_ticket_file_is_imported_by_the_worker_and_creates_the_services_it_names(
    client: Client, admin: User
) -> None:
    BusinessServiceFactory.create(key="e-mail", name="E-mail")
    file = SimpleUploadedFile("export.csv", EXPORT.encode())
    data = {"file": file, "source": "servicenow", "preset": "servicenow", "creates_services": "on"}

    client.post(reverse("setup-tickets"), data)
    job = Job.objects.get()
    assert "begins in a few seconds" in page(client, "setup-tickets")
    run_jobs()

    job.refresh_from_db()
    assert (job.state, bytes(job.content)) == ("done", b"")
    assert (job.outcome["created"], job.outcome["rejected"], job.outcome["services"]) == (2, 1, 1)
    assert set(Ticket.objects.values_list("service__name", flat=True)) == {"Printing", "E-mail"}
    words = page(client, "setup-tickets")
    assert "2 tickets created" in words
    assert "INC3" in words


def test_a_file_with_columns_of_its_own_is_read_by_the_mapping_of_its_source(
    client: Client, admin: User
) -> None:
    mapping = {
        "number": "Ticket-Nr",
        "service": "Dienst",
        "opened_at": "Erstellt am",
        "time_zone": "Asia/Tokyo",
    }
    IntakeSource.objects.create(key="desk", preset="generic", secret="s" * 20, mapping=mapping)
    rows = "Ticket-Nr;Dienst;Category;Erstellt am\nT-1;Küche;Hunger;4.5.2026 17:00\n"
    file = SimpleUploadedFile("export.csv", rows.encode("cp1252"))
    data = {"file": file, "source": "desk", "preset": "servicenow", "creates_services": "on"}

    client.post(reverse("setup-tickets"), data)
    run_jobs()

    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.opened_at.isoformat()) == ("T-1", "2026-05-04T08:00:00+00:00")
    assert [service.name for service in BusinessService.objects.all()] == ["Küche"]
    assert "read as Windows-1252: “Küche”" in page(client, "setup-tickets")


def test_a_file_that_is_no_table_of_tickets_fails_with_what_to_correct(client: Client, admin: User) -> None:
    file = SimpleUploadedFile("letter.csv", b"Dear all,Category\nHow are you?,Greeting\n")
    data = {"file": file, "source": "x", "preset": "servicenow", "creates_services": "on"}

    client.post(reverse("setup-tickets"), data)
    run_jobs()

    assert Job.objects.get().state == "failed"
    assert not BusinessService.objects.exists()
    assert "There is no column" in page(client, "setup-tickets")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"number\n" * 400, "larger than 0 MB"), (b"number," + b"x" * 2**20, "A line of the file is longer")],
    ids=["large", "one line"],
)
def test_an_export_that_unpacks_to_more_than_fits_fails_in_words(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    monkeypatch.setattr(upload_tickets, "MOST_UNPACKED_BYTES", 2000 if "larger" in words else 2**30)
    file = SimpleUploadedFile("export.csv.gz", gzip.compress(content))

    client.post(reverse("setup-tickets"), {"file": file, "source": "x", "preset": "servicenow"})
    run_jobs()

    assert Job.objects.get().state == "failed"
    assert words in page(client, "setup-tickets")


def test_a_second_import_waits_for_the_first(client: Client, admin: User) -> None:
    for _ in range(2):
        file = SimpleUploadedFile("export.csv", EXPORT.encode())
        response = client.post(
            reverse("setup-tickets"), {"file": file, "source": "x", "preset": "servicenow"}
        )

    assert "still running" in response.content.decode()
    assert Job.objects.count() == 1


# --- agreements ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_every_template_can_be_published_as_it_is(template: object, service: BusinessService) -> None:
    install_indicators()
    terms = template_terms(template, key="own", name="Own", services=[service.key], valid_from=NOW.date())

    assert publishing_problems(terms, today=NOW.date()) == []
    assert adopt_template(terms, by=None, now=NOW).state == AgreementVersion.State.PUBLISHED


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_every_template_gives_a_reason_for_each_target_and_weighs_what_it_names(template: object) -> None:
    library = {declaration.key: declaration for declaration in LIBRARY}
    streams = {library[line.key].stream for line in template.lines if line.weight}

    assert all(str(line.reason).endswith(".") for line in template.lines)
    assert streams == {stream for stream, weight in template.streams if weight}
    assert sum(weight for _, weight in template.streams) == pytest.approx(1)
    assert all(library[line.key].low < line.target < library[line.key].high for line in template.lines)


def test_a_template_names_its_indicators_in_the_language_of_the_reader(
    client: Client, admin: User, service: BusinessService
) -> None:
    words = client.get(reverse("setup-agreement"), headers={"accept-language": "de"}).content.decode()

    assert "<b>Zufriedenheit" in words
    assert "<b>Satisfaction" not in words


@pytest.mark.parametrize("choice", ["publish", "draft"])
def test_the_sla_beside_the_agreement_holds_for_the_chosen_services_from_the_same_day(
    client: Client, admin: User, choice: str
) -> None:
    client.post(reverse("setup-services"), {"names": "Printing\nE-mail"})
    data = {"template": "network", "services": ["printing"], "sla_share": "90", choice: "1"}

    client.post(reverse("setup-agreement"), data)

    first = timezone.localdate().replace(day=1)
    slas = Sla.objects.values_list("service__key", "target_share", "valid_from")
    assert list(slas) == [("printing", 0.9, first)]


def test_an_impossible_sla_publishes_nothing(client: Client, admin: User, service: BusinessService) -> None:
    data = {"template": "network", "services": [service.key], "sla_share": "0"}

    response = client.post(reverse("setup-agreement"), data)

    assert response.status_code == 422
    assert "above 0" in response.content.decode()
    assert not AgreementVersion.objects.exists()


def test_a_template_can_be_opened_as_a_draft_and_judges_nobody(
    client: Client, admin: User, service: BusinessService
) -> None:
    data = {"template": "saas-application", "services": [service.key], "draft": "1"}

    response = client.post(reverse("setup-agreement"), data)

    assert response.headers["Location"] == reverse("agreement-edit", args=["saas-application"])
    assert AgreementVersion.objects.get().state == AgreementVersion.State.DRAFT


def test_a_baseline_measures_for_three_months_first(
    client: Client, admin: User, service: BusinessService
) -> None:
    data = {"template": "network", "services": [service.key], "is_baseline": "on", "name": "Wi-Fi"}

    client.post(reverse("setup-agreement"), data)

    version = AgreementVersion.objects.get()
    assert version.agreement.name == "Wi-Fi"
    assert version.baseline_until == timezone.localdate() + timedelta(days=91)


def test_a_template_without_services_is_refused_with_what_to_do(
    client: Client, admin: User, service: BusinessService
) -> None:
    response = client.post(reverse("setup-agreement"), {"template": "network"})

    assert response.status_code == 422
    assert "Tick the services" in response.content.decode()


def test_a_second_agreement_of_a_template_gets_a_key_of_its_own(client: Client, admin: User) -> None:
    for key in ("wi-fi", "vpn"):
        BusinessServiceFactory.create(key=key)
        client.post(reverse("setup-agreement"), {"template": "network", "services": [key]})

    keys = AgreementVersion.objects.values_list("agreement__key", flat=True)
    assert set(keys) == {"network", "network-2"}


def test_publishing_from_the_guide_can_be_undone_before_it_is_used(service: BusinessService) -> None:
    terms = template_terms(TEMPLATES[0], key="own", name="Own", services=[service.key], valid_from=NOW.date())

    draft = withdraw(adopt_template(terms, by=None, now=NOW), by=None, now=NOW)

    assert draft.state == AgreementVersion.State.DRAFT


def test_the_survey_step_makes_the_usual_survey_when_there_is_none(
    client: Client, admin: User, service: BusinessService
) -> None:
    client.post(reverse("setup-survey"), {"services": [service.key]})

    service.refresh_from_db()
    assert service.survey == Survey.objects.get(key="after-resolution")


def test_the_usual_survey_has_a_name_in_the_language_of_whoever_makes_it(
    client: Client, admin: User, service: BusinessService
) -> None:
    client.post(reverse("setup-survey"), {"services": [service.key]}, headers={"Accept-Language": "de"})

    assert Survey.objects.get(key="after-resolution").name == "Nach der Lösung eines Tickets"
