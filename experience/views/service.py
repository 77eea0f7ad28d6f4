"""The page of one service: what is red, how sure that is, and what people wrote."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from experience.engine.periods import Period
from experience.selectors.access import looks_after
from experience.selectors.agreed_results import extra_results, months_of
from experience.selectors.answers import RESTRICTIONS, answer_count, latest_answers
from experience.selectors.comment_mood import CommentMood, comment_mood
from experience.selectors.comments import themes_of
from experience.selectors.features import FeatureUptime, feature_uptimes
from experience.selectors.service_page import (
    NewestResult,
    newest_result,
    standing_gap,
    visible_service,
    weeks_of,
)
from experience.views.agreed_parts import extra_lines, month_lines
from experience.views.comment_parts import mood_line, theme_lines
from experience.views.gap_parts import why
from experience.views.service_parts import (
    action_markers,
    chips,
    funnel_rows,
    headline,
    histogram_rows,
    indicator_lines,
    moved,
    surety,
    waterfall_rows,
    week_charts,
)
from surveys.models import BusinessService, User
from surveys.services.comment_readings import note_readings
from xla_service.moments import organisation_day

_LATEST = 8
_THEMES = 6
_NO_CONTENT = 204


@login_required
@require_safe
def service(request: HttpRequest, key: str) -> HttpResponse:
    """Show one service. One that the user may not read is answered like one that does not exist."""
    found = visible_or_404(request, key)
    reader: User = request.user  # type: ignore[assignment]  # login_required
    gap = standing_gap(found)
    result = newest_result(found, gap)
    context: dict[str, object] = {"service": found, "gap": gap, "result": result, **_answers(request, found)}
    if result is not None:
        weeks = weeks_of(found, until=result.measurement.ends_on)
        markers = action_markers(found, weeks)
        context |= {
            "headline": headline(result, weeks),
            "chips": chips(result, today=organisation_day()),
            "weeks": weeks,
            "charts": week_charts(result, weeks, markers),
            "markers": markers,
            "waterfall": waterfall_rows(result),
            "moved": moved(result),
            "indicators": indicator_lines(result),
            "features": _features(found, result),
            "funnel": funnel_rows(result),
            "histogram": histogram_rows(result),
            "surety": surety(result),
            "service_key": found.key if context["may_act"] else "",
            "themes": theme_lines(themes_of(reader, found.key, most=_THEMES)),
            "mood": mood_line(_mood(found, result)),
            "why": why(gap) if gap is not None and gap.kind != gap.Kind.OVER_STRICT else None,
            "months": month_lines(months_of(found), today=organisation_day()),
            "extras": extra_lines(extra_results(found)),
        }
    return render(request, "experience/service.html", context)


@login_required
@require_safe
def answers(request: HttpRequest, key: str) -> HttpResponse:
    """Show the answer count and the latest answers alone; 204 when nothing came since the answer `seen`."""
    found = visible_or_404(request, key)
    if request.GET.get("seen") == str(answer_count(found).newest_id):
        return HttpResponse(status=_NO_CONTENT)
    return render(request, "experience/answers.html", {"service": found, **_answers(request, found)})


def visible_or_404(request: HttpRequest, key: str) -> BusinessService:
    """Return the service of this key; raise Http404 alike for an unknown one and for somebody else's."""
    found = visible_service(request.user, key)
    if found is None:
        raise Http404
    return found


def _mood(found: BusinessService, result: NewestResult) -> CommentMood | None:
    days = result.measurement
    return comment_mood(found, first=days.starts_on, last=days.ends_on) if not result.is_hidden else None


def _features(found: BusinessService, result: NewestResult) -> list[FeatureUptime]:
    days = Period(result.measurement.starts_on, result.measurement.ends_on)
    return feature_uptimes(found, days, now=timezone.now())


def _answers(request: HttpRequest, found: BusinessService) -> dict[str, object]:
    only = request.GET.get("only", "")
    only = only if only in RESTRICTIONS else ""
    reader: User = request.user  # type: ignore[assignment]  # login_required
    may_act = looks_after(reader, found)
    shown = latest_answers(found, reader=reader, limit=_LATEST, only=only) if may_act else []
    unmasked = sum(answer.is_unmasked_comment for answer in shown)
    note_readings({found.pk: unmasked}, by=reader, now=timezone.now())
    return {
        "answer_count": answer_count(found),
        "may_act": may_act,
        "only": only,
        "answers": shown,
    }
