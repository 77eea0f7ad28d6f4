"""Long lists, a page at a time."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PER_PAGE = 50


def one_page(request: HttpRequest, rows: Any, *, size: int = PER_PAGE) -> Page[Any]:
    """Return the page of these rows that the address names; for a number that is none the nearest."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
