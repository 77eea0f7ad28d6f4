"""Training: the same data give the same model, and nothing kept apart leaks in."""

from surveys.engine.language import fit_language_model
from surveys.engine.sentiment import dump_model, shipped_lexicons
from surveys.engine.sentiment.corpus import public_texts, read_comments, read_public_texts
from surveys.engine.sentiment.training import is_kept_apart, train


def trained():
    comments = read_comments()[:300]
    language_model = fit_language_model((comment.language, comment.text) for comment in comments)
    return train(
        comments, public_texts("uci_yelp")[:100], shipped_lexicons(), language_model, {"features": {}}
    )


def test_training_twice_gives_the_same_bytes():
    first, second = trained(), trained()

    assert first.version == second.version
    assert dump_model(first) == dump_model(second)


def test_a_scenario_is_wholly_on_one_side_and_about_a_fifth_is_kept_apart():
    comments = read_comments()
    sides = {}

    for comment in comments:
        sides.setdefault((comment.language, comment.group), set()).add(is_kept_apart(comment))

    assert all(len(found) == 1 for found in sides.values())
    assert 0.15 < sum(map(is_kept_apart, comments)) / len(comments) < 0.27


def test_public_texts_kept_apart_are_not_trained_on():
    assert not any(is_kept_apart(text) for text in read_public_texts())


def test_the_corpus_is_large_enough_in_every_language():
    counts = {}

    for comment in read_comments():
        counts[comment.language] = counts.get(comment.language, 0) + 1

    assert sum(counts.values()) >= 3000
    assert min(counts.values()) >= 200
