"""A supplier, and the services that an assignment group works on, as conditions and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, Value

from experience.models import ServiceGroup
from surveys.models import BusinessService
from surveys.selectors.narrowing import Narrowing, NarrowingChoices

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


def of_services(narrowing: Narrowing, path: str = "") -> Q:
    """Return the condition on services, or on what has one: `path` leads there, "service__"."""
    return narrowing.rows(supplier=f"{path}supplier", group=f"{path}groups__assignment_group")


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
