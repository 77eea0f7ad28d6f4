"""Telling answers of people from those of mail scanners, by what the server alone can see.

A scanner opens the links of a mail, some render the pages and press what can be pressed. What such programs
do together in one go is one *sitting*: requests from one network with pauses of at most ten seconds. Each
answer is judged by the sitting in which its page was opened and by the one in which it was sent, so a person
who comes more than ten seconds after a scanner is judged alone, whatever the scanner did before.

Nothing here reads what a browser says about itself to scripts (`navigator.webdriver` is false in any scanner
that cares). Not caught: a scanner that opens one link only, more than ten seconds after delivery, keeps off
the trap and sends the form; one that spreads its requests over several networks; one that pauses longer than
ten seconds and opens only two of the options. docs/asking.md says so to those who run the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PAUSE = timedelta(seconds=10)  # a longer one ends a sitting
TOO_SOON = timedelta(seconds=10)  # after delivery: nobody has read the mail yet
CONFIRMATION = timedelta(seconds=2)  # the mail is out a moment before the mail server's word reaches us
SLOW_WINDOW = timedelta(minutes=10)
SLOW_OPTIONS = 3
CROWD_WINDOW = timedelta(minutes=10)
CROWD = 20  # people whose invitations one network opened within the window
HEADLESS_WORDS = ("headless", "phantomjs", "bot", "crawler", "spider", "curl", "wget", "python", "scanner")


class Signal(StrEnum):
    """One thing that people rarely do. The first three set apart alone, the last two only together."""

    TRAP = "opened the hidden link"
    SEVERAL = "opened several ratings at once"
    TOO_SOON = "came within 10 seconds of delivery"
    CROWD = "many recipients from one network"
    HEADLESS = "no ordinary browser"


WEAK = frozenset({Signal.CROWD, Signal.HEADLESS})


@dataclass(frozen=True)
class Touch:
    """One opening of a page of an invitation; `option` is the rating that the link asked for."""

    key: int
    at: datetime
    network: str
    option: int | None = None
    is_trap: bool = False
    is_headless: bool = False


@dataclass(frozen=True)
class Post:
    """One answer sent; `touch` is the key of the opening that brought its page, where that is known."""

    key: int
    at: datetime
    network: str
    touch: int | None = None
    is_headless: bool = False


def looks_headless(user_agent: str, accept_language: str) -> bool:
    """Say whether a request names a program instead of a browser, or no language at all."""
    name = user_agent.lower()
    return not name or not accept_language or any(word in name for word in HEADLESS_WORDS)


def signals(
    touches: Iterable[Touch],
    posts: Sequence[Post],
    *,
    delivered_at: Sequence[datetime] = (),
    crowds: frozenset[str] = frozenset(),
) -> dict[int, frozenset[Signal]]:
    """Return for each answer, by key, the signals that set it apart; none for an answer that counts.

    `touches` and `posts` are those of one invitation, `delivered_at` the times at which its mails went out,
    `crowds` the networks that opened the invitations of many people within ten minutes.
    """
    sittings = _sittings([*touches, *posts])
    found = {index: _signals(sitting, delivered_at, crowds) for index, sitting in enumerate(sittings)}
    for index in _slow(sittings, found):
        found[index] |= {Signal.SEVERAL}
    opened_in = {row.key: i for i, rows in enumerate(sittings) for row in rows if isinstance(row, Touch)}
    sent_in = {row.key: i for i, rows in enumerate(sittings) for row in rows if isinstance(row, Post)}
    return {post.key: _decisive(found, {sent_in[post.key], opened_in.get(post.touch or 0)}) for post in posts}


def in_words(found: Iterable[Signal]) -> str:
    """Return the reason that the audit page shows."""
    return "; ".join(sorted(signal.value for signal in found))


_Sitting = list[Touch | Post]


def _sittings(rows: Iterable[Touch | Post]) -> list[_Sitting]:
    sittings: list[_Sitting] = []
    newest: dict[str, _Sitting] = {}
    for row in sorted(rows, key=lambda row: row.at):
        sitting = newest.get(row.network)
        if sitting is None or row.at - sitting[-1].at > PAUSE:
            newest[row.network] = sitting = []
            sittings.append(sitting)
        sitting.append(row)
    return sittings


def _signals(
    sitting: _Sitting, delivered_at: Sequence[datetime], crowds: frozenset[str]
) -> frozenset[Signal]:
    began = sitting[0].at
    shows = {
        Signal.TRAP: any(isinstance(row, Touch) and row.is_trap for row in sitting),
        Signal.SEVERAL: len(_options(sitting)) > 1,
        Signal.TOO_SOON: any(-CONFIRMATION <= began - delivered < TOO_SOON for delivered in delivered_at),
        Signal.CROWD: sitting[0].network in crowds,
        Signal.HEADLESS: any(row.is_headless for row in sitting),
    }
    return frozenset(signal for signal, does in shows.items() if does)


def _options(sitting: _Sitting) -> set[int]:
    return {row.option for row in sitting if isinstance(row, Touch) and row.option is not None}


def _slow(sittings: Sequence[_Sitting], found: Mapping[int, frozenset[Signal]]) -> set[int]:
    """Return the sittings of a scanner that pauses between links: each looks clean, together they opened
    three ratings or more within ten minutes.
    """
    clean = [index for index in range(len(sittings)) if _options(sittings[index]) and not found[index] - WEAK]
    slow: set[int] = set()
    for index in clean:
        first = sittings[index][0]
        together = [
            other
            for other in clean
            if sittings[other][0].network == first.network
            and timedelta(0) <= sittings[other][0].at - first.at <= SLOW_WINDOW
        ]
        if len(set().union(*(_options(sittings[other]) for other in together))) >= SLOW_OPTIONS:
            slow.update(together)
    return slow


def _decisive(found: Mapping[int, frozenset[Signal]], sittings: Iterable[int | None]) -> frozenset[Signal]:
    seen = frozenset().union(*(found[index] for index in sittings if index is not None))
    return seen if seen - WEAK or seen >= WEAK else frozenset()
