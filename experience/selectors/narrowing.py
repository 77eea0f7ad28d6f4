"""The filter that all reading pages share: a supplier, and the services that an assignment group works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Q, Value

from experience.models import ServiceGroup
from surveys.engine.mapping import storable
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

# The parameters of an address that carry it from page to page.
PARAMETERS = ("supplier", "group")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A supplier and an assignment group; empty for all."""

    supplier: str = ""
    group: str = ""

    def __bool__(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.supplier or self.group)

    @property
    def parameters(self) -> dict[str, str]:
        """Return it as parameters of an address."""
        return {"supplier": self.supplier, "group": self.group}

    @property
    def query(self) -> str:
        """Return it as the query of an address, without what is empty."""
        return urlencode({name: value for name, value in self.parameters.items() if value})

    def services(self, path: str = "") -> Q:
        """Return the condition on services, or on what has one: `path` leads there, "service__"."""
        condition = Q()
        if self.supplier:
            condition &= Q(**{f"{path}supplier": self.supplier})
        if self.group:
            condition &= Q(**{f"{path}groups__assignment_group": self.group})
        return condition


EVERYTHING = Narrowing()


@dataclass(frozen=True, slots=True)
class NarrowingChoices:
    """What may be chosen: the suppliers and groups of the services that somebody may read."""

    suppliers: list[str]
    groups: list[str]


def read_narrowing(parameters: Mapping[str, str]) -> Narrowing:
    """Return the filter in the parameters of an address; an unknown name finds nothing."""
    supplier, group = (storable(parameters.get(name, "")) for name in PARAMETERS)
    return Narrowing(supplier[:120], group[:100])


def narrowing_choices(user: User | AnonymousUser) -> NarrowingChoices:
    """Return the suppliers and groups of the services a user may read, by name; one query."""
    visible = BusinessService.objects.visible_to(user)
    suppliers = visible.exclude(supplier="").values_list(Value("supplier"), "supplier")
    groups = ServiceGroup.objects.filter(service__in=visible)
    found = suppliers.order_by().union(groups.order_by().values_list(Value("group"), "assignment_group"))
    names: dict[str, list[str]] = {"supplier": [], "group": []}
    for kind, name in found:
        names[kind].append(name)
    return NarrowingChoices(sorted(names["supplier"]), sorted(names["group"]))
