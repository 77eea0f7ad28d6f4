"""Sharing a contact budget between services: who is asked where the next answer tells most."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

# Below this, what people of a service think would be known too late to act on; it keeps every probability
# well above zero.
LEAST_SHARE = 0.05

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Stratum:
    """A service over the budget's period: resolutions that can be asked about, the standard deviation of
    ratings (their own unit), and the share of those asked who answer, in (0, 1].
    """

    eligible: float
    deviation: float
    answer_rate: float


def neyman_shares(strata: Mapping[Key, Stratum], budget: float) -> dict[Key, float]:
    """Return by service the share of resolutions to ask about, `LEAST_SHARE`..1, within a budget of mails.

    Neyman (1934) for one mean per service: the sum of the services' variances, deviation^2 / (mails x answer
    rate), is least when mails are proportional to deviation / sqrt(answer rate). A service never gets more
    than it has resolutions; what is left goes to the others. The least shares hold even when they exceed the
    budget.
    """
    wanted = {key: s.deviation / math.sqrt(s.answer_rate) for key, s in strata.items() if s.eligible > 0}
    mails = {key: LEAST_SHARE * strata[key].eligible for key in wanted}
    fixed: set[Key] = set()
    while wanted.keys() - fixed:
        open_keys = wanted.keys() - fixed
        left = budget - sum(mails[key] for key in fixed)
        scale = max(left, 0.0) / (sum(wanted[key] for key in open_keys) or 1.0)
        offered = {key: scale * wanted[key] for key in open_keys}
        # Those above their limit are settled first: what they cannot use changes what is left for the rest.
        over = {key for key in open_keys if offered[key] >= strata[key].eligible}
        under = {key for key in open_keys if offered[key] <= LEAST_SHARE * strata[key].eligible}
        settled = over or under
        if not settled:
            mails |= offered
            break
        mails |= {key: strata[key].eligible * (1.0 if over else LEAST_SHARE) for key in settled}
        fixed |= settled
    return {key: min(1.0, max(LEAST_SHARE, mails[key] / strata[key].eligible)) for key in wanted}
