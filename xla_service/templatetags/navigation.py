"""What every page shows around its content: icons from the sprite, the bar, the way back."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from xla_service.navigation import Entry, Place, page_of, places

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of the sprite; without a label it is decoration and the text beside it speaks.

    Kept per process: a long table writes hundreds of the same few.
    """
    address = f"{static('interface/icons.svg')}#{name}"
    if not label:
        return format_html(
            '<svg class="icon icon--{}" aria-hidden="true"><use href="{}"/></svg>', name, address
        )
    return format_html(
        '<svg class="icon icon--{}" role="img" aria-label="{}"><use href="{}"/></svg>', name, label, address
    )


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> list[Place]:
    """Return the sections of the bar for the reader, the one that is open marked."""
    request = context["request"]
    return places(request.user, _current(context), request.GET)


@register.inclusion_tag("crumbs.html", takes_context=True)
def crumbs(context: dict[str, Any], *, here: str, over: str = "", over_url: str = "") -> dict[str, Any]:
    """Write the way back from a page called `here`: its section, its page in the bar, a page `over` it."""
    current = _current(context)
    place = next((place for place in navigation(context) if place.entry.is_current), None)
    page = next((entry for entry in place.pages if entry.is_current), None) if place else None
    trail = [place.entry] if place else []
    if place and page and page.url != place.entry.url and not _is_in_bar(current):
        trail.append(page)
    if over:
        trail.append(Entry(over, over_url, "", is_current=False))
    return {"trail": trail, "here": here}


def _is_in_bar(current: str) -> bool:
    page = page_of(current)
    return page is not None and page.url_name == current


def _current(context: dict[str, Any]) -> str:
    match = context["request"].resolver_match
    return match.url_name or "" if match else ""
