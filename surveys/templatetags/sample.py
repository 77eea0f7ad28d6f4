"""What every page says where the data is not real."""

from __future__ import annotations

from django import template

from surveys.models import BusinessService
from surveys.services.first_administrator import nobody_signs_in

register = template.Library()


@register.simple_tag
def has_sample_data() -> bool:
    """Say whether services of the demo or of the small sample are here."""
    return BusinessService.objects.filter(is_sample=True).exists()


@register.simple_tag(name="nobody_signs_in")
def nobody_signs_in_yet() -> bool:
    """Say whether the installation waits for its first administrator."""
    return nobody_signs_in()
