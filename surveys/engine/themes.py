"""What people write about, per service: words and word groups that its comments use more than others'.

Class-based tf-idf (Grootendorst 2022, BERTopic): the weight of a term in a class is tf * log(1 + A / f) with
tf the people of the class who use it over all its people, f the same over all classes, A the mean of people
per class. One person counts once per term, so that nobody makes a theme by repeating himself. A theme needs
ten people, and so does the rest of the service's people unless all of them share it: a smaller remainder
would tell on them.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

LEAST_PEOPLE = 10
LONGEST_TERM = 3
SHORTEST_WORD = 3
SAME_PEOPLE_SHARE = 0.8
LEVEL = 0.9
PRIOR_DEGREES = 4

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CLAUSE_END = re.compile(r"[.,;:!?()\n…]+")


@dataclass(frozen=True, slots=True)
class ThemeComment:
    """One comment: whose, about which service, and its polarity -1..1 (None when unscored)."""

    service: str
    person: str
    text: str
    polarity: float | None


@dataclass(frozen=True, slots=True)
class Theme:
    """A term with the people and comments that use it, and their mean polarity with its 90 % interval.

    The polarity fields are None when fewer than ten people's comments were scored. `weight` orders themes
    within a service and means nothing across services.
    """

    term: str
    people: int
    comments: int
    weight: float
    polarity: float | None
    low: float | None
    high: float | None


def find_themes(
    comments: Sequence[ThemeComment], *, function_words: Collection[str] = (), most: int = 12
) -> dict[str, list[Theme]]:
    """Return the themes of each service, heaviest first, at most `most`; services without any are left out.

    `function_words` (lower case) neither begin nor end a term.
    """
    users = _users_of_terms(comments, frozenset(function_words))
    people = _people_of_services(comments)
    spread = _spread(comments)
    found = {service: _themes_of(service, users, people, spread, most) for service in people}
    return {service: themes for service, themes in found.items() if themes}


def terms_of(text: str, function_words: Collection[str]) -> set[str]:
    """Return the one- to three-word terms of a text, lower case, never across a clause end."""
    return {
        " ".join(words[start : start + size])
        for words in _clauses(text)
        for size in range(1, LONGEST_TERM + 1)
        for start in range(len(words) - size + 1)
        if all(_is_content(words[end], function_words) for end in (start, start + size - 1))
    }


def mean_interval(values: Sequence[float], spread: float) -> tuple[float, float]:
    """Return the moderated Wilson interval of a mean of polarities on [-1, 1].

    `spread` is the variance of all comments' polarities, worth four more observations. Formula: variance
    v = ((n-1) s^2 + 4 spread)/(n+3), worth n* = n p(1-p)/(v/4) yes/no answers, Student quantile.
    """
    n, mean = len(values), math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    variance = max((squares + PRIOR_DEGREES * spread) / (n - 1 + PRIOR_DEGREES), 1e-9) / 4.0
    share = (mean + 1.0) / 2.0
    shrunk = (n * share + 1.0) / (n + 2.0)
    worth = n * shrunk * (1.0 - shrunk) / variance
    square = float(stdtrit(n - 1 + PRIOR_DEGREES, 0.5 + LEVEL / 2.0)) ** 2
    shrink = 1.0 + square / worth
    centre = (share + square / (2.0 * worth)) / shrink
    half = math.sqrt(square * (share * (1.0 - share) / worth + square / (4.0 * worth**2))) / shrink
    return max(-1.0, 2.0 * (centre - half) - 1.0), min(1.0, 2.0 * (centre + half) - 1.0)


Users = Mapping[str, Mapping[str, Mapping[str, Sequence[float | None]]]]


def _clauses(text: str) -> Iterator[list[str]]:
    for clause in _CLAUSE_END.split(text.lower()):
        yield _WORD.findall(clause)


def _is_content(word: str, function_words: Collection[str]) -> bool:
    return len(word) >= SHORTEST_WORD and word not in function_words


def _users_of_terms(comments: Iterable[ThemeComment], function_words: frozenset[str]) -> Users:
    """Return term -> service -> person -> polarities of the comments with the term."""
    users: dict[str, dict[str, dict[str, list[float | None]]]] = defaultdict(lambda: defaultdict(dict))
    for comment in comments:
        for term in terms_of(comment.text, function_words):
            users[term][comment.service].setdefault(comment.person, []).append(comment.polarity)
    return users


def _people_of_services(comments: Iterable[ThemeComment]) -> dict[str, int]:
    people: dict[str, set[str]] = defaultdict(set)
    for comment in comments:
        people[comment.service].add(comment.person)
    return {service: len(everyone) for service, everyone in people.items()}


def _spread(comments: Iterable[ThemeComment]) -> float:
    scored = [comment.polarity for comment in comments if comment.polarity is not None]
    return float(np.var(scored)) if scored else 0.0


def _themes_of(
    service: str, users: Users, people: Mapping[str, int], spread: float, most: int
) -> list[Theme]:
    mean_people = sum(people.values()) / len(people)
    candidates: list[tuple[Theme, frozenset[str]]] = []
    for term, services in users.items():
        who = services.get(service, {})
        if may_be_shown(len(who), people[service]):
            share = len(who) / people[service]
            weight = share * math.log1p(mean_people / sum(len(everyone) for everyone in services.values()))
            candidates.append((_theme(term, who, weight, spread), frozenset(who)))
    candidates.sort(key=lambda pair: (-pair[0].weight, -len(pair[0].term), pair[0].term))
    return _distinct(candidates)[:most]


def may_be_shown(people: int, everyone: int) -> bool:
    """Say whether a group is large enough, and the remainder too (or empty): ten people each."""
    rest = everyone - people
    return people >= LEAST_PEOPLE and (rest == 0 or rest >= LEAST_PEOPLE)


def _theme(term: str, who: Mapping[str, Sequence[float | None]], weight: float, spread: float) -> Theme:
    scored = [[value for value in values if value is not None] for values in who.values()]
    means = [math.fsum(values) / len(values) for values in scored if values]
    comments = sum(len(values) for values in who.values())
    if len(means) < LEAST_PEOPLE:
        return Theme(term, len(who), comments, weight, None, None, None)
    low, high = mean_interval(means, spread)
    return Theme(term, len(who), comments, weight, math.fsum(means) / len(means), low, high)


def _distinct(candidates: Sequence[tuple[Theme, frozenset[str]]]) -> list[Theme]:
    """Leave out terms that contain or are contained in a heavier one of nearly the same people."""
    kept: list[tuple[Theme, frozenset[str]]] = []
    for theme, who in candidates:
        if not any(_is_same(theme.term, who, other.term, others) for other, others in kept):
            kept.append((theme, who))
    return [theme for theme, _ in kept]


def _is_same(term: str, who: frozenset[str], other: str, others: frozenset[str]) -> bool:
    nested = f" {term} " in f" {other} " or f" {other} " in f" {term} "
    difference = max(len(who - others), len(others - who))
    overlap = len(who & others) / max(len(who), len(others))
    return nested and (overlap >= SAME_PEOPLE_SHARE or 0 < difference < LEAST_PEOPLE)
