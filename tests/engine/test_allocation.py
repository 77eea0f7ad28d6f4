import pytest

from experience.engine.allocation import LEAST_SHARE, Stratum, neyman_shares


def usual(eligible: float = 1000, deviation: float = 1.0, answer_rate: float = 0.25) -> Stratum:
    return Stratum(eligible, deviation, answer_rate)


def test_with_nothing_to_share_nobody_gets_a_share() -> None:
    assert neyman_shares({}, 100) == {}
    assert neyman_shares({"idle": usual(0)}, 100) == {}


def test_like_services_get_as_many_mails() -> None:
    shares = neyman_shares({"small": usual(500), "large": usual(1000)}, 600)

    assert shares == {"small": pytest.approx(0.6), "large": pytest.approx(0.3)}


@pytest.mark.parametrize(
    ("noisy", "times"),
    [({"deviation": 2.0}, 2.0), ({"answer_rate": 0.0625}, 2.0)],
    ids=["twice the deviation", "a quarter of the answers"],
)
def test_who_is_less_known_is_asked_more(noisy: dict[str, float], times: float) -> None:
    shares = neyman_shares({"plain": usual(), "noisy": usual(**noisy)}, 600)

    assert shares["noisy"] / shares["plain"] == pytest.approx(times)
    assert 1000 * sum(shares.values()) == pytest.approx(600)


def test_what_a_small_service_cannot_use_goes_to_the_others() -> None:
    shares = neyman_shares({"small": usual(100), "a": usual(), "b": usual()}, 700)

    assert shares == {"small": 1.0, "a": pytest.approx(0.3), "b": pytest.approx(0.3)}


def test_a_budget_for_everybody_asks_everybody() -> None:
    assert set(neyman_shares({1: usual(), 2: usual(50)}, 5000).values()) == {1.0}


def test_everybody_keeps_a_chance() -> None:
    shares = neyman_shares({"huge": usual(100_000), "small": usual(100)}, 10)

    assert set(shares.values()) == {LEAST_SHARE}


def test_the_allocation_is_the_best_one_of_its_size() -> None:
    """Moving mails between services makes the sum of their variances larger."""
    strata = {"a": usual(deviation=0.5), "b": usual(deviation=1.5), "c": usual(answer_rate=0.1)}

    def variances(mails: dict[str, float]) -> float:
        return sum(s.deviation**2 / (mails[key] * s.answer_rate) for key, s in strata.items())

    best = {key: 1000 * share for key, share in neyman_shares(strata, 900).items()}
    for source, target in (("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")):
        moved = best | {source: best[source] - 5, target: best[target] + 5}
        assert variances(moved) > variances(best)
