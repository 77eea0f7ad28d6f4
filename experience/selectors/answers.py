"""The answers about a service: how many there are, and the latest for those who may read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils.translation import get_language

from experience.engine.evidence import RATING_SCALES
from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, language_for
from surveys.models import BusinessService, CommentSentiment, Question, Response, SurveyVersion, User
from surveys.selectors.masked_comments import is_named, masked_comments

_MIDDLES = {scale: (worst + best) / 2 for scale, (worst, best) in RATING_SCALES.items()}
_UNHAPPY = reduce(or_, (Q(scale=scale, rating__lt=middle) for scale, middle in _MIDDLES.items()))
_LONGEST_LEAD, _SHORTEST_REST = 600, 200  # characters
RESTRICTIONS = ("unhappy", "comments")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a comment; `tone` is "negative" or "positive" where it decided, else empty."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as its readers may see it; what the survey's promise keeps from them is empty."""

    ticket_number: str
    subject: str
    rating: int | None
    scale: tuple[int, int]
    reasons: tuple[str, ...]
    lost_time_minutes: int | None
    is_solved: bool | None
    pieces: tuple[Piece, ...]
    sentiment: str
    sentiment_label: str
    answered_at: datetime | None
    is_simulated: bool
    service_id: int
    is_masked: bool

    @property
    def lead(self) -> list[Piece]:
        """The pieces that a list shows: the whole comment, or the beginning of a long one."""
        return fold_pieces(self.pieces)[0]

    @property
    def rest(self) -> list[Piece]:
        """The pieces that a list folds away, of a long comment."""
        return fold_pieces(self.pieces)[1]

    @property
    def is_unmasked_comment(self) -> bool:
        """Say whether a comment is shown with the names and numbers in it, which is logged."""
        return bool(self.pieces) and not self.is_masked

    @property
    def tone(self) -> str:
        """The colour of the rating: below, at or above the middle of its scale."""
        if self.rating is None:
            return "unknown"
        middle = sum(self.scale) / 2
        return "below" if self.rating < middle else ("met" if self.rating > middle else "unknown")


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How many answers counted so far; up to date at once, unlike the figures computed from them."""

    total: int
    newest_at: datetime | None
    newest_id: int


def answer_count(service: BusinessService) -> AnswerCount:
    """Return the number of accepted answers and when the newest came."""
    found = Response.objects.accepted().filter(service=service)
    values = found.aggregate(total=Count("pk"), newest_at=Max("answered_at"), newest_id=Max("pk"))
    return AnswerCount(values["total"], values["newest_at"], values["newest_id"] or 0)


def latest_answers(service: BusinessService, *, reader: User, limit: int, only: str = "") -> list[Answer]:
    """Return the newest accepted answers, each cut down to what its survey's mode lets `reader` see.

    `only` restricts to answers that are "unhappy" (rated below the middle of their scale) or that carry
    "comments". Confidential and anonymous answers show as comments alone, after the others and only once
    enough people have commented.
    """
    answers = with_details(_restricted(Response.objects.accepted().filter(service=service), only))
    named = Q(survey_version__mode=SurveyVersion.Mode.NAMED)
    rows = list(answers.filter(named).order_by("-answered_at", "-pk")[:limit])
    masked = answers.exclude(named).exclude(comment="")
    return shown_answers([*rows, *_in_no_order(masked, limit - len(rows))], reader)


def _in_no_order(masked: QuerySet[Response], room: int) -> list[Response]:
    """Return the newest comments that stand for nobody, which move on by as many people as may be told of.

    Their order is that of their words, and they stand after the others: their place tells no time.
    """
    count, least = masked.count(), settings.PRIVACY_MINIMUM
    newest = masked.order_by("-answered_at", "-pk")[count % least :][: max(0, room)]
    return sorted(newest, key=lambda row: row.comment) if count >= least else []


@dataclass(frozen=True, slots=True)
class UnhappyAnswer:
    """An unhappy answer of a survey that says who wrote it, short enough for a list over several services."""

    service_id: int
    service_key: str
    service_name: str
    ticket_number: str
    subject: str
    rating: int
    best: int
    comment: str
    answered_at: datetime


def latest_unhappy(reader: User, *, limit: int) -> list[UnhappyAnswer]:
    """Return the newest unhappy answers about services that `reader` owns or is on the team of; one query.

    Of named surveys alone: respondents were told that the team reads each answer with its ticket.
    """
    own = BusinessService.objects.answered_for_by(reader)
    rows = (
        Response.objects.accepted()
        .filter(_UNHAPPY, service__in=own, survey_version__mode=SurveyVersion.Mode.NAMED)
        .exclude(answered_at=None)
        .order_by("-answered_at", "-pk")
    )
    return [_unhappy(row) for row in rows.values(*_UNHAPPY_COLUMNS)[:limit]]


_UNHAPPY_COLUMNS = (
    "service_id", "service__key", "service__name", "resolution__ticket__number",
    "resolution__ticket__short_description", "scale", "rating", "comment", "answered_at",
)  # fmt: skip


def _unhappy(row: Mapping[str, Any]) -> UnhappyAnswer:
    return UnhappyAnswer(
        service_id=row["service_id"],
        service_key=row["service__key"],
        service_name=row["service__name"],
        ticket_number=row["resolution__ticket__number"] or "",
        subject=row["resolution__ticket__short_description"] or "",
        rating=row["rating"],
        best=RATING_SCALES.get(row["scale"], (1, 5))[1],
        comment=row["comment"],
        answered_at=row["answered_at"],
    )


def with_details(answers: QuerySet[Response]) -> QuerySet[Response]:
    """Return the answers with what `shown_answers` reads beside them."""
    return answers.select_related(
        "survey_version", "resolution__ticket", "resolution__person"
    ).prefetch_related(Prefetch("sentiments", CommentSentiment.objects.order_by("-pk")), "reasons")


def shown_answers(rows: Sequence[Response], reader: User) -> list[Answer]:
    """Return each answer as `reader` may see it; what names somebody is masked without the right to it."""
    words = _reason_words({row.survey_version_id for row in rows})
    masked = masked_comments(rows, reader)
    return [_answer(row, words, masked.get(row.pk)) for row in rows]


def _restricted(answers: QuerySet[Response], only: str) -> QuerySet[Response]:
    if only == "unhappy":
        # Masked answers stay out: picking them by rating would give the rating away.
        return answers.filter(_UNHAPPY, survey_version__mode=SurveyVersion.Mode.NAMED)
    return answers.exclude(comment="") if only == "comments" else answers


def _answer(row: Response, words: Mapping[tuple[int, str], str], masked: str | None) -> Answer:
    named = is_named(row)
    ticket = row.resolution.ticket if row.resolution and named else None
    sentiment = next(iter(row.sentiments.all()), None)
    keys = [reason.key for reason in row.reasons.all()] if named else []
    return Answer(
        ticket_number=ticket.number if ticket else "",
        subject=ticket.short_description if ticket else "",
        rating=row.rating if named else None,
        scale=RATING_SCALES.get(row.scale, (1, 5)),
        reasons=tuple(words.get((row.survey_version_id, key), key) for key in keys),
        lost_time_minutes=row.lost_time_minutes if named else None,
        is_solved=row.is_solved if named else None,
        pieces=tuple(
            comment_pieces(row.comment if masked is None else masked, sentiment.cues if sentiment else ())
        ),
        sentiment=sentiment.label if sentiment else "",
        sentiment_label=sentiment.get_label_display() if sentiment else "",
        answered_at=row.answered_at if named else None,
        is_simulated=row.is_simulated,
        service_id=row.service_id,
        is_masked=masked is not None,
    )


def comment_pieces(comment: str, cues: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """Return a comment cut at its cues; a cue that overlaps another or lies outside is left plain."""
    pieces, position = [], 0
    for cue in sorted(cues, key=lambda cue: (cue["start"], cue["end"])):
        start, end = cue["start"], cue["end"]
        if start < position or end > len(comment) or start >= end:
            continue
        pieces += [Piece(comment[position:start], ""), Piece(comment[start:end], _tone(cue["lean"]))]
        position = end
    pieces.append(Piece(comment[position:], ""))
    return [piece for piece in pieces if piece.text]


def fold_pieces(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of the first 600 characters, to the last space, and those of the rest.

    A comment that is hardly longer stays whole; a stretch that decided is never cut.
    """
    if sum(len(piece.text) for piece in pieces) <= _LONGEST_LEAD + _SHORTEST_REST:
        return list(pieces), []
    lead: list[Piece] = []
    left = _LONGEST_LEAD
    for at, piece in enumerate(pieces):
        if len(piece.text) > left:
            end = 0 if piece.tone else piece.text.rfind(" ", 0, left) + 1 or (0 if lead else left)
            cut = [Piece(piece.text[:end], ""), Piece(piece.text[end:], piece.tone)]
            return [*lead, *cut[: end > 0]], [cut[1], *pieces[at + 1 :]]
        lead.append(piece)
        left -= len(piece.text)
    return lead, []


def _tone(lean: float) -> str:
    return "negative" if lean < 0 else "positive"


def _reason_words(version_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    questions = Question.objects.filter(version__in=version_ids, kind=Question.Kind.REASONS)
    return {
        (question.version_id, option["key"]): _in_readers_language(option)
        for question in questions
        for option in question.options
    }


def reason_labels(keys: Iterable[str]) -> dict[str, str]:
    """Return reasons in the reader's language, as the newest survey version words them."""
    wanted = set(keys)
    questions = Question.objects.filter(kind=Question.Kind.REASONS).order_by("version__number", "pk")
    return {
        option["key"]: _in_readers_language(option)
        for question in questions
        for option in question.options
        if option["key"] in wanted
    }


def _in_readers_language(option: Mapping[str, Any]) -> str:
    """Return a reason in the reader's language: as the survey words it, else as it comes built in."""
    words = WORDS[language_for(get_language() or DEFAULT_LANGUAGE)]
    key, wording = str(option["key"]), option.get("wording", {})
    own: str | None = wording.get(words.code) or words.reasons.get(key) or wording.get(DEFAULT_LANGUAGE)
    return own or next(iter(wording.values()), key)
