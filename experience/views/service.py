"""The page of one service: what is red, why, since when, for whom, and what people wrote, each on a tab."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from experience.selectors.answers import answer_count
from experience.selectors.service_page import newest_result, standing_gap, visible_service
from experience.views.origin import render_part
from experience.views.service_tabs import OVERVIEW, TABS, Scene, answers_shown, tab_links
from surveys.models import BusinessService
from xla_service.access import everyone, open_to, setting_up, signed_in

_NO_CONTENT = 204


@open_to(everyone)
@require_safe
def service(request: HttpRequest, key: str, tab: str = OVERVIEW) -> HttpResponse:
    """Show one tab of a service; htmx gets the tab alone.

    A service that the user may not read is answered like one that does not exist.
    """
    found = visible_or_404(request, key)
    reader = signed_in(request)
    gap = standing_gap(found)
    scene = Scene(reader, found, gap, newest_result(found, gap), request.GET)
    context = {
        "service": found,
        "gap": gap,
        "result": scene.result,
        "badge": scene.badge,
        "may_set_up": setting_up(reader),
        "tab": tab,
        "tabs": tab_links(found, tab),
        "template": f"experience/service/{tab}.html",
        **TABS[tab].build(scene),
    }
    return render_part(request, context, part="service/tab", page="service")


@open_to(everyone)
@require_safe
def answers(request: HttpRequest, key: str) -> HttpResponse:
    """Show the answer count and the latest answers alone; 204 when nothing came since the answer `seen`."""
    found = visible_or_404(request, key)
    if request.GET.get("seen") == str(answer_count(found).newest_id):
        return HttpResponse(status=_NO_CONTENT)
    reader = signed_in(request)
    shown = answers_shown(reader, found, request.GET.get("only", ""))
    return render(request, "experience/answers.html", {"service": found, **shown})


def visible_or_404(request: HttpRequest, key: str) -> BusinessService:
    """Return the service of this key; raise Http404 alike for an unknown one and for somebody else's."""
    found = visible_service(request.user, key)
    if found is None:
        raise Http404
    return found
