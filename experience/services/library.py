"""The library of experience indicators: declarations, written to the database by `install_indicators`.

A new indicator is a declaration here and, only if no statistic fits, one function in engine/indicators.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from experience.models import Indicator

_X, _O, _T = Indicator.Stream.EXPERIENCE, Indicator.Stream.OPERATIONS, Indicator.Stream.TECHNOLOGY
_OF = Indicator.Statistic


@dataclass(frozen=True)
class Declaration:
    """An indicator as delivered: native scale [low, high]; floor scores 0, target 70, ceiling 100."""

    key: str
    name: str
    stream: str
    statistic: str
    measure: str
    unit: str
    low: float
    high: float
    floor: float
    target: float
    ceiling: float
    description: str
    default_weight: float = 1
    version: int = 1


LIBRARY = (
    Declaration(
        "rating", "Satisfaction", _X, _OF.WEIGHTED_MEAN, "satisfaction", "of 5", 1, 5, 2.5, 4.2, 4.9,
        "Mean of the 1-5 satisfaction answers, weighted back to all resolved tickets.", default_weight=3,
    ),
    Declaration(
        "solved", "Really solved", _X, _OF.WEIGHTED_MEAN, "solved", "share", 0, 1, 0.60, 0.85, 0.95,
        "Share of yes among the answers to \"was it really solved?\", weighted back to all resolved tickets.",
        default_weight=2,
    ),
    Declaration(
        "lost_time", "Lost time", _X, _OF.WEIGHTED_MEAN, "lost_time", "min", 0, 480, 300, 120, 30,
        "Working minutes people say the problem cost them, each answer capped at 480.",
    ),
    Declaration(
        "sentiment", "Comment sentiment", _X, _OF.WEIGHTED_MEAN, "sentiment", "-1 to 1",
        -1, 1, -0.5, 0.2, 0.7,
        "Mean polarity of the scored comments. Shown only: people who write would count twice.",
        default_weight=0,
    ),
    Declaration(
        "repeat_contact", "Repeat contacts", _O, _OF.SHARE, "repeat_contact", "share", 0, 1, 0.25, 0.08, 0.02,
        "Share of resolutions after which the same person came back to the same service with the same kind of"
        " issue within 7 days.", default_weight=2,
    ),
    Declaration(
        "user_clock", "User's clock", _O, _OF.MEDIAN, "user_clock", "h", 0, 8760, 120, 40, 4,
        "Median calendar time from opening to the last resolution, waiting included.",
    ),
    Declaration(
        "time_to_resolve", "Time to resolve", _O, _OF.MEDIAN, "time_to_resolve", "h", 0, 8760, 120, 40, 4,
        "Median time from opening to each resolution, on the source's clock.", default_weight=0,
    ),
    Declaration(
        "reopen_share", "Reopened", _O, _OF.SHARE, "reopened", "share", 0, 1, 0.15, 0.05, 0.01,
        "Share of resolutions reopened within 7 days.", default_weight=0,
    ),
    Declaration(
        "availability", "Availability", _T, _OF.AVAILABILITY, "downtime", "share", 0, 1, 0.99, 0.995, 1.0,
        "Share of the watched time without an unplanned outage. Floor, target and ceiling are an error budget"
        " used twice, once and not at all.",
    ),
    Declaration(
        "apdex", "Response time (Apdex)", _T, _OF.APDEX, "response_time", "Apdex", 0, 1, 0.5, 0.85, 0.94,
        "Share of requests within 1 s, those within 4 s counted half.", default_weight=0,
    ),
)  # fmt: skip


def install_indicators() -> dict[str, Indicator]:
    """Write the library to the database and return it by key; versions that exist stay as they are."""
    for declaration in LIBRARY:
        values = asdict(declaration)
        key, version = values.pop("key"), values.pop("version")
        Indicator.objects.get_or_create(key=key, version=version, defaults=values)
    newest = Indicator.objects.order_by("version")
    return {indicator.key: indicator for indicator in newest}
