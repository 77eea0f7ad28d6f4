"""Why somebody was or was not asked about a ticket, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.engine.values import storable
from surveys.models import (
    Decision,
    Invitation,
    Message,
    Person,
    Resolution,
    Response,
    SurveyVersion,
    Ticket,
    User,
)
from surveys.suspicions import told_suspicion
from xla_service.stored_words import told

MOST_TICKETS = 20

_REASONS: dict[str, str] = {
    "asked": gettext_noop("The person was asked."),
    "asked_while_resting": gettext_noop(
        "The person was asked lately and rests; the draw let this one through."
    ),
    "resting": gettext_noop("The person was asked lately and rests; the draw did not let this one through."),
    "not_sampled": gettext_noop(
        "Only a share of this service's tickets is asked about, and this one was not drawn."
    ),
    "child_not_drawn": gettext_noop(
        "Many tickets name the same incident. A sample is asked about, without this one."
    ),
    "too_late": gettext_noop(
        "The ticket became known so late that the survey would have been due more than a day ago."
    ),
    "no_requester": gettext_noop("The ticket names no requester, or the person was erased."),
    "no_address": gettext_noop("The person has no address that takes mail. Correct it on the page People."),
    "shared_account": gettext_noop("The requester is a shared mailbox or an integration."),
    "opted_out": gettext_noop("The person does not want surveys."),
    "resolved_own": gettext_noop("The requester resolved the ticket."),
    "kind_left_out": gettext_noop("The sending rule leaves out this kind of ticket."),
    "group_left_out": gettext_noop("The sending rule leaves out this assignment group."),
    "auto_closed": gettext_noop("The ticket was resolved by itself, not by a person."),
    "duplicate": gettext_noop("The ticket is a duplicate of another one."),
    "quarter_cap": gettext_noop("The person was asked as often as the rule allows within a quarter."),
    "extra_cap": gettext_noop("The person rests and got one survey more than usual already this week."),
    "no_survey": gettext_noop("The service has no survey with a published version and a sending rule."),
    "reopened": gettext_noop(
        "The ticket was opened again before the survey was due. The next resolution asks anew."
    ),
}


@dataclass(frozen=True)
class Explanation:
    """What became of asking about one resolution. `happened` are later events, oldest first."""

    source: str
    number: str
    service: str
    resolved_at: datetime
    reason: str
    label: str
    sentence: str
    is_asked: bool
    probability: float | None
    rule_number: int | None
    decided_at: datetime | None
    happened: tuple[tuple[datetime, str], ...]

    @property
    def chance(self) -> str:
        """Return the probability to be asked as people read it; nothing for those who were out of reach."""
        return f"{100 * self.probability:.3g} %" if self.probability else ""


def explain(user: User | AnonymousUser, number: str, *, source: str = "") -> list[Explanation]:
    """Return why (not) asked, for each resolution of the tickets of this number that the user may see.

    Newest resolution first. Empty when there is no such ticket, or none was resolved yet.
    """
    tickets = Ticket.objects.visible_to(user).filter(number__iexact=storable(number))
    if source:
        tickets = tickets.filter(source=storable(source))
    keys = list(tickets.values_list("pk", flat=True)[:MOST_TICKETS])
    return explained(_in_full(Resolution.objects.filter(ticket__in=keys)))


def history_of(user: User | AnonymousUser, person: Person) -> QuerySet[Resolution]:
    """Return the resolutions of a person's tickets that the user may see, newest first, for `explained`."""
    tickets = Ticket.objects.visible_to(user)
    return _in_full(Resolution.objects.filter(person=person, ticket__in=tickets))


def explained(rows: Iterable[Resolution]) -> list[Explanation]:
    """Return why (not) asked for these resolutions, in their order."""
    return [_explained(row) for row in rows]


def _in_full(found: QuerySet[Resolution]) -> QuerySet[Resolution]:
    rows = found.select_related(
        "ticket", "service", "decision__rule", "invitation__survey_version", "response"
    )
    return rows.prefetch_related("invitation__messages").order_by("-resolved_at", "-pk")


def _explained(row: Resolution) -> Explanation:
    decision: Decision | None = getattr(row, "decision", None)
    return Explanation(
        source=row.ticket.source,
        number=row.ticket.number,
        service=row.service.name,
        resolved_at=row.resolved_at,
        reason=decision.reason if decision else "",
        label=decision.get_reason_display() if decision else _("Not decided yet"),
        sentence=_(_REASONS[decision.reason]) if decision else _undecided(row),
        is_asked=decision.is_asked if decision else False,
        probability=decision.probability if decision else None,
        rule_number=decision.rule.number if decision and decision.rule else None,
        decided_at=decision.decided_at if decision else None,
        happened=tuple(sorted(_happened(row), key=itemgetter(0))),
    )


def _undecided(row: Resolution) -> str:
    if row.withdrawn_at:
        return _("The resolution was withdrawn before anything was decided.")
    return _("It is decided within half a minute of becoming known. If this stays, the worker does not run.")


def _happened(row: Resolution) -> Iterable[tuple[datetime, str]]:
    if row.reopened_at:
        yield row.reopened_at, _("The ticket was opened again.")
    if row.withdrawn_at:
        yield row.withdrawn_at, _("The survey was withdrawn; the resolution no longer counts.")
    invitation: Invitation | None = getattr(row, "invitation", None)
    if invitation is None:
        return
    yield invitation.due_at, _("The survey falls due.")
    if invitation.state != Invitation.State.WITHDRAWN:
        yield invitation.closes_at, _("The survey closes.")
    for message in invitation.messages.all():
        yield _mailed(message)
    response: Response | None = getattr(row, "response", None)
    # The moment of a confidential answer would tell which of the comments without a name is whose.
    is_named = invitation.survey_version.mode == SurveyVersion.Mode.NAMED
    if response and response.answered_at and is_named:
        yield response.answered_at, _answered(response)


def _answered(response: Response) -> str:
    if response.state == Response.State.SET_APART:
        reason = f"{told_suspicion(response.set_apart_reason).rstrip('.')}."
        return _("An answer came and was set apart: %(reason)s It does not count.") % {"reason": reason}
    if response.state == Response.State.PROVISIONAL:
        return _("An answer came and is not accepted yet. It does not count before.")
    return _("An answer came.")


def _mailed(message: Message) -> tuple[datetime, str]:
    sentences = _REMINDED if message.kind == Message.Kind.REMINDER else _MAILED
    said = _(sentences[Message.State(message.state)])
    if message.state == Message.State.FAILED:
        said = f"{said} {told(message.last_error)}".strip()
    return message.sent_at or message.due_at, said


_MAILED = {
    Message.State.SENT: gettext_noop("The mail was taken by the mail server."),
    Message.State.FAILED: gettext_noop("The mail was given up."),
    Message.State.WITHDRAWN: gettext_noop("The mail was taken back and not sent."),
    Message.State.CLAIMED: gettext_noop("The mail is being sent."),
    Message.State.DUE: gettext_noop("The mail waits for its turn."),
}
_REMINDED = {
    Message.State.SENT: gettext_noop("The reminder was taken by the mail server."),
    Message.State.FAILED: gettext_noop("The reminder was given up."),
    Message.State.WITHDRAWN: gettext_noop("The reminder was taken back and not sent."),
    Message.State.CLAIMED: gettext_noop("The reminder is being sent."),
    Message.State.DUE: gettext_noop("The reminder waits for its turn."),
}
