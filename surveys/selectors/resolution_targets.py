"""The time to resolve that was agreed, per service and priority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from surveys.engine.response_class import target_minutes
from surveys.models import ResolutionTarget


@dataclass(frozen=True)
class ResolutionTargets:
    """The targets in minutes, read once for many resolutions."""

    by_service: dict[tuple[int | None, int], int]

    @classmethod
    def stored(cls) -> Self:
        """Return what is agreed; one query over a small table."""
        rows = ResolutionTarget.objects.values_list("service_id", "priority", "minutes")
        return cls({(service, priority): minutes for service, priority, minutes in rows})

    def minutes(self, service_id: int, priority: int | None) -> int:
        """Return the target of a service for a priority: its own, else that of all, else the usual one."""
        for service in (service_id, None):
            agreed = self.by_service.get((service, priority or 0))
            if agreed is not None:
                return agreed
        return target_minutes(priority)
