from datetime import UTC, datetime, timedelta

import pytest

from surveys.engine.scanners import Post, Signal, Touch, in_words, looks_headless, signals

MAILED = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


def opened(key: int, seconds: float, *, option: int | None = None, network: str = "home", **marks) -> Touch:
    return Touch(key, MAILED + timedelta(seconds=seconds), network, option, **marks)


def sent(key: int, seconds: float, *, page: int | None = None, network: str = "home", **marks) -> Post:
    return Post(key, MAILED + timedelta(seconds=seconds), network, page, **marks)


def judged(*rows: Touch | Post, crowds: frozenset[str] = frozenset()) -> dict[int, frozenset[Signal]]:
    touches = [row for row in rows if isinstance(row, Touch)]
    posts = [row for row in rows if isinstance(row, Post)]
    return signals(touches, posts, delivered_at=[MAILED], crowds=crowds)


def test_a_person_who_clicks_one_button_and_sends_is_no_scanner() -> None:
    assert judged(opened(1, 300, option=4), sent(9, 330, page=1)) == {9: frozenset()}


@pytest.mark.parametrize(
    ("rows", "signal"),
    [
        ([opened(1, 60, option=4), opened(2, 61, is_trap=True), sent(9, 65, page=1)], Signal.TRAP),
        ([opened(1, 60, option=4), opened(2, 62, option=5), sent(9, 65, page=2)], Signal.SEVERAL),
        ([opened(1, 9, option=4), sent(9, 40, page=1)], Signal.TOO_SOON),
        ([sent(9, 5)], Signal.TOO_SOON),
        ([opened(1, -1, option=4), sent(9, 60, page=1)], Signal.TOO_SOON),
    ],
    ids=["trap", "several ratings", "too soon", "too soon without a page", "before the mail server's word"],
)
def test_each_strong_signal_sets_apart_alone(rows: list[Touch | Post], signal: Signal) -> None:
    assert judged(*rows) == {9: frozenset({signal})}


def test_pages_opened_together_and_sent_much_later_are_still_one_scanner() -> None:
    pages = [opened(option, 60 + option, option=option) for option in range(1, 6)]

    assert judged(*pages, sent(9, 300, page=3))[9] == {Signal.SEVERAL}


def test_a_scanner_that_keeps_busy_stays_one_sitting_however_long_it_takes() -> None:
    found = judged(opened(1, 60, option=1), sent(7, 69, page=1), opened(2, 78, option=2), sent(8, 87, page=2))

    assert found == {7: frozenset({Signal.SEVERAL}), 8: frozenset({Signal.SEVERAL})}


def test_a_scanner_that_rests_between_links_is_told_by_its_third_rating() -> None:
    pages = [opened(option, 60 * option, option=option) for option in (1, 2, 3)]
    posts = [sent(10 + option, 60 * option + 5, page=option) for option in (1, 2, 3)]

    assert set(judged(*pages, *posts).values()) == {frozenset({Signal.SEVERAL})}


def test_somebody_who_changes_their_mind_after_a_while_is_no_scanner() -> None:
    found = judged(opened(1, 60, option=4), opened(2, 90, option=2), sent(9, 100, page=2))

    assert found == {9: frozenset()}


def test_another_choice_on_the_page_is_not_another_link() -> None:
    assert judged(opened(1, 60, option=4), sent(8, 62, page=1), sent(9, 65, page=1)) == {
        8: frozenset(),
        9: frozenset(),
    }


@pytest.mark.parametrize("network", ["home", "elsewhere"])
def test_a_person_after_a_scanner_counts_from_the_same_network_too(network: str) -> None:
    scan = [opened(option, 2 + option, option=option, network="elsewhere") for option in range(1, 6)]
    trap = opened(6, 8, is_trap=True, network="elsewhere")

    found = judged(
        *scan, trap, opened(7, 19, option=2, network=network), sent(9, 22, page=7, network=network)
    )

    assert found == {9: frozenset()}


def test_a_scanner_elsewhere_at_the_same_moment_does_not_speak_for_the_person() -> None:
    trap = opened(2, 60, is_trap=True, network="elsewhere")

    assert judged(opened(1, 60, option=4), trap, sent(9, 62, page=1)) == {9: frozenset()}


@pytest.mark.parametrize(
    ("is_headless", "crowds", "found"),
    [
        (True, frozenset(), frozenset()),
        (False, frozenset({"home"}), frozenset()),
        (True, frozenset({"home"}), frozenset({Signal.CROWD, Signal.HEADLESS})),
    ],
    ids=["no ordinary browser", "an office", "both"],
)
def test_weak_signals_count_only_together(
    is_headless: bool, crowds: frozenset[str], found: frozenset[Signal]
) -> None:
    rows = (opened(1, 60, option=4, is_headless=is_headless), sent(9, 65, page=1))

    assert judged(*rows, crowds=crowds) == {9: found}


@pytest.mark.parametrize(
    ("user_agent", "language", "is_headless"),
    [
        (CHROME, "de", False),
        (CHROME.replace("Chrome", "HeadlessChrome"), "de", True),
        ("curl/8.5", "de", True),
        (CHROME, "", True),
        ("", "de", True),
    ],
)
def test_programs_are_known_by_their_headers(user_agent: str, language: str, is_headless: bool) -> None:
    assert looks_headless(user_agent, language) is is_headless


def test_the_reason_is_a_sentence_for_the_audit_page() -> None:
    assert in_words({Signal.TRAP, Signal.SEVERAL}) == "opened several ratings at once; opened the hidden link"
