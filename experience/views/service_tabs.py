"""The tabs of a service's page: which there are, and what each reads to be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from experience.badges import Badge, badge_of
from experience.engine.periods import month_of, previous_month
from experience.models import Gap
from experience.selectors.access import looks_after
from experience.selectors.agreed_results import extra_results, months_of
from experience.selectors.answers import RESTRICTIONS, answer_count, latest_answers
from experience.selectors.comment_mood import comment_mood
from experience.selectors.comments import themes_of
from experience.selectors.features import feature_uptimes
from experience.selectors.incident_change import month_over_month
from experience.selectors.representativity import representativity
from experience.selectors.service_page import NewestResult, Week, events_of, response_now, weeks_of
from experience.sentences import representativity_sentence
from experience.views.agreed_parts import extra_lines, month_lines
from experience.views.comment_parts import mood_line, theme_lines
from experience.views.gap_parts import why
from experience.views.incident_parts import incident_lines
from experience.views.service_compare import comparison_context
from experience.views.service_parts import (
    chips,
    funnel_rows,
    headline,
    histogram_rows,
    indicator_lines,
    moved,
    surety,
    waterfall_rows,
)
from experience.views.service_people import people_context
from experience.views.silent_parts import silent_context
from experience.views.sla_parts import levels_context
from experience.views.week_charts import action_markers, week_charts
from surveys.models import BusinessService, User
from surveys.services.comment_readings import note_readings
from xla_service.moments import organisation_day

OVERVIEW = "overview"
_LATEST = 8
_THEMES = 12
Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who reads about which service, its standing gap and newest result, and what the address asks for."""

    reader: User
    service: BusinessService
    gap: Gap | None
    result: NewestResult | None
    asked: Mapping[str, str]

    @property
    def badge(self) -> Badge | None:
        """Return what SLA and experience say together."""
        return badge_of(self.result.verdict) if self.result else None


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its words and what its template needs."""

    label: str | Promise
    build: Callable[[Scene], Context]


@dataclass(frozen=True, slots=True)
class TabLink:
    """One tab as a link of the row of tabs."""

    key: str
    label: str | Promise
    url: str
    is_current: bool


def tab_links(service: BusinessService, current: str) -> list[TabLink]:
    """Return the row of tabs, the open one marked; each has an address of its own."""
    return [TabLink(key, tab.label, tab_url(service, key), key == current) for key, tab in TABS.items()]


def tab_url(service: BusinessService, tab: str) -> str:
    """Return the address of a tab; that of the overview is the service's own."""
    if tab == OVERVIEW:
        return reverse("service", args=[service.key])
    return reverse("service-tab", args=[service.key, tab])


def answers_shown(reader: User, service: BusinessService, only: str) -> Context:
    """Return the answer count and the latest answers for those who read single ones; notes the reading."""
    only = only if only in RESTRICTIONS else ""
    may_act = looks_after(reader, service)
    shown = latest_answers(service, reader=reader, limit=_LATEST, only=only) if may_act else []
    unmasked = sum(answer.is_unmasked_comment for answer in shown)
    note_readings({service.pk: unmasked}, by=reader, now=timezone.now())
    return {"answer_count": answer_count(service), "may_act": may_act, "only": only, "answers": shown}


def _overview(scene: Scene) -> Context:
    context = answers_shown(scene.reader, scene.service, scene.asked.get("only", ""))
    if scene.gap is not None:
        context["events"] = events_of(scene.gap)
    if scene.result is None:
        return context
    is_collecting = scene.result.measurement.status == "collecting"
    return context | {
        "headline": headline(scene.result, _weeks(scene) if is_collecting else ()),
        "chips": chips(scene.result, today=organisation_day()),
        "waterfall": waterfall_rows(scene.result),
        "surety": surety(scene.result),
        "alike": representativity_sentence(representativity(scene.result.measurement)),
        **silent_context(scene.service, may_act=context["may_act"]),
    }


def _why(scene: Scene) -> Context:
    gap, result = scene.gap, scene.result
    if result is None:
        return {}
    return {
        "why": why(gap) if gap is not None and gap.kind != Gap.Kind.OVER_STRICT else None,
        "waterfall": waterfall_rows(result),
        "moved": moved(result),
        "indicators": indicator_lines(result),
        "extras": extra_lines(extra_results(scene.service)),
    }


def _time(scene: Scene) -> Context:
    if scene.result is None:
        return {}
    weeks = _weeks(scene)
    markers = action_markers(scene.service, weeks)
    return {
        "weeks": weeks,
        "charts": week_charts(scene.result, weeks, markers),
        "markers": markers,
        "months": month_lines(months_of(scene.service), today=organisation_day()),
    }


def _comments(scene: Scene) -> Context:
    result = scene.result
    mood = None
    if result is not None and not result.is_hidden:
        days = result.measurement
        mood = comment_mood(scene.service, first=days.starts_on, last=days.ends_on, until=days.computed_at)
    context = answers_shown(scene.reader, scene.service, scene.asked.get("only", "comments"))
    return context | {
        "themes": theme_lines(themes_of(scene.reader, scene.service.key, most=_THEMES)),
        "mood": mood_line(mood),
        "service_key": scene.service.key if context["may_act"] else "",
    }


def _tickets(scene: Scene) -> Context:
    result = scene.result
    if result is None:
        return {}
    days = result.measurement.days
    month, now = previous_month(month_of(organisation_day())), timezone.now()
    response = response_now(result.measurement)
    return {
        "funnel": funnel_rows(response),
        "answered": response.answered,
        "histogram": histogram_rows(result),
        "surety": surety(result),
        "features": feature_uptimes(scene.service, days, now=now),
        "month": month.first_on,
        "incidents": incident_lines(month_over_month(scene.service, month, now=now)),
        **levels_context(scene.service, days, month, now=now),
    }


def _weeks(scene: Scene) -> list[Week]:
    return list(weeks_of(scene.service, until=scene.result.measurement.ends_on)) if scene.result else []


def _people(scene: Scene) -> Context:
    return people_context(scene.service, scene.asked)


def _compare(scene: Scene) -> Context:
    return comparison_context(scene.reader, scene.service, scene.asked)


TABS: dict[str, Tab] = {
    OVERVIEW: Tab(_("Overview"), _overview),
    "why": Tab(_("Why"), _why),
    "time": Tab(_("Over time"), _time),
    "people": Tab(_("People"), _people),
    "comments": Tab(_("Comments"), _comments),
    "tickets": Tab(_("Tickets and SLA"), _tickets),
    "compare": Tab(_("Compare"), _compare),
}
