"""What every page shows around its content: icons from the sprite and the places in the bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar."""

    url: str
    label: str
    icon: str
    is_current: bool


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of the sprite; without a label it is decoration and the text beside it speaks."""
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
    """Return the places in the bar that this installation has: the mailbox only beside a local mail sink."""
    wanted = [("portfolio", "Portfolio", "portfolio")]
    if settings.MAILBOX_DIR:
        wanted.append(("mailbox", "Mailbox", "mail"))
    path = context["request"].path
    return [place for place in (_place(*entry, path=path) for entry in wanted) if place]


def _place(url_name: str, label: str, icon_name: str, *, path: str) -> Place | None:
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        return None
    is_inside = path == url if url == "/" else path.startswith(url)
    return Place(url, label, icon_name, is_inside or (url == "/" and path.startswith("/services/")))
