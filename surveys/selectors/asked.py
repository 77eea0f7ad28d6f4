"""What the answer page and the invitation mail show about one invitation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from surveys.engine.questionnaire import OfferedReason, Questionnaire, ticket_title, varied
from surveys.engine.scales import SCALES, Band
from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, Words, fill, language_for, language_of
from surveys.models import Invitation, OptOut, Person, Question, SurveyVersion
from surveys.selectors.asking_rules import zone_of


@dataclass(frozen=True)
class Asked:
    """One invitation in the words of its person's language; days are local to the person."""

    invitation: Invitation
    words: Words
    questionnaire: Questionnaire
    ticket: str
    number: str
    service: str
    resolved_day: str
    closing_day: str
    readers: str

    def say(self, text: str, **values: object) -> str:
        """Return one of the words with the facts of this invitation filled in."""
        facts = {"ticket": self.ticket, "number": self.number, "service": self.service}
        return fill(text, **facts, minimum=settings.PRIVACY_MINIMUM, **values)


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a token with everything its page shows, or None for an unknown token."""
    if not token.isascii() or not token.isprintable():  # PostgreSQL refuses to look for a zero character
        return None
    invitations = Invitation.objects.select_related(
        "resolution__ticket", "resolution__response", "service", "person", "survey_version__survey"
    )
    return invitations.filter(token=token).first()


def newest_invitation(*, source: str, number: str) -> Invitation | None:
    """Return the invitation about the last resolution of a source's ticket, None when nobody was asked."""
    about = Invitation.objects.filter(resolution__ticket__source=source, resolution__ticket__number=number)
    return about.order_by("-resolution__resolved_at").first()


def asked(
    invitation: Invitation,
    language: str = "",
    *,
    asks_solved: bool = False,
    closes_at: datetime | None = None,
) -> Asked:
    """Return what `invitation` asks, in `language` or, without one, in the invitation's.

    Whether it was really solved is asked with `asks_solved` only: where a "no" reaches somebody. With
    `closes_at` it takes answers until then.
    """
    words = WORDS[language_for(language or invitation.language)]
    ticket = invitation.resolution.ticket
    number = {"number": ticket.number, "minimum": settings.PRIVACY_MINIMUM}
    return Asked(
        invitation=invitation,
        words=words,
        questionnaire=_in_own_order(
            questionnaire(invitation.survey_version, words, asks_solved=asks_solved), invitation
        ),
        ticket=ticket_title(ticket.short_description, ticket.number),
        number=ticket.number,
        service=invitation.service.name,
        resolved_day=_day(invitation.resolution.resolved_at, invitation, words),
        closing_day=_day(closes_at or invitation.closes_at, invitation, words),
        readers=fill(_readers(invitation.survey_version, words), **number),
    )


def _in_own_order(questions: Questionnaire, invitation: Invitation) -> Questionnaire:
    order = reason_order([reason.key for reason in questions.reasons], invitation)
    return replace(questions, reasons=tuple(sorted(questions.reasons, key=lambda row: order.index(row.key))))


def reason_order(keys: Sequence[str], invitation: Invitation) -> list[str]:
    """Return the order in which this invitation's page shows the reasons; it is kept with each answer."""
    return varied(keys, seed=f"reasons-{invitation.pk}")


def questionnaire(version: SurveyVersion, words: Words, *, asks_solved: bool = False) -> Questionnaire:
    """Return a version's questions; what it words itself stands before the built-in words."""
    questions = {question.kind: question for question in version.questions.all()}
    rating = questions[Question.Kind.RATING]
    reasons = questions.get(Question.Kind.REASONS)
    return Questionnaire(
        scale=SCALES[rating.scale],
        rating=_worded(rating, words.question, words),
        solved=_worded(questions.get(Question.Kind.SOLVED), words.solved, words) if asks_solved else "",
        reasons=_reasons(reasons, words) if reasons else (),
        lost_time=_worded(questions.get(Question.Kind.LOST_TIME), words.lost_time, words),
        comment=_worded(questions.get(Question.Kind.COMMENT), words.comment, words),
        order=tuple(kind for kind in questions if kind != Question.Kind.RATING),
    )


def _worded(question: Question | None, built_in: str, words: Words) -> str:
    if question is None:
        return ""
    return _in_language(question.wording, words) or built_in


def _reasons(question: Question, words: Words) -> tuple[OfferedReason, ...]:
    return tuple(
        OfferedReason(
            key=option["key"],
            band=Band(option["band"]),
            text=_reason_text(option["key"], option["wording"], words),
        )
        for option in question.options
    )


def _reason_text(key: str, wording: Mapping[str, str], words: Words) -> str:
    return wording.get(words.code) or words.reasons.get(key) or wording.get(DEFAULT_LANGUAGE) or key


def _in_language(wording: Mapping[str, str], words: Words) -> str:
    return wording.get(words.code) or wording.get(DEFAULT_LANGUAGE) or ""


def _readers(version: SurveyVersion, words: Words) -> str:
    return {
        SurveyVersion.Mode.NAMED: words.readers_named,
        SurveyVersion.Mode.CONFIDENTIAL: words.readers_confidential,
        SurveyVersion.Mode.ANONYMOUS: words.readers_anonymous,
    }[SurveyVersion.Mode(version.mode)]


def local_time(moment: datetime, invitation: Invitation, words: Words) -> str:
    """Return day and time of a moment where the person is, as their language writes them."""
    local = _local(moment, invitation)
    with translation.override(words.code):
        return f"{date_format(local, 'MONTH_DAY_FORMAT')}, {local:%H:%M}"


def _day(moment: datetime, invitation: Invitation, words: Words) -> str:
    with translation.override(words.code):
        return date_format(_local(moment, invitation), "MONTH_DAY_FORMAT")


def _local(moment: datetime, invitation: Invitation) -> datetime:
    return moment.astimezone(zone_of(invitation.person, invitation.service))


def page_language(invitation: Invitation, *, chosen: str, browser: str) -> str:
    """Return the language of the page: the one chosen on it, then the person's, then the browser's.

    A mail that was written in another language than the default keeps its page in that language.
    """
    if chosen in WORDS:
        return chosen
    is_known = invitation.language != DEFAULT_LANGUAGE
    return language_of(invitation.person.language or (invitation.language if is_known else ""), browser)


def has_opted_out(person: Person) -> bool:
    """Say whether the person wants no survey at all."""
    return OptOut.objects.filter(person=person, survey=None).exists()
