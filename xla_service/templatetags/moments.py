"""Moments in templates, in the reader's zone and language; the exact time shows on hover."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from xla_service import moments, stored_words

register = template.Library()
register.filter("told", stored_words.told)


def ago(moment: datetime) -> str:
    """Return how long ago something happened, in words."""
    return moments.ago(moment, timezone.localtime())


@register.simple_tag
def moment(when: datetime | None, style: str = "ago") -> SafeString | str:
    """Write a moment: how long "ago" it was, or in a date format by name; an en dash while there is none."""
    if when is None:
        return "–"
    words = ago(when) if style == "ago" else date_format(timezone.localtime(when), style)
    return moments.time_element(when, words)
