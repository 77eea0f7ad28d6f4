"""The agreement editor: what it shows of a draft, saving, publishing, and the live rehearsal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from experience import figures
from experience.agreement_form import (
    STREAM_MEANINGS,
    Box,
    Boxes,
    TypedTerms,
    factor_of,
    read_terms,
    written,
)
from experience.engine.agreement_problems import Problem
from experience.engine.agreement_terms import (
    STREAMS,
    AgreedIndicator,
    AgreementTerms,
    differences,
)
from experience.engine.rehearsal import Rehearsal
from experience.marks.distribution import distribution
from experience.models import Agreement, Indicator
from experience.selectors.agreement_pages import past_values, rehearsed_rows
from experience.selectors.agreements import draft_of, newest_indicators, published_version, version_terms
from experience.services.agreement_problems import AgreementError, publishing_problems
from experience.services.agreements import publish, term_changes, write_draft
from experience.services.rehearse import rehearse
from experience.views.agreements import agreement_or_404, promised
from experience.words import STREAM_WORDS
from surveys.models import BusinessService
from xla_service.access import open_to, setting_up, signed_in
from xla_service.moments import organisation_day

_MONTHS, _MONTHS_OF_MANY, _MANY = 6, 2, 60


@dataclass(frozen=True, slots=True)
class IndicatorField:
    """One indicator in the editor: how it is agreed, and what it was in the past."""

    indicator: Indicator
    is_agreed: bool
    weight: Box
    target: Box
    usual: str
    past: SafeString
    past_words: str


@open_to(setting_up)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Edit the draft; POST saves it, and with `publish` publishes it. What was typed is kept on an error."""
    found = agreement_or_404(request, key)
    began_with = _stand(found)
    before = _terms_to_edit(found)
    if request.method != "POST":
        return render(
            request, "experience/agreement_edit.html", _editor(found, before, TypedTerms(before, (), {}), [])
        )
    typed = read_terms(before, request.POST, newest_indicators())
    if request.POST.get("began_with", began_with) != began_with:
        context = _editor(found, before, typed, typed.problems)
        context |= {"is_overtaken": True, "overtaken": differences(before, typed.terms)}
        return render(request, "experience/agreement_edit.html", context, status=409)
    problems = list(typed.problems)
    if not problems:
        problems = _saved(request, typed.terms)
    if not problems:
        return redirect("agreement" if "publish" in request.POST else "agreement-edit", key=key)
    context = _editor(found, before, typed, problems)
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
    by, now = signed_in(request), timezone.now()
    try:
        draft = write_draft(terms, by=by)
        if "publish" not in request.POST:
            messages.success(request, _("The draft is saved. Nobody is judged by it before it is published."))
            return []
        publish(draft, by=by, now=now)
    except AgreementError as error:
        return error.problems
    words = _("Published. It holds from %(day)s; until it is used, you can undo it.")
    messages.success(request, words % {"day": figures.full_day(terms.valid_from)})
    return []


def _editor(
    found: Agreement, before: AgreementTerms, typed: TypedTerms, problems: Sequence[Problem]
) -> dict[str, object]:
    terms, boxes = typed.terms, Boxes(problems, typed.unread)
    library, today = newest_indicators(), organisation_day()
    published = published_version(found)
    weights = dict(terms.weights)
    return {
        "agreement": found,
        "began_with": _stand(found),
        "terms": terms,
        "problems": problems,
        "days": {
            name: boxes.of(name, "date", day.isoformat() if (day := getattr(terms, name)) else "")
            for name in ("valid_from", "review_on", "baseline_until")
        },
        "open_points": publishing_problems(terms, today=today),
        "streams": [
            (
                STREAM_WORDS[stream],
                STREAM_MEANINGS[stream],
                boxes.of(f"weight.{stream}", "number", f"{weights.get(stream, 0.0):.4g}"),
            )
            for stream in STREAMS
        ],
        "fields": _fields(terms, library, boxes, today),
        "services": list(BusinessService.objects.live().order_by("name").values_list("key", "name")),
        **promised(terms, library),
        "published": published,
        "changes": term_changes(published, terms) if published else [],
    }


def _fields(
    terms: AgreementTerms, library: Mapping[str, Indicator], boxes: Boxes, today: date
) -> list[tuple[str, dict[str, list[IndicatorField]]]]:
    agreed, past = {a.key: a for a in terms.indicators}, past_values(terms, today=today)
    groups: dict[str, list[IndicatorField]] = {stream: [] for stream in STREAMS}
    for key, indicator in library.items():
        groups[indicator.stream].append(_field(indicator, agreed.get(key), past.get(key, []), boxes))
    for own in groups.values():
        own.sort(key=lambda found: _rank(found, agreed.get(found.indicator.key)))
    return [(STREAM_WORDS[stream], _parted(own)) for stream, own in groups.items() if own]


def _rank(found: IndicatorField, agreed: AgreedIndicator | None) -> tuple[bool, float, str]:
    return agreed is None, -(agreed.weight if agreed else 0.0), found.indicator.name


def _parted(own: Sequence[IndicatorField]) -> dict[str, list[IndicatorField]]:
    return {
        "agreed": [found for found in own if found.is_agreed],
        "others": [found for found in own if not found.is_agreed],
    }


def _replayed_fields(
    terms: AgreementTerms, library: Mapping[str, Indicator], played: Rehearsal
) -> list[IndicatorField]:
    """Return the agreed indicators with what they were in the replayed months, or why nothing is known."""
    boxes = Boxes((), {})
    fields = [_field(library[a.key], a, played.past.get(a.key, ()), boxes) for a in terms.indicators]
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


def _field(
    indicator: Indicator, agreed: AgreedIndicator | None, values: Sequence[float], boxes: Boxes
) -> IndicatorField:
    target = indicator.target_of(agreed)
    met = sum((v >= target) if indicator.higher_is_better else (v <= target) for v in values)
    return IndicatorField(
        indicator=indicator,
        is_agreed=agreed is not None,
        weight=boxes.of(f"weight.{indicator.key}", "number", f"{agreed.weight if agreed else 0.0:.4g}"),
        target=boxes.of(f"target.{indicator.key}", "number", f"{target * factor_of(indicator):.6g}"),
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
    return (low, high) if indicator.higher_is_better else (high, low)


@open_to(setting_up)
@require_POST
def rehearsal(request: HttpRequest, key: str) -> HttpResponse:
    """Replay what the editor holds, saved or not, on the past months; nothing is stored."""
    found, library = agreement_or_404(request, key), newest_indicators()
    typed = read_terms(_terms_to_edit(found), request.POST, library)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    context = {
        "agreement": found,
        "valid_from": typed.terms.valid_from,
        "is_part": is_part,
        **promised(typed.terms, library),
        **_replayed(typed, library),
    }
    return render(request, f"experience/{'rehearsal' if is_part else 'rehearsal_page'}.html", context)


def _replayed(typed: TypedTerms, library: Mapping[str, Indicator]) -> dict[str, object]:
    """Replay the terms as far as they can be; what is in the way is shown beside."""
    terms, today = typed.terms, organisation_day()
    many = terms.covers_rest and BusinessService.objects.live().count() > _MANY
    try:
        played = rehearse(terms, today=today, now=timezone.now(), months=_MONTHS_OF_MANY if many else _MONTHS)
    except AgreementError as error:
        return {"problems": [*typed.problems, *error.problems]}
    return {
        "played": played,
        "rows": rehearsed_rows(played),
        "problems": typed.problems,
        # Of many services fewer months are replayed than results tell: these stay.
        "replayed": [] if many else _replayed_fields(terms, library, played),
        "needs_answers": dict(terms.weights).get("X", 0) > 0,
    }
