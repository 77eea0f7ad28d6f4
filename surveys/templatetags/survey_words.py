"""Template tags of the public pages."""

from __future__ import annotations

from django import template

from surveys.selectors.asked import Asked

register = template.Library()


@register.simple_tag
def say(asked: Asked, text: str, **values: object) -> str:
    """Return one of the survey's words with the facts of the invitation filled in."""
    return asked.say(text, **values)
