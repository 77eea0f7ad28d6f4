"""Themes of comments per service."""

import pytest

from surveys.engine.sentiment import shipped_function_words
from surveys.engine.themes import ThemeComment, find_themes, mean_interval, terms_of


def comments_about(service, text, people, polarity=-0.5, first=0):
    return [ThemeComment(service, f"p{number}", text, polarity) for number in range(first, first + people)]


def test_nothing_gives_no_theme():
    assert find_themes([]) == {}


def test_a_theme_counts_people_and_carries_its_sentiment_with_interval():
    comments = comments_about("VPN", "The tunnel drops daily", 12) + comments_about(
        "VPN", "fine", 20, 0.8, 12
    )

    themes = find_themes(comments, function_words=shipped_function_words())["VPN"]

    tunnel = next(theme for theme in themes if "tunnel" in theme.term)
    assert (tunnel.people, tunnel.comments, tunnel.polarity) == (12, 12, pytest.approx(-0.5))
    assert -1.0 <= tunnel.low < -0.5 < tunnel.high < 0.2


@pytest.mark.parametrize(
    ("people", "rest", "shown"), [(9, 20, False), (10, 20, True), (20, 9, False), (20, 0, True)]
)
def test_no_theme_is_shown_that_tells_on_fewer_than_ten_people(people, rest, shown):
    comments = comments_about("VPN", "tunnel", people) + comments_about("VPN", "other", rest, 0.5, people)

    terms = {theme.term for theme in find_themes(comments).get("VPN", [])}

    assert ("tunnel" in terms) is shown


def test_one_person_who_repeats_himself_makes_no_theme():
    comments = comments_about("VPN", "tunnel", 9) * 50 + comments_about("VPN", "other", 30, 0.5, 9)

    assert "tunnel" not in {theme.term for theme in find_themes(comments).get("VPN", [])}


def test_what_everyone_says_everywhere_weighs_less_than_what_one_service_hears():
    comments = []
    for service, own in (("VPN", "tunnel"), ("Mail", "calendar")):
        comments += comments_about(service, f"password, {own}", 15) + comments_about(
            service, "other", 15, 0.5, 15
        )

    terms = [theme.term for theme in find_themes(comments)["VPN"]]

    assert terms.index("tunnel") < terms.index("password")


def test_a_word_group_replaces_its_parts_when_the_same_people_use_them():
    comments = comments_about("VPN", "blue screen", 15) + comments_about("VPN", "other", 15, 0.5, 15)

    terms = [theme.term for theme in find_themes(comments)["VPN"]]

    assert "blue screen" in terms
    assert not {"blue", "screen"} & set(terms)


def test_sentiment_is_left_out_below_ten_scored_people():
    comments = comments_about("VPN", "tunnel", 9) + comments_about("VPN", "tunnel", 6, None, 9)

    theme = find_themes(comments)["VPN"][0]

    assert (theme.people, theme.polarity, theme.low, theme.high) == (15, None, None, None)


def test_terms_do_not_cross_clauses_nor_begin_with_function_words():
    terms = terms_of("The VPN is slow. Printer too", {"the", "is", "too"})

    assert terms == {"vpn", "slow", "vpn is slow", "printer"}


def test_the_interval_narrows_with_people_and_stays_inside():
    few, many = mean_interval([0.9] * 10, 0.2), mean_interval([0.9] * 200, 0.2)

    assert -1.0 <= few[0] < many[0] < 0.9 < many[1] <= few[1] <= 1.0
