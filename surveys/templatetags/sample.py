"""What every page says where the data is not real."""

from __future__ import annotations

from django import template

from surveys.models import BusinessService, User
from surveys.services.first_administrator import nobody_signs_in

register = template.Library()


@register.simple_tag
def sample_among(user: User) -> str:
    """Return how much of what this user sees is sample data: "all" of it, "some", or "" for nothing."""
    kinds = set(BusinessService.objects.visible_to(user).order_by().values_list("is_sample").distinct())
    if (True,) not in kinds:
        return ""
    return "some" if (False,) in kinds else "all"


@register.simple_tag(name="nobody_signs_in")
def nobody_signs_in_yet() -> bool:
    """Say whether the installation waits for its first administrator."""
    return nobody_signs_in()
