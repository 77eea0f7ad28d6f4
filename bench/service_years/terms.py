"""What the fleets' agreement says: satisfaction alone, 3.8 of 5 as target, an SLA of 80 % that is met.

3.8 of 5 lie at POMP 70, and the floor is chosen so that 3 POMP below it are worth 5 score points, the least
gap that is flagged.
"""

import numpy as np

from bench.simulations.populations import MATERIAL_POMP, TARGET
from experience.engine.defaults import DEFAULTS
from experience.engine.normalise import Anchors

STARS = np.arange(1, 6)
WORST, BEST = 1.0, 5.0
SLA_TARGET = 0.80
# Every so many tickets one misses the SLA: 95 % meet it.
MISSED_EVERY = 20

_STARS_PER_POMP = (BEST - WORST) / 100.0
_POMP_PER_SCORE = MATERIAL_POMP / DEFAULTS.material_gap
_TARGET = WORST + TARGET * _STARS_PER_POMP
ANCHORS = Anchors(
    floor=_TARGET - DEFAULTS.target_score * _POMP_PER_SCORE * _STARS_PER_POMP, target=_TARGET, ceiling=4.7
)
