"""The KPI tree: business goals, what they take in each value stream, and by which indicators one sees it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experience.kpi_tree_forms import FactorPage, GoalForm
from experience.models import BusinessGoal, SuccessFactor
from experience.selectors.kpi_tree import kpi_trees
from experience.selectors.narrowing import narrowing_choices
from experience.services.kpi_tree import (
    FactorFacts,
    add_factor,
    add_goal,
    change_factor,
    change_goal,
    facts_of_factor,
    facts_of_goal,
    remove_factor,
    remove_goal,
)
from surveys.selectors.narrowing import PARAMETERS, read_narrowing
from xla_service.access import everyone, open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page

declare_page(
    "kpi-tree",
    "KPI tree",
    Section.PORTFOLIO,
    order=40,
    pages=["kpi-goal-new", "kpi-goal", "kpi-factor-new", "kpi-factor"],
    keeps=PARAMETERS,
)


@open_to(everyone)
@require_safe
def kpi_tree(request: HttpRequest) -> HttpResponse:
    """Show the tree with its state, as the services of the reader give it."""
    narrowing = read_narrowing(request.GET)
    context = {
        "trees": kpi_trees(request.user, narrowing),
        "may_edit": setting_up(request.user),
        "narrowing": narrowing,
        "choices": narrowing_choices(request.user),
    }
    return render(request, "experience/kpi_tree.html", context)


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def goal_new(request: HttpRequest) -> HttpResponse:
    """Write a goal down; POST leads to its page, where factors are added."""
    form = GoalForm(request.POST or None, facts=None)
    if request.method == "POST" and form.is_valid():
        goal = add_goal(form.facts(), by=signed_in(request), now=timezone.now())
        messages.success(request, _("The goal is in the tree. Now say what it takes."))
        return redirect("kpi-goal", pk=goal.pk)
    return _render(request, "experience/kpi_goal.html", {"form": form}, is_wrong=bool(form.errors))


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def goal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a goal with its factors; POST changes what is said about it."""
    found = get_object_or_404(BusinessGoal.objects.select_related("owner"), pk=pk)
    form = GoalForm(request.POST or None, facts=facts_of_goal(found), goal=found)
    if request.method == "POST" and form.is_valid():
        _say(request, change_goal(found, form.facts(), by=signed_in(request), now=timezone.now()))
        return redirect("kpi-goal", pk=pk)
    factors = found.factors.select_related("owner").prefetch_related("indicators__indicator")
    context = {"form": form, "goal": found, "factors": factors}
    return _render(request, "experience/kpi_goal.html", context, is_wrong=bool(form.errors))


@open_to(setting_up)
@require_POST
def goal_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a goal with everything below it."""
    found = get_object_or_404(BusinessGoal, pk=pk)
    remove_goal(found, by=signed_in(request), now=timezone.now())
    messages.success(request, _("Removed. What stood there is in the audit log."))
    return redirect("kpi-tree")


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def factor_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what has to go well for a goal; POST leads to the page of the factor."""
    found = get_object_or_404(BusinessGoal, pk=pk)
    usual = FactorFacts(found, SuccessFactor.ValueStream.DETECT_TO_CORRECT, "", None, ())
    page = FactorPage(request.POST or None, facts=usual)
    if request.method == "POST" and page.is_valid():
        factor = add_factor(page.facts(), by=signed_in(request), now=timezone.now())
        messages.success(request, _("It is in the tree."))
        return redirect("kpi-factor", pk=factor.pk)
    context = {"page": page, "goal": found}
    return _render(request, "experience/kpi_factor.html", context, is_wrong=request.method == "POST")


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a factor with its indicators; POST changes, moves, adds and takes away."""
    found = get_object_or_404(SuccessFactor.objects.select_related("goal", "owner"), pk=pk)
    page = FactorPage(request.POST or None, facts=facts_of_factor(found), factor=found)
    if request.method == "POST" and page.is_valid():
        _say(request, change_factor(found, page.facts(), by=signed_in(request), now=timezone.now()))
        return redirect("kpi-factor", pk=pk)
    context = {"page": page, "goal": found.goal, "factor": found}
    return _render(request, "experience/kpi_factor.html", context, is_wrong=request.method == "POST")


@open_to(setting_up)
@require_POST
def factor_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a factor with its indicators."""
    found = get_object_or_404(SuccessFactor.objects.select_related("goal", "owner"), pk=pk)
    remove_factor(found, by=signed_in(request), now=timezone.now())
    messages.success(request, _("Removed. What stood there is in the audit log."))
    return redirect("kpi-goal", pk=found.goal_id)


def _say(request: HttpRequest, is_changed: bool) -> None:
    if is_changed:
        messages.success(request, _("Saved. The tree shows it."))
    else:
        messages.info(request, _("Nothing changed: everything was so already."))


def _render(request: HttpRequest, template: str, context: dict[str, Any], *, is_wrong: bool) -> HttpResponse:
    return render(request, template, context, status=422 if is_wrong else 200)
