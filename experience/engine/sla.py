"""The service level beside the experience: a contract fact counted on all closed tickets, without a test."""

from enum import StrEnum

from experience.engine.defaults import DEFAULTS

_ROUNDING = 1e-12


class Sla(StrEnum):
    """What the contract says; `none` without a target, `unknown` without closed tickets."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NONE = "none"
    UNKNOWN = "unknown"


def attainment(met: int, total: int) -> float | None:
    """Return the share of closed tickets that met the SLA, or None when none is closed."""
    return met / total if total else None


def sla_status(
    attained: float | None, target: float | None, *, amber_band: float = DEFAULTS.sla_amber_band
) -> Sla:
    """Return the colour of an SLA: green at its target, amber within 3 percentage points below it, else red.

    `attained` and `target` are shares 0..1; None stands for no closed tickets and for no target agreed.
    """
    if target is None:
        return Sla.NONE
    if attained is None:
        return Sla.UNKNOWN
    if attained >= target:
        return Sla.GREEN
    return Sla.AMBER if attained >= target - amber_band - _ROUNDING else Sla.RED
