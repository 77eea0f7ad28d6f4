"""The KPI tree: business goals, what they take in each value stream, and by which indicators one sees it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from experience.selectors.kpi_tree import kpi_trees
from xla_service.access import administering, everyone, open_to
from xla_service.navigation import Section, declare_page

declare_page("kpi-tree", "KPI tree", Section.PORTFOLIO, order=40)


@open_to(everyone)
@require_safe
def kpi_tree(request: HttpRequest) -> HttpResponse:
    """Show the tree with its state, as the services of the reader give it."""
    context = {"trees": kpi_trees(request.user), "may_edit": administering(request.user)}
    return render(request, "experience/kpi_tree.html", context)
