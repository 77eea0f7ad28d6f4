"""The comments explorer: what people wrote, found, read with the words that decided, and looked after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from experience.selectors.access import looks_after
from experience.selectors.comments import (
    BANDS,
    TABS,
    WAITING,
    CommentChoice,
    chosen_comments,
    comment_lines,
    read_comment_choice,
    read_services,
    themes_of,
    visible_contradiction,
    waiting_count,
)
from experience.selectors.narrowing import narrowing_choices
from experience.views.comment_parts import theme_lines
from experience.views.origin import render_part, way_back
from surveys.models import CommentSentiment
from surveys.selectors.narrowing import PARAMETERS
from surveys.services.comment_readings import note_readings
from surveys.services.contradictions import look_at
from xla_service.access import everyone, open_to, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("comments", "Comments", Section.COMMENTS, order=10, keeps=PARAMETERS)
_PAGE_SIZE = 25


@open_to(everyone)
@require_safe
def comments(request: HttpRequest) -> HttpResponse:
    """Show the comments as the query parameters ask; htmx gets the list alone."""
    context = _context(request, read_comment_choice(request.GET.dict()))
    return render_part(request, context, part="comments_list", page="comments")


def _context(request: HttpRequest, choice: CommentChoice) -> dict[str, Any]:
    """Return what the page writes; notes that the comments on it were read."""
    reader = signed_in(request)
    services = read_services(reader)
    page = one_page(request, chosen_comments(services, choice, reader), size=_PAGE_SIZE)
    lines = comment_lines(page.object_list, reader)  # type: ignore[arg-type]  # a sliced queryset
    shown = Counter(line.answer.service_id for line in lines if line.answer.is_unmasked_comment)
    note_readings(shown, by=reader, now=timezone.now())
    return {
        "choice": choice,
        "services": services,
        "page": page,
        "lines": lines,
        "has_masked": any(line.answer.is_masked for line in lines),
        "tabs": _tabs(choice, waiting_count(services, reader)),
        "labels": CommentSentiment.Label.choices,
        "narrowing": choice.narrowing,
        "choices": narrowing_choices(reader),
        "bands": BANDS,
        "service_key": choice.service,
        "themes": theme_lines(themes_of(reader, choice.service)) if choice.service else [],
        "query": query_of(choice),
        "query_without_theme": query_of(choice, theme=""),
        "here": request.get_full_path(),
    }


def _tabs(choice: CommentChoice, waiting: int) -> list[tuple[str, str | Promise, int | None, str]]:
    """Return each tab with its words, how many wait there if any can, and the query that leads to it."""
    return [
        (key, label, waiting if key == WAITING else None, query_of(choice, tab=key)) for key, label in TABS
    ]


@open_to(everyone)
@require_POST
def looked_at(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody looked at the contradiction of an answer, and lead back to the list."""
    reader = signed_in(request)
    found = visible_contradiction(reader, pk)
    if found is None:
        raise Http404
    if not looks_after(reader, found.response.service):
        raise PermissionDenied
    if look_at(found, by=reader, now=timezone.now()):
        messages.success(request, _("Noted. The rating still counts as given."))
    else:
        messages.info(request, _("Somebody looked at it before you."))
    return way_back(request, f"{reverse('comments')}?tab={WAITING}")


def query_of(choice: CommentChoice, **changes: str) -> str:
    """Return the choice, with some of it changed, as query parameters; what is empty is left out."""
    changed = replace(choice, **changes)
    named = {
        "tab": changed.tab,
        "q": changed.text,
        "service": changed.service,
        "label": changed.label,
        "band": changed.band,
        "theme": changed.theme,
        **changed.narrowing.parameters,
    }
    return urlencode({name: value for name, value in named.items() if value})
