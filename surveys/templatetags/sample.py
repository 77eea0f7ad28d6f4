"""What every page says where the data is not real."""

from __future__ import annotations

from django import template

from surveys.models import BusinessService

register = template.Library()


@register.simple_tag
def has_sample_data() -> bool:
    """Say whether services of the demo or of the small sample are here."""
    return BusinessService.objects.filter(is_sample=True).exists()
