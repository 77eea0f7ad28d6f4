"""The comments that a reader may read, found by words, service, feeling, rating and theme; contradictions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Case, Count, Q, QuerySet, When
from django.utils.translation import gettext_lazy

from experience.models import CommentTheme
from experience.selectors.access import looked_after
from experience.selectors.answers import Answer, shown_answers, with_details
from experience.selectors.readings import newest_reading
from surveys.engine.contradictions import HAPPY_POMP, UNHAPPY_POMP
from surveys.engine.scales import SCALES
from surveys.engine.values import storable
from surveys.models import BusinessService, CommentSentiment, Contradiction, Response, SurveyVersion
from surveys.selectors.masked_comments import masked_comments, reads_unmasked
from surveys.selectors.narrowing import EVERYTHING, Narrowing, read_narrowing

if TYPE_CHECKING:
    from surveys.models import User

ALL, WAITING, LOOKED_AT = "all", "contradictions", "looked-at"
TABS = (
    (ALL, gettext_lazy("All comments")),
    (WAITING, gettext_lazy("Contradictions")),
    (LOOKED_AT, gettext_lazy("Looked at")),
)
BANDS = (
    ("low", gettext_lazy("Unhappy ratings")),
    ("middle", gettext_lazy("In between")),
    ("high", gettext_lazy("Happy ratings")),
)
_NAMED = Q(survey_version__mode=SurveyVersion.Mode.NAMED)
_MOST_THEMES = 12
# A search reads so many masked comments, the newest that hold the words; each takes some 0.1 ms.
_MOST_MASKED_HITS = 1000


@dataclass(frozen=True, slots=True)
class CommentChoice:
    """What a reader asked for; empty means everything."""

    tab: str = ALL
    text: str = ""
    service: str = ""
    label: str = ""
    band: str = ""
    theme: str = ""
    narrowing: Narrowing = EVERYTHING


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One comment of the list; `contradiction` where its rating says the opposite."""

    answer: Answer
    service: BusinessService
    contradiction: Contradiction | None


def read_comment_choice(parameters: dict[str, str]) -> CommentChoice:
    """Return the choice in the query parameters; unknown words are the default."""

    def one_of(name: str, known: Collection[str]) -> str:
        given = parameters.get(name, "")
        return given if given in known else ""

    return CommentChoice(
        tab=one_of("tab", [key for key, _ in TABS]) or ALL,
        text=storable(parameters.get("q", ""))[:100],
        service=storable(parameters.get("service", ""))[:60],
        label=one_of("label", CommentSentiment.Label.values),
        band=one_of("band", [key for key, _ in BANDS]),
        theme=storable(parameters.get("theme", ""))[:200],
        narrowing=read_narrowing(parameters),
    )


def read_services(user: User) -> list[BusinessService]:
    """Return the services whose single comments somebody reads, by name."""
    visible = list(BusinessService.objects.visible_to(user).order_by("name"))
    own = looked_after(user, [service.pk for service in visible])
    return [service for service in visible if service.pk in own]


def chosen_comments(
    services: Collection[BusinessService], choice: CommentChoice, reader: User
) -> QuerySet[Response]:
    """Return the matching comments about these services, the newest first, as `reader` may find them.

    Those of confidential and anonymous surveys stand after the others, in an order that tells no time.

    Words are found in what the reader sees: a search does not tell what is masked. Confidential and anonymous
    comments appear once enough people wrote one about the service, and never in a choice by rating or group:
    it would give the rating, or part of the ticket, away.
    """
    narrowing = choice.narrowing
    ids = [s.pk for s in services if choice.service in ("", s.key) and narrowing.supplier in ("", s.supplier)]
    is_narrow = choice.tab != ALL or choice.band or narrowing.group
    masked_in = [] if is_narrow else _with_enough_masked(ids)
    commented = Response.objects.accepted().filter(service__in=ids).exclude(comment="")
    found = commented.filter(_NAMED | Q(service__in=masked_in), _asked_for(choice))
    if choice.label:
        found = found.annotate(label=newest_reading("label")).filter(label=choice.label)
    in_order = _newest_first(found) if masked_in else found.order_by("-answered_at", "-pk")
    return _in_sight(in_order, choice, reader) if choice.text or choice.theme else in_order


def _asked_for(choice: CommentChoice) -> Q:
    """Return the condition of group, tab, words and band."""
    found = Q()
    if choice.narrowing.group:
        found &= Q(resolution__assignment_group=choice.narrowing.group)
    if choice.tab != ALL:
        found &= Q(contradiction__isnull=False, contradiction__looked_at__isnull=choice.tab == WAITING)
    for words in filter(None, (choice.text, choice.theme)):
        found &= Q(comment__icontains=words)
    return found & _in_band(choice.band) if choice.band else found


def _newest_first(found: QuerySet[Response]) -> QuerySet[Response]:
    """Order comments by time, and those that stand for nobody after them by their words: it tells no time."""
    told_at, words = Case(When(_NAMED, then="answered_at")), Case(When(~_NAMED, then="comment"))
    return found.order_by(told_at.desc(nulls_last=True), words, "-pk")


def _in_sight(found: QuerySet[Response], choice: CommentChoice, reader: User) -> QuerySet[Response]:
    """Leave out comments in which only a masked stretch holds the words."""
    services = set(found.order_by().values_list("service", flat=True).distinct())
    plain = _NAMED & Q(service__in=reads_unmasked(reader, services))
    hits = found.exclude(plain).select_related("survey_version", "resolution__person")[:_MOST_MASKED_HITS]
    words = [text.casefold() for text in (choice.text, choice.theme)]
    masked = masked_comments(list(hits), reader)
    seen = [key for key, text in masked.items() if all(word in text.casefold() for word in words)]
    return found.filter(plain | Q(pk__in=seen))


def _with_enough_masked(ids: Sequence[int]) -> list[int]:
    commented = Response.objects.accepted().filter(service__in=ids).exclude(comment="").exclude(_NAMED)
    counts = commented.values_list("service").annotate(n=Count("pk")).order_by()
    return [service for service, n in counts if n >= settings.PRIVACY_MINIMUM]


def _in_band(band: str) -> Q:
    condition = Q(pk__in=())
    for key, scale in SCALES.items():
        ratings = [rating for rating in scale.ratings if _band_of(scale.pomp(rating)) == band]
        condition |= Q(scale=key, rating__in=ratings)
    return condition


def _band_of(pomp: float) -> str:
    return "low" if pomp <= UNHAPPY_POMP else ("high" if pomp >= HAPPY_POMP else "middle")


def comment_lines(found: QuerySet[Response], reader: User) -> list[CommentLine]:
    """Return the lines of a page of comments as `reader` may see them."""
    rows = list(with_details(found).select_related("service", "contradiction"))
    return [
        CommentLine(answer, row.service, getattr(row, "contradiction", None))
        for row, answer in zip(rows, shown_answers(rows, reader), strict=True)
    ]


def waiting_count(services: Collection[BusinessService], reader: User) -> int:
    """Return how many contradictions about these services nobody has looked at."""
    return chosen_comments(services, CommentChoice(tab=WAITING), reader).count()


def themes_of(user: User, service_key: str, *, most: int = _MOST_THEMES) -> list[CommentTheme]:
    """Return what people write about a service, the weightiest first."""
    return list(CommentTheme.objects.visible_to(user).filter(service__key=service_key)[:most])


def visible_contradiction(user: User, response_id: int) -> Contradiction | None:
    """Return the contradiction of an answer about a service that this user sees, None for another."""
    found = Contradiction.objects.visible_to(user).filter(
        response=response_id, response__survey_version__mode=SurveyVersion.Mode.NAMED
    )
    return found.select_related("response__service").first()
