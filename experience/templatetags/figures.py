"""Figures and marks in templates: the rounding rule of experience/figures.py, marks of experience/marks."""

from __future__ import annotations

import json

from django import template
from django.conf import settings

from experience import figures, marks, sentences
from experience.badges import STATUS_WORDS
from experience.selectors.lost_cost import cost_per_hour_of
from experience.selectors.results import least_people
from experience.words import indicator_words, problem_words, term_value, term_words
from surveys.models import BusinessService
from xla_service.templatetags.moments import ago

register = template.Library()

register.filter("share", figures.share)
register.filter("rating", figures.rating)
register.filter("score", figures.score)
register.filter("change", figures.change)
register.filter("hours", figures.hours)
register.filter("duration", figures.duration)
register.filter("uptime", figures.uptime)
register.filter("count", figures.count)
register.filter("one_in", figures.one_in)
register.filter("distance_to", figures.distance)
register.filter("ago", ago)
register.filter(problem_words)
register.filter(indicator_words)
register.filter(term_words)
register.filter(term_value)
register.filter("day", figures.day)
register.filter("full_day", figures.full_day)
register.filter("month", figures.month)
register.filter("points_from", figures.points_apart)
register.simple_tag(figures.interval, name="interval")
register.simple_tag(marks.bar, name="bar")
register.simple_tag(least_people)


@register.simple_tag
def score_interval(low: float | None, high: float | None) -> str:
    """Return the interval of a score: "57–68"."""
    return figures.interval(low, high, figures.score)


@register.simple_tag
def change_interval(low: float | None, high: float | None) -> str:
    """Return the interval of a change in points: "+2.0 to +10.2"."""
    if low is None or high is None:
        return ""
    return figures.joined(figures.change(low), figures.change(high))


@register.filter
def money(amount: float | None) -> str:
    """Return an amount in the organisation's currency, to two digits; empty without one."""
    return sentences.money(amount, settings.CURRENCY) if amount else ""


@register.filter
def costs(hours: float | None, service: BusinessService) -> str:
    """Return what lost hours of a service cost; empty where no rate is set."""
    return money((hours or 0.0) * cost_per_hour_of(service))


@register.filter
def as_json(values: object) -> str:
    """Return values for an attribute that a script reads; htmx drops script elements, attributes stay."""
    return json.dumps(values)


@register.filter
def status_label(status: str) -> str:
    """Return an evidence state in words."""
    return STATUS_WORDS[status].label


@register.filter
def status_tone(status: str) -> str:
    """Return the colour an evidence state is drawn in."""
    return STATUS_WORDS[status].tone
