"""Why a result is as it is: what pulls the rating down, where it is worst, which reasons weigh most.

Everything is read off answers and the tickets they speak for; nothing is said about too few people, also not
by subtracting what is shown from the whole. Associations, never causes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from experience.engine.defaults import DEFAULTS
from experience.engine.drivers import Drivers, Pull, drivers, pull, reason_weight
from experience.engine.gaps import has_interval
from experience.engine.intervals import moderated_wilson
from experience.engine.normalise import Anchors
from experience.engine.privacy import hidden_cells
from surveys.engine.response_class import Fact, tells

# What may pull a rating down: facts of a ticket as they stood when it was resolved.
FACTS: Mapping[str, Fact] = {
    "repeat": Fact.REPEAT_CONTACT,
    "reopened": Fact.REOPENED,
    "slow": Fact.TIME_TO_RESOLVE,
    "reassigned": Fact.REASSIGNED,
}
_URGENT = 2
# Sites and personas that get a column of their own among the drivers; they are compared with the rest.
_MOST_LEVELS = 3


@dataclass(frozen=True, slots=True)
class AnsweredTicket:
    """One accepted rating with what was known of its ticket; `person` is None where nobody is known."""

    day: date
    response_class: str
    site: str
    persona: str
    priority: int | None
    person: int | None
    rating: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """The rating's scale: its ends, what was agreed on it, and the organisation's variance on it."""

    low: float
    high: float
    anchors: Anchors
    pooled_variance: float | None = None


@dataclass(frozen=True, slots=True)
class Factor:
    """A fact that some tickets have and that pulls the mean rating down, in units of the rating."""

    fact: str
    pull: Pull


@dataclass(frozen=True, slots=True)
class Segment:
    """One site or persona: its mean rating as answered with its interval, and the people behind it."""

    name: str
    people: int
    answers: int
    rating: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of one split that may be shown, and how many named ones may not."""

    shown: tuple[Segment, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason ticked with a rating in the lower half of the scale.

    `weight` is share of all answers x points of their mean score below target: the order of the list.
    """

    key: str
    people: int
    share: float
    weight: float


def people_in(answers: Iterable[AnsweredTicket]) -> int:
    """Return how many people gave these answers; each answer of nobody known counts as one."""
    known = [answer.person for answer in answers]
    return len({person for person in known if person is not None}) + known.count(None)


def factors(
    answers: Sequence[AnsweredTicket], tickets: Mapping[str, int], *, least: int = DEFAULTS.least_respondents
) -> list[Factor]:
    """Return the facts that pull the mean rating down, strongest first.

    share of tickets with the fact x how much lower their answers are. `tickets` counts the eligible
    resolutions per response class. Facts with fewer than `least` people on either side are left out.
    """
    found = [(fact, _factor(fact, answers, tickets, least)) for fact in FACTS]
    pulling = [Factor(fact, made) for fact, made in found if made is not None and made.pull > 0]
    return sorted(pulling, key=lambda factor: -factor.pull.pull)


def _factor(
    fact: str, answers: Sequence[AnsweredTicket], tickets: Mapping[str, int], least: int
) -> Pull | None:
    sides = _sides(answers, _has_fact(fact))
    if min(map(people_in, sides)) < least:
        return None
    with_fact = sum(n for code, n in tickets.items() if tells(code, FACTS[fact]))
    means = [float(np.mean([a.rating for a in side])) for side in sides]
    return pull(
        tickets_with=with_fact,
        mean_with=means[0],
        tickets_without=sum(tickets.values()) - with_fact,
        mean_without=means[1],
    )


def worst_segments(
    answers: Sequence[AnsweredTicket],
    of: Callable[[AnsweredTicket], str],
    scale: Scale,
    *,
    most: int = 3,
    least: int = DEFAULTS.least_respondents,
) -> list[Segment]:
    """Return the parts of one split whose mean lies below target, those that weigh most first.

    The order is people x distance below target. Parts without a name, with too few answers for an interval,
    or hidden by `privacy.hidden_cells` are left out; so is a split with one part only.
    """
    if len({of(answer) for answer in answers}) < 2:
        return []
    below = [s for s in split(answers, of, scale, least=least).shown if s.rating < scale.anchors.target]
    return sorted(below, key=lambda s: (-s.people * (scale.anchors.target - s.rating), s.name))[:most]


def split(
    answers: Sequence[AnsweredTicket],
    of: Callable[[AnsweredTicket], str],
    scale: Scale,
    *,
    least: int = DEFAULTS.least_respondents,
) -> Split:
    """Return every part of one split that may be shown, most people first, and how many may not.

    Left out are parts without a name, those with too few answers for an interval, and those hidden by
    `privacy.hidden_cells`, so that nothing can be had back by subtracting from the whole.
    """
    parts: dict[str, list[AnsweredTicket]] = defaultdict(list)
    for answer in answers:
        parts[of(answer)].append(answer)
    hidden = hidden_cells({name: people_in(part) for name, part in parts.items()}, least=least)
    shown = [
        _segment(name, part, scale)
        for name, part in parts.items()
        if name and name not in hidden and has_interval(len(part))
    ]
    named = sum(bool(name) for name in parts)
    return Split(tuple(sorted(shown, key=lambda s: (-s.people, s.name))), named - len(shown))


def whole(
    answers: Sequence[AnsweredTicket], scale: Scale, *, least: int = DEFAULTS.least_respondents
) -> Segment | None:
    """Return all answers as one part without a name; None where they are too few to be shown."""
    if people_in(answers) < least or not has_interval(len(answers)):
        return None
    return _segment("", answers, scale)


def _segment(name: str, part: Sequence[AnsweredTicket], scale: Scale) -> Segment:
    ratings = np.array([a.rating for a in part], dtype=np.float64)
    mean = float(ratings.mean())
    span = moderated_wilson(
        mean,
        float(ratings.var(ddof=1)),
        float(len(part)),
        lo=scale.low,
        hi=scale.high,
        pooled=scale.pooled_variance,
    )
    return Segment(name, people_in(part), len(part), mean, span.low, span.high)


def reasons(
    answers: Sequence[AnsweredTicket],
    scale: Scale,
    *,
    most: int = 5,
    least: int = DEFAULTS.least_respondents,
) -> list[Reason]:
    """Return the reasons ticked among the lower half of the ratings, heaviest first; no regression.

    Which reasons are offered depends on the rating, so they are counted within the band and weighed by
    `drivers.reason_weight`. Reasons of fewer than `least` people are left out.
    """
    middle = (scale.low + scale.high) / 2
    low = [a for a in answers if a.rating <= middle]
    ticked: dict[str, list[AnsweredTicket]] = defaultdict(list)
    for answer in low:
        for key in answer.reasons:
            ticked[key].append(answer)
    found = [
        _reason(key, part, len(answers), scale) for key, part in ticked.items() if people_in(part) >= least
    ]
    return sorted(found, key=lambda reason: (-reason.weight, reason.key))[:most]


def _reason(key: str, part: Sequence[AnsweredTicket], answers: int, scale: Scale) -> Reason:
    score = float(np.mean([scale.anchors.score(a.rating) for a in part]))
    share = len(part) / answers
    return Reason(key, people_in(part), share, reason_weight(share=share, mean_score=score))


def rating_drivers(
    answers: Sequence[AnsweredTicket], *, seed: int, least: int = DEFAULTS.least_respondents
) -> Drivers | None:
    """Return which operational facts go with the rating, from cross-products per day of resolution.

    None below 200 answers or 20 per column, and where nothing varies between `least` people on either side;
    see `drivers.drivers`.
    """
    columns = _columns(answers, least)
    rows = [[1.0, *(float(has(a)) for _, has in columns), a.rating] for a in answers]
    days = [answer.day for answer in answers]
    return _drivers([name for name, _ in columns], days, rows, [1] * len(rows), seed)


def class_drivers(counts: Mapping[tuple[date, str, float], int], *, seed: int) -> Drivers | None:
    """Return the drivers of many services together, from answers counted by day, response class and rating.

    What a service falls back on that has too few answers of its own.
    """
    rows = [
        [1.0, *(float(tells(code, fact)) for fact in FACTS.values()), rating] for _, code, rating in counts
    ]
    return _drivers(list(FACTS), [day for day, _, _ in counts], rows, list(counts.values()), seed)


def _drivers(
    names: Sequence[str], days: Sequence[date], rows: list[list[float]], counts: Sequence[int], seed: int
) -> Drivers | None:
    """Return the drivers of these rows (constant, one column per name, rating), each counted so often."""
    if not names or not rows:
        return None
    design = np.array(rows, dtype=np.float64)
    ordinals = np.array([day.toordinal() for day in days])
    dates, place = np.unique(ordinals, return_inverse=True)
    cross = np.zeros((len(dates), design.shape[1], design.shape[1]))
    weighted = design * np.array(counts, dtype=np.float64)[:, np.newaxis]
    np.add.at(cross, place, weighted[:, :, np.newaxis] * design[:, np.newaxis, :])
    groups: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names, start=1):
        groups[name].append(number)
    return drivers(cross, groups, seed=seed)


Column = tuple[str, Callable[[AnsweredTicket], bool]]


def _columns(answers: Sequence[AnsweredTicket], least: int) -> list[Column]:
    """Return the predictors that vary, each a yes/no column under the driver it belongs to."""
    found: list[Column] = [(fact, _has_fact(fact)) for fact in FACTS]
    found.append(("urgent", lambda a: a.priority is not None and a.priority <= _URGENT))
    for name in ("site", "persona"):
        counts = Counter(str(getattr(a, name)) for a in answers)
        levels = sorted(counts, key=lambda level: (-counts[level], level))[1 : _MOST_LEVELS + 1]
        found += [(name, _is_level(name, level)) for level in levels]
    return [(name, has) for name, has in found if _varies(answers, has, least)]


def _has_fact(fact: str) -> Callable[[AnsweredTicket], bool]:
    return lambda answer: tells(answer.response_class, FACTS[fact])


def _is_level(name: str, level: str) -> Callable[[AnsweredTicket], bool]:
    return lambda answer: getattr(answer, name) == level


def _varies(answers: Collection[AnsweredTicket], has: Callable[[AnsweredTicket], bool], least: int) -> bool:
    """Say whether at least so many people stand on either side: nothing is told about fewer."""
    return min(map(people_in, _sides(answers, has))) >= least


def _sides(
    answers: Collection[AnsweredTicket], has: Callable[[AnsweredTicket], bool]
) -> list[list[AnsweredTicket]]:
    """Return the answers about tickets that have it, and the others."""
    return [[answer for answer in answers if has(answer) is side] for side in (True, False)]
