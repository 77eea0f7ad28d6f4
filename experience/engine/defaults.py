"""Every constant of the scoring method in one frozen place.

A parameter set stores the version beside its numbers, so that any score can be recomputed later.
`docs/method.md` explains where each value comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.engine.contradictions import LEAST_CONFIDENCE

# Goes up when the same evidence may give other results: 2 blends comments into the mean rating; 3 gives
# shares of answers Wilson's interval, hides an indicator with fewer than 5 answers, and lets an easier
# availability target keep its error budget.
ENGINE_VERSION = "3"


@dataclass(frozen=True, slots=True)
class ScoringDefaults:
    """The defaults of the method; scores are 0..100, shares and levels 0..1, windows in days."""

    target_score: float = 70.0
    weight_x: float = 0.50
    weight_o: float = 0.25
    weight_t: float = 0.25
    social_weight_x: float = 0.45
    social_weight_s: float = 0.10
    social_weight_o: float = 0.225
    social_weight_t: float = 0.225
    dimension_floor: float = 10.0
    least_coverage: float = 0.60
    full_coverage: float = 0.90
    stale_width_factor: float = 1.5
    stale_cadences: float = 2.0

    prior_df: float = 4.0
    smoothing_answers: float = 2.0
    cold_start_variance_share: float = 0.09
    level: float = 0.95
    severity_level: float = 0.90
    correlation_within_x: float = 0.5
    high_precision_half_width: float = 5.0
    fair_precision_half_width: float = 10.0

    alpha: float = 0.05
    discovery_rate: float = 0.10
    discard_above: float = 0.5
    e_threshold: float = 20.0
    material_gap: float = 5.0
    sla_amber_band: float = 0.03
    e_grid: tuple[float, ...] = (0.05, 0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 0.9)
    e_grid_weighted: tuple[float, ...] = (0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 0.98)
    e_weight_cap: float = 3.0
    e_least_asked: int = 200

    least_n_for_interval: float = 8.0
    least_n_for_flag: float = 10.0
    least_n_for_confirmed: float = 30.0
    least_n_for_drivers: int = 200
    answers_per_predictor: int = 20
    most_predictors: int = 10
    least_respondents: int = 5
    release_batch: int = 5

    window_days: tuple[int, ...] = (28, 56, 84)
    maturity_days: int = 7
    closing_working_days: int = 20
    closing_evaluations: int = 2
    least_open_working_days: int = 5
    sla_red_evaluations: int = 2
    unverified_answers: int = 5
    unverified_periods: int = 2

    class_prior_tickets: float = 20.0
    root_response_rate: float = 0.2
    trim_factor: float = 5.0
    trim_passes: int = 5
    calibration_answers: int = 5
    user_correlation: float = 0.3
    robust_tipping_pomp: float = 10.0
    fragile_tipping_pomp: float = 5.0
    least_representativity: float = 0.75
    low_response_rate: float = 0.10

    ewma_lambda: float = 0.2
    ewma_limit: float = 2.86
    least_trend_points: int = 8
    least_controls: int = 8
    baseline_periods: int = 3
    washout_days: int = 7
    power_multiple: float = 2.8
    power: float = 0.80

    sentiment_weight: float = 0.20
    most_sentiment_weight: float = 0.30
    least_confidence: float = LEAST_CONFIDENCE
    least_words: int = 4
    least_calibration_pairs: int = 300
    least_authors: int = 10
    histogram_accuracy: float = 0.01

    def weights(self, *, with_social: bool = False) -> Mapping[str, float]:
        """Return the default weight per dimension (X, O, T and, with unsolicited text, S); they sum to 1."""
        if with_social:
            return {
                "X": self.social_weight_x,
                "O": self.social_weight_o,
                "T": self.social_weight_t,
                "S": self.social_weight_s,
            }
        return {"X": self.weight_x, "O": self.weight_o, "T": self.weight_t}


DEFAULTS = ScoringDefaults()
