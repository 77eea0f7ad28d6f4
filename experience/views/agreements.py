"""The pages of agreements: the list, one agreement with its versions, a new one, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experience.agreement_form import (
    covered_words,
    key_of,
    promises,
    stream_shares,
)
from experience.engine.agreement_terms import (
    PRESETS,
    AgreementTerms,
    Change,
)
from experience.models import Agreement, AgreementVersion, Indicator
from experience.selectors.agreement_pages import agreements_of, service_names
from experience.selectors.agreements import (
    draft_of,
    newest_indicators,
    published_version,
    version_terms,
    with_details,
)
from experience.services.agreement_problems import AgreementError
from experience.services.agreements import draft_from_baseline, term_changes, withdraw, write_draft
from experience.services.library import install_indicators
from experience.services.starter import starter_terms
from experience.words import problem_words
from surveys.engine.values import storable
from surveys.models import BusinessService
from xla_service.access import everyone, open_to, setting_up, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page

declare_page(
    "agreements",
    "Agreements",
    Section.AGREEMENTS,
    pages=["agreement", "agreement-results", "agreement-new", "agreement-edit"],
    order=10,
)


@open_to(everyone)
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """Show every agreement the reader may see, with what holds and what is drafted."""
    found = agreements_of(request.user)
    lines = [(agreement, _state(agreement)) for agreement in found]
    may_edit = setting_up(request.user)
    return render(request, "experience/agreements.html", {"lines": lines, "may_edit": may_edit})


def _state(agreement: Agreement) -> dict[str, AgreementVersion | None]:
    versions = list(agreement.versions.all())
    first = {version.state: version for version in reversed(versions)}
    return {"published": first.get("published"), "draft": first.get("draft")}


@open_to(everyone)
@require_safe
def agreement(request: HttpRequest, key: str) -> HttpResponse:
    """Show one agreement: what is promised now, what changed with each version, and the draft."""
    found = agreement_or_404(request, key)
    published, draft = published_version(found), draft_of(found)
    library = newest_indicators()
    shown = published or draft or found.versions.frozen().order_by("number").last()
    if shown is None:
        raise Http404
    terms = version_terms(shown)
    context = {
        "agreement": found,
        "published": published,
        "draft": draft,
        "today": organisation_day(),
        "may_edit": setting_up(request.user) and found.retired_on is None,
        "terms": terms,
        **promised(terms, library),
        "history": _history(found),
        "may_propose": published is not None and published.baseline_until is not None and draft is None,
        "may_withdraw": published is not None and not published.measurements.exists(),
    }
    return render(request, "experience/agreement.html", context)


def promised(terms: AgreementTerms, library: Mapping[str, Indicator]) -> dict[str, Any]:
    """Return what terms promise in plain words, for which services, and how much each stream weighs."""
    return {
        "promises": promises(terms, library),
        "covered": covered_words(terms, service_names()),
        "shares": stream_shares(terms),
    }


def _history(found: Agreement) -> list[tuple[AgreementVersion, list[Change]]]:
    """Return every published version, newest first, with how it differs from the one before."""
    frozen = with_details(found.versions.frozen()).select_related("published_by")
    versions = list(frozen.order_by("number"))
    changes: list[list[Change]] = [[]]
    for before, after in zip(versions, versions[1:], strict=False):
        changes.append(term_changes(before, version_terms(after)))
    return list(zip(versions, changes, strict=False))[::-1]


def agreement_or_404(request: HttpRequest, key: str) -> Agreement:
    """Return an agreement the user may read; raise Http404 alike for an unknown one and a hidden one."""
    found = (
        Agreement.objects.all() if setting_up(request.user) else Agreement.objects.visible_to(request.user)
    )
    return get_object_or_404(found.select_related("owner"), key=key)


@open_to(setting_up)
@require_http_methods(["GET", "POST"])
def new_agreement(request: HttpRequest) -> HttpResponse:
    """Begin an agreement: a name and a balance; its first draft opens in the editor."""
    context: dict[str, Any] = {"presets": list(PRESETS), "name": "", "preset": "balanced"}
    if request.method == "POST":
        context |= {"name": storable(request.POST.get("name", "")), "preset": request.POST.get("preset", "")}
        context["error"] = _name_problem(context["name"])
        if not context["error"]:
            draft = _begin(context["name"], context["preset"], request)
            return redirect("agreement-edit", key=draft.agreement.key)
    status = 422 if context.get("error") else 200
    return render(request, "experience/agreement_new.html", context, status=status)


def _name_problem(name: str) -> str:
    if not key_of(name):
        return _("Give the agreement a name with at least one letter or digit.")
    if Agreement.objects.filter(key=key_of(name)).exists():
        return _("There is an agreement of this name. Open that one, or choose another name.")
    return ""


def _begin(name: str, preset: str, request: HttpRequest) -> AgreementVersion:
    install_indicators()
    tomorrow = organisation_day() + timedelta(days=1)
    pattern = starter_terms(tomorrow, preset if preset in PRESETS else "balanced")
    first = BusinessService.objects.live().order_by("name").first()
    terms = AgreementTerms(
        key=key_of(name),
        name=name[:120],
        valid_from=tomorrow,
        ambition=pattern.ambition,
        weights=pattern.weights,
        indicators=pattern.indicators,
        services=(first.key,) if first and not BusinessService.objects.live()[1:].exists() else (),
    )
    return write_draft(terms, by=signed_in(request))


@open_to(setting_up)
@require_POST
def undo_publishing(request: HttpRequest, key: str) -> HttpResponse:
    """Withdraw the published version before it is used; its terms are a draft again."""
    found = agreement_or_404(request, key)
    published, newer = published_version(found), draft_of(found)
    if published is None:
        raise Http404
    try:
        withdraw(published, by=signed_in(request), now=timezone.now())
    except AgreementError as error:
        messages.error(request, " ".join(problem_words(problem) for problem in error.problems))
        return redirect("agreement", key=key)
    messages.success(request, _taken_back(found, newer))
    return redirect(reverse("agreement-edit", args=[key]))


@open_to(setting_up)
@require_POST
def propose_targets(request: HttpRequest, key: str) -> HttpResponse:
    """Draft the next version with the targets that the baseline suggests; what is drafted already stays."""
    found = agreement_or_404(request, key)
    published = published_version(found)
    if draft_of(found) is not None or published is None or published.baseline_until is None:
        messages.error(request, _("There is no baseline to propose from, or a draft was begun meanwhile."))
        return redirect("agreement", key=key)
    begins = max(published.baseline_until, organisation_day()) + timedelta(days=1)
    draft_from_baseline(published, by=request.user, valid_from=begins)  # type: ignore[arg-type]
    words = _(
        "Each target is the median of the months measured so far. Change it, or publish what you agree on."
    )
    messages.success(request, words)
    return redirect("agreement-edit", key=key)


def _taken_back(found: Agreement, newer: AgreementVersion | None) -> str:
    draft = (
        _("Taken back. The draft that was begun since stays; the terms taken back stand among the versions.")
        if newer
        else _("Taken back. Its terms are a draft again.")
    )
    holds = _("The version before holds.") if published_version(found) else _("No version holds now.")
    return f"{draft} {holds}"
