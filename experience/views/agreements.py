"""The pages of agreements: the list, one agreement, the editor with its live rehearsal, publishing, undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experience import figures
from experience.agreement_form import (
    STREAM_NAMES,
    covered_words,
    factor_of,
    key_of,
    promises,
    read_terms,
    stream_shares,
    written,
)
from experience.engine.agreement_terms import (
    PRESETS,
    STREAMS,
    AgreedIndicator,
    AgreementTerms,
    Change,
    Problem,
    differences,
)
from experience.engine.rehearsal import Rehearsal
from experience.marks.distribution import distribution
from experience.models import Agreement, AgreementVersion, Indicator
from experience.selectors.agreement_pages import agreements_of, past_values, rehearsed_rows
from experience.selectors.agreements import draft_of, newest_indicators, published_version, version_terms
from experience.services.agreements import (
    AgreementError,
    draft_from_baseline,
    publish,
    publishing_problems,
    term_changes,
    withdraw,
    write_draft,
)
from experience.services.library import install_indicators
from experience.services.rehearse import rehearse
from experience.services.starter import starter_terms
from experience.words import problem_words
from surveys.engine.values import storable
from surveys.models import BusinessService
from xla_service.access import everyone, open_to, setting_up
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page

declare_page(
    "agreements",
    "Agreements",
    Section.AGREEMENTS,
    pages=["agreement", "agreement-results", "agreement-new", "agreement-edit"],
    order=10,
)
_MONTHS, _MONTHS_OF_MANY, _MANY = 6, 2, 60


@dataclass(frozen=True, slots=True)
class IndicatorField:
    """One indicator in the editor: how it is agreed, and what it was in the past."""

    indicator: Indicator
    is_agreed: bool
    weight: float
    target: str
    usual: str
    past: SafeString
    past_words: str


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
        "covered": covered_words(terms, _service_names()),
        "promises": promises(terms, library),
        "shares": stream_shares(terms),
        "history": _history(found),
        "may_propose": published is not None and published.baseline_until is not None and draft is None,
        "may_withdraw": published is not None and not published.measurements.exists(),
    }
    return render(request, "experience/agreement.html", context)


def _history(found: Agreement) -> list[tuple[AgreementVersion, list[Change]]]:
    """Return every published version, newest first, with how it differs from the one before."""
    versions = list(
        found.versions.frozen()
        .order_by("number")
        .select_related("agreement", "published_by")
        .prefetch_related("services", "indicators__indicator", "agreement__exclusions")
    )
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
    return write_draft(terms, by=request.user)  # type: ignore[arg-type]  # the view asks for a sign-in


# --- the editor ---------------------------------------------------------------------------------------------


@open_to(setting_up)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Edit the draft; POST saves it, and with `publish` publishes it. What was typed is kept on an error."""
    found = agreement_or_404(request, key)
    began_with = _stand(found)
    before = _terms_to_edit(found)
    if request.method != "POST":
        return render(request, "experience/agreement_edit.html", _editor(found, before, before, []))
    typed = read_terms(before, request.POST, newest_indicators())
    if request.POST.get("began_with", began_with) != began_with:
        context = _editor(found, before, typed.terms, typed.problems)
        context |= {"is_overtaken": True, "overtaken": differences(before, typed.terms)}
        return render(request, "experience/agreement_edit.html", context, status=409)
    problems = list(typed.problems)
    if not problems:
        problems = _saved(request, typed.terms)
    if not problems:
        return redirect("agreement" if "publish" in request.POST else "agreement-edit", key=key)
    context = _editor(found, before, typed.terms, problems)
    return render(request, "experience/agreement_edit.html", context, status=422)


def _stand(found: Agreement) -> str:
    """Return a mark of what the editor begins with; it changes with the draft, and with what is published."""
    draft = draft_of(found)
    if draft is not None:
        return sha256(repr(version_terms(draft)).encode()).hexdigest()
    published = published_version(found)
    return f"version-{published.number}" if published else ""


def _terms_to_edit(found: Agreement) -> AgreementTerms:
    draft = draft_of(found)
    if draft is not None:
        return version_terms(draft)
    published = published_version(found)
    if published is None:
        raise Http404
    return _next_terms(version_terms(published), organisation_day())


def _next_terms(terms: AgreementTerms, today: date) -> AgreementTerms:
    """Return the terms that the next version starts from: the same, valid from tomorrow or later."""
    return replace(
        terms, valid_from=max(today, terms.valid_from) + timedelta(days=1), note="", baseline_until=None
    )


def _saved(request: HttpRequest, terms: AgreementTerms) -> list[Problem]:
    """Save, and publish where asked for; return what is in the way."""
    by, now = request.user, timezone.now()
    try:
        draft = write_draft(terms, by=by)  # type: ignore[arg-type]
        if "publish" not in request.POST:
            messages.success(request, _("The draft is saved. Nobody is judged by it before it is published."))
            return []
        publish(draft, by=by, now=now)  # type: ignore[arg-type]
    except AgreementError as error:
        return error.problems
    words = _("Published. It holds from %(day)s; until it is used, you can undo it.")
    messages.success(request, words % {"day": figures.full_day(terms.valid_from)})
    return []


def _editor(
    found: Agreement, before: AgreementTerms, terms: AgreementTerms, problems: Sequence[Problem]
) -> dict[str, object]:
    library, today = newest_indicators(), organisation_day()
    published = published_version(found)
    weights = dict(terms.weights)
    return {
        "agreement": found,
        "began_with": _stand(found),
        "terms": terms,
        "problems": problems,
        "wrong": {problem.path for problem in problems},
        "open_points": publishing_problems(terms, today=today),
        "streams": [(stream, *STREAM_NAMES[stream], weights.get(stream, 0.0)) for stream in STREAMS],
        "fields": _fields(terms, library, today),
        "services": list(BusinessService.objects.live().order_by("name").values_list("key", "name")),
        "promises": promises(terms, library),
        "covered": covered_words(terms, _service_names()),
        "shares": stream_shares(terms),
        "published": published,
        "changes": term_changes(published, terms) if published else [],
    }


def _fields(
    terms: AgreementTerms, library: Mapping[str, Indicator], today: date
) -> list[tuple[str, dict[str, list[IndicatorField]]]]:
    agreed, past = {a.key: a for a in terms.indicators}, past_values(terms, today=today)
    groups: dict[str, list[IndicatorField]] = {stream: [] for stream in STREAMS}
    for key, indicator in library.items():
        groups[indicator.stream].append(_field(indicator, agreed.get(key), past.get(key, [])))
    for own in groups.values():
        own.sort(key=lambda found: (not found.is_agreed, -found.weight, found.indicator.name))
    return [(STREAM_NAMES[stream][0], _parted(own)) for stream, own in groups.items() if own]


def _parted(own: Sequence[IndicatorField]) -> dict[str, list[IndicatorField]]:
    return {
        "agreed": [found for found in own if found.is_agreed],
        "others": [found for found in own if not found.is_agreed],
    }


def _replayed_fields(
    terms: AgreementTerms, library: Mapping[str, Indicator], played: Rehearsal
) -> list[IndicatorField]:
    """Return the agreed indicators with what they were in the replayed months, or why nothing is known."""
    fields = [_field(library[a.key], a, played.past.get(a.key, ())) for a in terms.indicators]
    return [
        field if field.indicator.key in played.past else replace(field, past_words=_unknown_past(field))
        for field in fields
    ]


def _unknown_past(field: IndicatorField) -> str:
    words = {
        "X": _("too few answers in these months"),
        "O": _("no ticket of these months tells it"),
        "T": _("no source reported it in these months"),
    }
    return words.get(field.indicator.stream, _("no text came in in these months"))


def _field(indicator: Indicator, agreed: AgreedIndicator | None, values: Sequence[float]) -> IndicatorField:
    target = indicator.target if agreed is None or agreed.target is None else agreed.target
    met = sum((v >= target) if indicator.floor < indicator.ceiling else (v <= target) for v in values)
    return IndicatorField(
        indicator=indicator,
        is_agreed=agreed is not None,
        weight=agreed.weight if agreed else 0.0,
        target=f"{target * factor_of(indicator):.6g}",
        usual=written(indicator, indicator.target),
        past=distribution(values, target, span=_span(indicator, values, target)),
        past_words=_past_words(met, len(values)),
    )


def _past_words(met: int, months: int) -> str:
    if not months:
        return _("not measured yet")
    words = ngettext("met in %(met)s of %(months)s month", "met in %(met)s of %(months)s months", months)
    return words % {"met": met, "months": months}


def _span(indicator: Indicator, values: Sequence[float], target: float) -> tuple[float, float]:
    """Return the ends of the axis, worse first: floor and ceiling, widened to what was seen."""
    low = min([indicator.floor, indicator.ceiling, target, *values])
    high = max([indicator.floor, indicator.ceiling, target, *values])
    return (low, high) if indicator.floor < indicator.ceiling else (high, low)


def _service_names() -> dict[str, str]:
    return dict(BusinessService.objects.values_list("key", "name"))


@open_to(setting_up)
@require_POST
def rehearsal(request: HttpRequest, key: str) -> HttpResponse:
    """Replay what the editor holds, saved or not, on the past months; nothing is stored."""
    found = agreement_or_404(request, key)
    typed = read_terms(_terms_to_edit(found), request.POST, newest_indicators())
    terms, library = typed.terms, newest_indicators()
    context: dict[str, object] = {
        "agreement": found,
        "promises": promises(terms, library),
        "covered": covered_words(terms, _service_names()),
        "shares": stream_shares(terms),
        "valid_from": terms.valid_from,
    }
    many = terms.covers_rest and BusinessService.objects.live().count() > _MANY
    try:
        played = rehearse(
            terms, today=organisation_day(), now=timezone.now(), months=_MONTHS_OF_MANY if many else _MONTHS
        )
    except AgreementError as error:
        context["problems"] = [*typed.problems, *error.problems]
    else:
        context |= {
            "played": played,
            "rows": rehearsed_rows(played),
            "problems": typed.problems,
            # Of many services fewer months are replayed than results tell: these stay.
            "replayed": [] if many else _replayed_fields(terms, library, played),
            "needs_answers": dict(terms.weights).get("X", 0) > 0,
        }
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    context["is_part"] = is_part
    return render(request, f"experience/{'rehearsal' if is_part else 'rehearsal_page'}.html", context)


@open_to(setting_up)
@require_POST
def undo_publishing(request: HttpRequest, key: str) -> HttpResponse:
    """Withdraw the published version before it is used; its terms are a draft again."""
    found = agreement_or_404(request, key)
    published, newer = published_version(found), draft_of(found)
    if published is None:
        raise Http404
    try:
        withdraw(published, by=request.user, now=timezone.now())  # type: ignore[arg-type]
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
