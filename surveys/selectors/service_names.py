"""Finding a business service by the name that a source calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from surveys.models import BusinessService, ServiceAlias


@dataclass(frozen=True)
class ServiceNames:
    """All services by alias of one source, by key and by name. Reads three small tables once."""

    source: str
    by_alias: dict[str, BusinessService]
    by_name: dict[str, BusinessService]

    @classmethod
    def of(cls, source: str) -> Self:
        """Return the names under which `source` may speak of services."""
        services = {service.pk: service for service in BusinessService.objects.all()}
        aliases = ServiceAlias.objects.filter(source=source).values_list("name", "service_id")
        by_name = {service.name.casefold(): service for service in services.values()}
        by_name |= {service.key: service for service in services.values()}
        return cls(source, {name: services[pk] for name, pk in aliases}, by_name)

    def find(self, name: str) -> BusinessService | None:
        """Return the service of this name: the source's alias first, then a key, then a name in any case."""
        return self.by_alias.get(name) or self.by_name.get(name) or self.by_name.get(name.casefold())

    def unknown(self, name: str) -> str:
        """Return the sentence that says what to do about a name that is not known."""
        if not name:
            return (
                "It names no service. Say which field does: in the mapping of the source, or of a file under "
                "“How the file is written” (--service-column)."
            )
        return (
            f"No business service is called {name!r}. Create it, or say on the page of the source "
            f"{self.source!r} which one is meant."
        )
