"""Refining the model on an organisation's rated comments."""

import numpy as np
import pytest

from surveys.engine.calibration import RatedComment, is_held_out, rating_steps, refine, squared_errors
from surveys.engine.sentiment import shipped_scorer
from surveys.engine.sentiment.corpus import public_texts, read_comments


def house_words():
    """Two words of the house, content and not; the shipped model, which knows neither, ranks them wrongly."""
    return sorted(
        ("vexish", "zorbly"),
        key=lambda word: shipped_scorer().score(f"that was {word} for number 1", "en").polarity or 0.0,
    )


def rated_in_house_words(count):
    """People here say one word when content and the other when not; the shipped model cannot know."""
    words = tuple(zip(house_words(), (100.0, 0.0), strict=True))
    return [
        RatedComment(f"that was {words[number % 2][0]} for number {number}", "en", words[number % 2][1])
        for number in range(count)
    ]


def some_comments():
    return read_comments()[:120] + public_texts("uci_yelp")[:1]


def test_below_a_thousand_rated_comments_nothing_is_refined():
    assert (
        refine(rated_in_house_words(999), shipped_scorer(), some_comments(), public_texts("uci_yelp")[:50])
        is None
    )


def test_a_model_that_learns_the_words_of_the_house_is_accepted():
    refinement = refine(
        rated_in_house_words(1000), shipped_scorer(), some_comments(), public_texts("uci_yelp")[:200]
    )

    assert refinement.is_accepted
    assert refinement.refined_error < 0.2 * refinement.current_error
    assert refinement.scorer.score(f"that was {house_words()[1]}").label == "negative"
    assert refinement.scorer.model.version != shipped_scorer().model.version


def test_ratings_that_have_nothing_to_do_with_the_text_refine_nothing():
    rng = np.random.default_rng(7)
    texts = [comment.text for comment in read_comments() if comment.language == "en"][:1100]
    rated = [RatedComment(text, "en", float(rng.choice([0.0, 100.0]))) for text in texts]

    refinement = refine(rated, shipped_scorer(), some_comments(), public_texts("uci_yelp")[:200])

    assert not refinement.is_accepted


def test_a_language_joins_with_two_hundred_rated_comments():
    danish = [
        RatedComment(pair.text.replace("that was", "det var"), "da", pair.rating_pomp)
        for pair in rated_in_house_words(1000)
    ]

    refinement = refine(danish, shipped_scorer(), some_comments(), public_texts("uci_yelp")[:200])

    assert shipped_scorer().score(f"det var {house_words()[1]}", "da").label == "unscored"
    assert refinement.scorer.score(f"det var {house_words()[1]}", "da").label == "negative"


def test_equal_texts_are_on_one_side():
    assert is_held_out(RatedComment("Fine  now", "en", 0.0)) == is_held_out(
        RatedComment("fine now", "en", 100.0)
    )


def test_the_rating_never_falls_with_polarity():
    steps, ratings = rating_steps(np.array([-1.0, 0.0, 0.0, 1.0]), np.array([10.0, 90.0, 50.0, 60.0]))

    assert steps.tolist() == [-1.0, 0.0, 1.0]
    assert ratings.tolist() == pytest.approx([10.0, 200 / 3, 200 / 3])


def test_an_unscored_comment_is_predicted_the_mean_rating():
    learned = [RatedComment("great service, thanks", "en", 100.0), RatedComment("still broken", "en", 0.0)]

    errors = squared_errors(shipped_scorer(), learned, [RatedComment("det virker ikke", "da", 50.0)])

    assert errors.tolist() == [0.0]
