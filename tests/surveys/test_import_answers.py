from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.engine.answer_rows import AnswerRecord
from surveys.models import CommentSentiment, Decision, EvidenceChange, Resolution, Response, SurveyVersion
from surveys.services.register_answers import AnswerRegistration, register_answers
from tests.factories import (
    BusinessServiceFactory,
    DecisionFactory,
    InvitationFactory,
    MessageFactory,
    ResolutionFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RESOLVED = datetime(2026, 5, 4, 10, tzinfo=UTC)
HEADER = "number,resolved_at,rating,comment,reasons,answered_at,is_simulated"


def resolution(number: str = "INC1", **facts: Any) -> Resolution:
    ticket = facts.pop("ticket", None) or TicketFactory.create(number=number)
    return ResolutionFactory.create(**{"ticket": ticket, "resolved_at": RESOLVED} | facts)


def answer(number: str = "INC1", **said: Any) -> AnswerRecord:
    said = {"rating": 4, "answered_at": RESOLVED + timedelta(days=1)} | said
    return AnswerRecord(number=number, **said)


def register(*records: AnswerRecord) -> AnswerRegistration:
    return register_answers(records, source="servicenow", now=NOW)


def test_an_answer_nobody_was_invited_to_makes_the_decision_asked_with_certainty() -> None:
    about = resolution(response_class="102000")
    DecisionFactory.create(
        resolution=about, reason="too_late", is_asked=False, is_eligible=False, probability=None
    )

    assert register(answer(reasons=frozenset({"slow"}))) == AnswerRegistration(created=1)

    response, decision = Response.objects.get(), Decision.objects.get()
    assert (response.channel, response.state, response.service) == ("imported", "accepted", about.service)
    assert (response.response_class, response.survey_version.survey) == ("102000", about.service.survey)
    assert list(response.reasons.values_list("key", flat=True)) == ["slow"]
    assert (decision.reason, decision.is_asked, decision.probability) == ("asked", True, 1.0)
    assert list(EvidenceChange.objects.values_list("service", "day")) == [
        (about.service_id, about.resolved_on)
    ]


def test_a_resolution_without_decision_gets_one() -> None:
    resolution()

    register(answer())

    assert Decision.objects.get().is_eligible


def test_a_service_without_a_survey_of_its_own_uses_the_default() -> None:
    resolution(ticket=TicketFactory.create(number="INC1", service=BusinessServiceFactory.create(survey=None)))

    register(answer())

    assert Response.objects.get().survey_version.survey.key == "after-resolution"


def test_an_answer_goes_to_its_invitation_and_stops_its_mail() -> None:
    invitation = InvitationFactory.create(resolution=resolution(), probability=0.5, language="fi")
    message = MessageFactory.create(invitation=invitation)

    register(answer())

    response = Response.objects.get()
    message.refresh_from_db()
    assert (response.invitation, response.channel, response.language) == (invitation, "invitation", "fi")
    assert Decision.objects.get().probability == 0.5
    assert message.state == "withdrawn"


def test_without_a_time_it_is_about_the_last_resolution_before_the_answer() -> None:
    ticket = TicketFactory.create(number="INC1")
    days = [resolution(ticket=ticket, resolved_at=RESOLVED + timedelta(days=n)) for n in (0, 2, 4)]

    register(answer(answered_at=RESOLVED + timedelta(days=3)))

    assert Response.objects.get().resolution == days[1]


def test_the_resolution_can_be_named_to_the_minute() -> None:
    ticket = TicketFactory.create(number="INC1")
    first = resolution(ticket=ticket, resolved_at=RESOLVED + timedelta(seconds=42))
    resolution(ticket=ticket, resolved_at=RESOLVED + timedelta(days=2))

    register(answer(resolved_at=RESOLVED, answered_at=RESOLVED + timedelta(days=9)))

    assert Response.objects.get().resolution == first


def test_registering_again_changes_nothing() -> None:
    resolution()
    InvitationFactory.create(resolution=resolution("INC2"))
    records = [answer(reasons=frozenset({"slow"}), comment="Slow"), answer("INC2")]
    register(*records)
    before = list(Response.objects.values())
    EvidenceChange.objects.all().delete()

    assert register(*records) == AnswerRegistration(unchanged=2)

    assert list(Response.objects.values()) == before
    assert not EvidenceChange.objects.exists()


def test_a_corrected_answer_replaces_the_imported_one_and_its_sentiment() -> None:
    resolution()
    register(answer(comment="Slow", reasons=frozenset({"slow"})))
    CommentSentiment.objects.create(response=Response.objects.get(), model_version="1", label="unscored")

    assert register(answer(rating=2, comment="Very slow", reasons=frozenset({"rude"}))).changed == 1

    response = Response.objects.get()
    assert (response.rating, response.comment) == (2, "Very slow")
    assert list(response.reasons.values_list("key", flat=True)) == ["rude"]
    assert not CommentSentiment.objects.exists()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (answer("INC9"), "There is no resolved ticket of this number"),
        (answer(answered_at=RESOLVED - timedelta(days=1)), "The ticket was not resolved then"),
        (answer(resolved_at=RESOLVED + timedelta(hours=2)), "The ticket was not resolved then"),
    ],
)
def test_an_answer_to_nothing_says_so(record: AnswerRecord, words: str) -> None:
    resolution()

    (rejection,) = register(record).rejected

    assert words in rejection.reason
    assert not Response.objects.exists()


def test_an_answer_given_through_the_invitation_is_not_overwritten() -> None:
    InvitationFactory.create(resolution=resolution())
    register(answer(rating=4))

    (rejection,) = register(answer(rating=1)).rejected

    assert "that answer stays" in rejection.reason
    assert Response.objects.get().rating == 4


def test_an_answer_to_an_anonymous_survey_is_not_stored_by_ticket_number() -> None:
    InvitationFactory.create(resolution=resolution())
    SurveyVersion.objects.update(mode="anonymous")

    (rejection,) = register(answer()).rejected

    assert "Its survey is anonymous" in rejection.reason
    assert not Response.objects.exists()


def test_a_withdrawn_resolution_takes_no_answer() -> None:
    resolution(withdrawn_at=NOW)

    (rejection,) = register(answer()).rejected

    assert "withdrawn when the ticket was reopened" in rejection.reason


def test_two_answers_to_one_resolution_name_each_other() -> None:
    resolution()

    counts = register(answer(line=2), answer(rating=1, line=3))

    assert counts.created == 1
    assert [(bad.line, bad.reason) for bad in counts.rejected] == [
        (3, "It answers the same resolution as line 2. Keep one of the two.")
    ]


def test_many_answers_take_a_few_queries() -> None:
    for n in range(40):
        resolution(f"INC{n}")

    with CaptureQueriesContext(connection) as captured:
        register(*[answer(f"INC{n}", reasons=frozenset({"slow"})) for n in range(40)])

    assert len([query for query in captured if not query["sql"].startswith("INSERT")]) <= 16


# --- the command --------------------------------------------------------------------------------------------


def run(path: Path, *options: str) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    call_command("import_answers", str(path), *options, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def write(folder: Path, *rows: str) -> Path:
    path = folder / "answers.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_a_file_with_broken_rows_names_exactly_these(tmp_path: Path) -> None:
    resolution()
    path = write(
        tmp_path,
        'INC1,2026-05-04 10:00,5,"Quick, friendly",,2026-05-05 09:00,true',
        "INC2,,3,,,2026-05-05 09:00,true",
        "INC1,,7,,,2026-05-05 09:00,true",
        "INC1,3",
    )

    out, errors = run(path)

    assert "4 answers: 1 created, 0 changed, 0 unchanged, 3 rejected." in out
    assert [line.split(":")[0] for line in errors.splitlines()] == [
        "line 3 (INC2)",
        "line 4 (INC1)",
        "line 5 (no number)",
    ]
    response = Response.objects.get()
    assert (response.comment, response.is_simulated) == ("Quick, friendly", True)
    with pytest.raises(CommandError, match="Some rows were rejected"):
        run(path, "--strict")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    resolution()

    out, _ = run(write(tmp_path, "INC1,,5,,,2026-05-05 09:00,true"), "--dry-run")

    assert out.strip() == "1 answers read, 0 rejected, nothing written."
    assert not Response.objects.exists()


def test_a_file_without_the_needed_columns_says_so(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("ticket,rating\nINC1,4\n")

    with pytest.raises(CommandError, match="There is no column 'number'"):
        run(path)
