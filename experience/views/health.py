"""The health page: queues, sweeps, mail, database and versions, and what to do when something is red."""

from __future__ import annotations

import platform

import django
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from experience.engine.defaults import ENGINE_VERSION
from experience.selectors.health import Check, database_words, queue_checks, worst
from xla_service.access import administering, open_to
from xla_service.navigation import Section, declare_page

declare_page("health", "Jobs and health", Section.ADMINISTRATION, rule=administering, order=10)


@open_to(administering)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show what works and what needs somebody."""
    now = timezone.now()
    checks = [*queue_checks(now=now), broker_check(), database_check()]
    context = {
        "checks": checks,
        "light": worst(checks),
        "now": now,
        "versions": [
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            ("Scoring engine", ENGINE_VERSION),
        ],
    }
    return render(request, "experience/health.html", context)


def broker_check() -> Check:
    """Return whether Redis or Valkey answers; without it work is found by the next sweep."""
    address = settings.CELERY_BROKER_URL
    if not address.startswith(("redis://", "rediss://")):
        return Check("Redis or Valkey", "unknown", "None is set up here.")
    try:
        redis.Redis.from_url(address, socket_connect_timeout=0.5, socket_timeout=0.5).ping()
    except redis.RedisError:
        return Check(
            "Redis or Valkey",
            "below",
            "It does not answer. Nothing is lost; work waits for the next sweep.",
            "Start it, or correct REDIS_URL.",
        )
    return Check("Redis or Valkey", "met", "It answers.")


def database_check() -> Check:
    """Return which database answers."""
    try:
        return Check("Database", "met", database_words())
    except (DatabaseError, ImproperlyConfigured):
        return Check("Database", "below", "It does not answer.", "Correct DATABASE_URL, or start it.")
