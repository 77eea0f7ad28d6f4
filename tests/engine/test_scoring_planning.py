"""Planning how many answers are needed."""

import pytest

from experience.engine.planning import detectable_shortfall


def test_thirty_answers_reveal_six_tenths_of_a_star_four_times_in_five() -> None:
    shortfall = detectable_shortfall(30.0, (31.0 * 4 / 100) ** 2)

    assert shortfall == pytest.approx(0.58, abs=0.02)


def test_more_answers_reveal_less() -> None:
    assert (
        detectable_shortfall(150.0, 1.5) < detectable_shortfall(30.0, 1.5) < detectable_shortfall(10.0, 1.5)
    )


def test_no_answers_reveal_nothing() -> None:
    with pytest.raises(ValueError, match="ask for at least one"):
        detectable_shortfall(0.0, 1.5)
