"""Learn from the house: what people rate who write comments like these, and how they put it.

Rated comments are labels. A curve per language says which rating goes with a polarity; with enough of them
the model itself is refined. Either is used only where it predicts ratings that it did not learn from better
than what is in use, and only from the next month on.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from experience.engine.defaults import DEFAULTS
from experience.engine.sentiment import (
    SHIPPED_CALIBRATION,
    Calibration,
    calibration_of_pairs,
    mean_squared_error,
)
from experience.selectors.readings import newest_reading
from surveys.engine.calibration import RatedComment, Refinement, is_held_out, refine
from surveys.engine.language import primary_language
from surveys.engine.scales import SCALES
from surveys.engine.sentiment import Scorer, dump_model
from surveys.engine.sentiment.corpus import read_comments, read_public_texts
from surveys.engine.sentiment.training import is_kept_apart
from surveys.models import Response, SentimentVersion
from surveys.services.sentiment_versions import (
    NewVersion,
    make_version,
    next_period_start,
    register_shipped_model,
    scorer_of,
)

# The newest ones say how people write now, and learning from more takes longer than it gains.
MOST_PAIRS = 20_000
# A trial is worth its minute once a tenth more pairs have come.
LEAST_GROWTH = 1.1


@dataclass(frozen=True)
class CurveTrial:
    """A language's curve against the one in use on pairs held out: mean squared errors, POMP points."""

    curve: Calibration
    judged: int
    current_error: float
    new_error: float

    @property
    def is_accepted(self) -> bool:
        """Say whether it predicts better."""
        return self.new_error < self.current_error


def calibrate(*, now: datetime) -> SentimentVersion | None:
    """Try what the rated comments teach and return the version made of it, in force or refused.

    None when there are too few pairs, or hardly more than at the last trial. A refused version is kept with
    its trial and is never in force.
    """
    register_shipped_model(now=now)
    pairs = rated_comments()
    if len(pairs) < DEFAULTS.least_calibration_pairs or not _has_grown(len(pairs)):
        return None
    current = SentimentVersion.objects.without_files().filter(applies_until=None).last()
    assert current is not None  # registered above
    refinement = _refinement(pairs, scorer_of(current))
    used = refinement is not None and refinement.is_accepted
    scorer = refinement.scorer if refinement is not None and used else scorer_of(current)
    # A refined model knows the pairs it learned from too well to tell what its polarities are worth.
    trials = _trials([p for p in pairs if is_held_out(p)] if used else pairs, scorer, current)
    return _keep(pairs, scorer, current, refinement, trials, now)


def rated_comments() -> list[RatedComment]:
    """Return the newest comments with the ratings given beside them, at most 20,000."""
    rows = (
        Response.objects.accepted()
        .filter(rating__isnull=False)
        .exclude(comment="")
        .exclude(service__is_sample=True)
        .annotate(read_as=newest_reading("language"))
        .order_by("-pk")
        .values_list("comment", "language", "read_as", "scale", "rating")[:MOST_PAIRS]
    )
    return [
        RatedComment(comment, read_as or primary_language(language or "en"), SCALES[scale].pomp(rating))
        for comment, language, read_as, scale, rating in rows
        if rating is not None
    ]


def _has_grown(pairs: int) -> bool:
    tried = SentimentVersion.objects.exclude(pairs={}).order_by("-number").first()
    before = 0 if tried is None else sum(tried.pairs.values())
    return bool(pairs >= LEAST_GROWTH * before or pairs >= MOST_PAIRS > before)


def _refinement(pairs: Sequence[RatedComment], current: Scorer) -> Refinement | None:
    comments = [comment for comment in read_comments() if not is_kept_apart(comment)]
    return refine(pairs, current, comments, read_public_texts())


def _trials(
    pairs: Iterable[RatedComment], scorer: Scorer, current: SentimentVersion
) -> dict[str, CurveTrial]:
    """Return the trial of each language with 300 scored pairs."""
    kept = list(pairs)
    by_language: dict[str, list[tuple[float, RatedComment]]] = {}
    for pair, read in zip(kept, scorer.score_all((p.text, p.language) for p in kept), strict=True):
        if read.polarity is not None and read.language is not None:
            by_language.setdefault(read.language, []).append((read.polarity, pair))
    is_same = current.model_version == scorer.model.version
    found = {}
    for language, own in by_language.items():
        before = current.curves.get(language) if is_same else None
        trial = _trial(own, Calibration(tuple(before)) if before else SHIPPED_CALIBRATION)
        if trial is not None:
            found[language] = trial
    return found


def _trial(pairs: Sequence[tuple[float, RatedComment]], before: Calibration) -> CurveTrial | None:
    polarities, ratings = [p for p, _ in pairs], [pair.rating_pomp for _, pair in pairs]
    curve = calibration_of_pairs(polarities, ratings)
    judged = [(p, pair.rating_pomp) for p, pair in pairs if _judges(pair)]
    learned = [(p, pair.rating_pomp) for p, pair in pairs if not _judges(pair)]
    if curve is None or not judged or not learned:
        return None
    candidate = calibration_of_pairs(*zip(*learned, strict=True), least=1)
    assert candidate is not None  # one pair is enough here
    errors = [mean_squared_error(which, *zip(*judged, strict=True)) for which in (before, candidate)]
    return CurveTrial(curve, len(judged), *errors)


def _judges(pair: RatedComment) -> bool:
    """Say whether a pair judges curves: a fifth of all texts, another one than judges the model."""
    return hashlib.sha256(f"curve {pair.text.strip().lower()}".encode()).digest()[0] % 5 == 0


def _keep(
    pairs: Sequence[RatedComment],
    scorer: Scorer,
    current: SentimentVersion,
    refinement: Refinement | None,
    trials: dict[str, CurveTrial],
    now: datetime,
) -> SentimentVersion:
    is_refined = refinement is not None and refinement.is_accepted
    curves = {code: list(t.curve.pomp_by_bucket) for code, t in trials.items() if t.is_accepted}
    is_same = current.model_version == scorer.model.version
    new = NewVersion(
        model_version=scorer.model.version,
        model_file=dump_model(scorer.model) if is_refined else _file_of(current),
        curves=(current.curves if is_same else {}) | curves,
        pairs=dict(Counter(pair.language for pair in pairs)),
        trial=_trial_record(refinement, trials),
    )
    start = next_period_start(now)
    with transaction.atomic():
        made = make_version(new, applies_from=start, now=now)
        if not is_refined and not curves:
            made.applies_until, made.model_file = start, None
            made.save(update_fields=["applies_until", "model_file"])
    return made


def _file_of(version: SentimentVersion) -> bytes | None:
    return None if version.model_file is None else bytes(version.model_file)


def _trial_record(refinement: Refinement | None, trials: dict[str, CurveTrial]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "curves": {
            code: {
                "judged": trial.judged,
                "current_error": trial.current_error,
                "new_error": trial.new_error,
                "is_accepted": trial.is_accepted,
            }
            for code, trial in sorted(trials.items())
        }
    }
    if refinement is not None:
        record["model"] = {
            "judged": refinement.held_out,
            "current_error": refinement.current_error,
            "new_error": refinement.refined_error,
            "gain_low": refinement.gain_low,
            "is_accepted": refinement.is_accepted,
        }
    return record
