"""Everything that is stored about one person, for them to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q
from django.forms.models import model_to_dict

from surveys.models import (
    Bounce,
    Decision,
    FollowUp,
    IntakeEvent,
    Invitation,
    Message,
    OptOut,
    Person,
    Resolution,
    Response,
    SentAnswer,
    SilentSampleLine,
    Ticket,
    Visit,
)

# Who knows the token can answer for the person; the rest is how we tell people from scanners.
LEFT_OUT = {"token", "nullifier"}


def person_export(person: Person) -> dict[str, Any]:
    """Return what is stored about a person as plain values: who they are, tickets, decisions, mails, answers.

    Times are aware; `DjangoJSONEncoder` writes them.
    """
    resolutions = Resolution.objects.filter(person=person)
    given = Q(resolution__in=resolutions) | Q(silent_line__invitation__person=person)
    answers = Response.objects.filter(given).prefetch_related("reasons", "sentiments")
    return {
        "person": _plain(person),
        "tickets": _rows(Ticket.objects.filter(requester=person)),
        "resolutions": _rows(resolutions),
        "decisions": _rows(Decision.objects.filter(resolution__in=resolutions)),
        "invitations": _rows(Invitation.objects.filter(person=person)),
        "mails": _rows(Message.objects.filter(invitation__person=person)),
        "answers": [_answer(answer) for answer in answers.order_by("pk")],
        "answers_as_sent": _rows(SentAnswer.objects.filter(invitation__person=person)),
        "follow_ups": _rows(FollowUp.objects.filter(resolution__person=person)),
        "visits": _rows(Visit.objects.filter(invitation__person=person)),
        "asked_again": _rows(SilentSampleLine.objects.filter(invitation__person=person)),
        "opt_outs": _rows(OptOut.objects.filter(person=person)),
        "bounces": _rows(Bounce.objects.filter(person=person)),
        "events": _rows(IntakeEvent.objects.filter(ticket__requester=person)),
    }


def _answer(answer: Response) -> dict[str, Any]:
    sentiments = [_plain(sentiment) for sentiment in answer.sentiments.all()]
    reasons = sorted(reason.key for reason in answer.reasons.all())
    return _plain(answer) | {"reasons": reasons, "sentiments": sentiments}


def _rows(rows: Any) -> list[dict[str, Any]]:
    found: Iterable[Model] = rows.order_by("pk")
    return [_plain(row) for row in found]


def _plain(row: Model) -> dict[str, Any]:
    values = model_to_dict(row)
    # Columns that no form would change, such as keys and times, belong to what is stored as well.
    values |= {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}
    return {name: value for name, value in sorted(values.items()) if name not in LEFT_OUT}
