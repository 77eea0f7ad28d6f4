"""Links to a survey that something on their way has changed."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from surveys.public.pages import not_now, unknown_token
from surveys.selectors.asked import find_invitation
from xla_service.databases import AWAY

_TOKEN = re.compile(r"[\w-]+", re.ASCII)
_PAGE = re.compile(r"/(unsubscribe|again|contact)\b")
_PAGES = {"unsubscribe": "unsubscribe", "again": "answer-again", "contact": "answer-contact"}
_RATING = re.compile(r"[?&;]r=(\d+)")


@require_safe
def mended_link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead from a link with more than a token and a page in it to the survey; `token` is all behind `/s/`."""
    try:
        return lead_by_parts(request, token)
    except AWAY:
        return not_now(request)


def lead_by_parts(request: HttpRequest, rest: str) -> HttpResponse:
    """Lead to the page of the token that stands in `rest`, between what mail programs leave around it.

    A rating whose question mark was escaped is taken over. Without an invitation: the page for unknown links.
    """
    found = _TOKEN.search(rest)
    invitation = find_invitation(found.group()) if found else None
    if found is None or invitation is None:
        return unknown_token(request)
    page = _PAGE.match(rest, found.end())
    rating = _RATING.search(f"{rest}?{request.GET.urlencode()}")
    address = reverse(_PAGES[page[1]] if page else "answer", args=[invitation.token])
    return redirect(f"{address}?r={rating[1]}" if rating else address)
