"""The page a request comes from: the way back to it after a step, and what it shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """Lead back to the page that the form names in `next` where it is one of ours, else to `otherwise`."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return HttpResponseRedirect(wanted if is_ours else otherwise)


def asks_for_part(request: HttpRequest) -> bool:
    """Say whether htmx asks, for a part of the page that it shows; going back, it wants the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def render_part(request: HttpRequest, context: dict[str, Any], *, part: str, page: str) -> HttpResponse:
    """Render a page, or for htmx the part of it alone; whoever caches keeps the two apart."""
    name = part if asks_for_part(request) else page
    response = render(request, f"experience/{name}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def parameters_shown(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of the page that htmx asks from; none of an address that cannot be read."""
    try:
        query = urlsplit(request.htmx.current_url or "").query  # type: ignore[attr-defined]
    except ValueError:
        return {}
    return QueryDict(query).dict()
