import pytest

from surveys.engine.scales import SCALES, Band

LOW, HIGH = Band.LOW, Band.HIGH


@pytest.mark.parametrize(
    ("scale", "rating", "bands"),
    [
        ("satisfaction", 1, {LOW}),
        ("satisfaction", 3, {LOW, HIGH}),
        ("satisfaction", 4, {HIGH}),
        ("satisfaction", 5, {HIGH}),
        ("happiness", 0, {LOW}),
        ("happiness", 6, {LOW}),
        ("happiness", 10, {HIGH}),
        ("effort", 7, {HIGH}),
    ],
)
def test_a_rating_is_offered_the_reasons_that_can_fit(scale: str, rating: int, bands: set[Band]) -> None:
    assert SCALES[scale].bands(rating) == bands


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda scale: scale.key)
def test_every_rating_is_offered_a_reason(scale) -> None:
    assert all(scale.bands(rating) for rating in scale.ratings)


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="0 is not on the scale from 1 to 5"):
        SCALES["satisfaction"].bands(0)
