"""What lost working time costs: by the service's own rate for an hour, else by the organisation's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from surveys.models import BusinessService


def cost_per_hour(own: Decimal | None) -> float:
    """Return the rate of a service with its `own`, in the organisation's currency; 0 where nobody set one."""
    return float(settings.COST_PER_LOST_HOUR if own is None else own)


def cost_per_hour_of(service: BusinessService | None) -> float:
    """Return the rate of a service; None is a journey, which has the organisation's."""
    return cost_per_hour(service.hour_cost if service else None)
