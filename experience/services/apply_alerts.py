"""Alerts of monitors that came in as events, made into outages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from experience.engine.observations import OutageReport
from experience.models import Outage
from experience.services.receive_signals import keep_outages
from surveys.engine.alerts import Alert, alert_mapping
from surveys.models import IntakeSource
from surveys.selectors.service_names import ServiceNames


def apply_alerts(source: IntakeSource, body: Any, received_at: datetime) -> int:
    """Write the outages that a body reports and return how many; raises ValueError with what to correct.

    Received twice, an alert changes nothing the second time.
    """
    mapping = alert_mapping(source.preset, source.mapping)
    names = ServiceNames.of(source.key)
    found = []
    for given in mapping.alerts_in(body):
        alert = mapping.alert(given, received_at=received_at)
        report = _outage(alert, source.key) if alert else None
        if report is None:
            continue
        service = names.find(report.service)
        if service is None:
            raise ValueError(names.unknown(report.service))
        found.append((service, report))
    keep_outages(found, source=source.key, now=received_at)
    return len(found)


def _outage(alert: Alert, source: str) -> OutageReport | None:
    """Return the outage of an alert; None for a monitor that is up and was not known to be down."""
    if alert.names_start and alert.started_at:
        return _report(alert, f"{alert.monitor}@{alert.started_at:%Y%m%dT%H%M%S}", alert.started_at)
    is_open = Outage.objects.filter(
        source=source, ended_at=None, external_key__startswith=f"{alert.monitor}@"
    )
    known = is_open.order_by("-started_at").first()
    if known is not None:
        return _report(alert, known.external_key, known.started_at)
    if alert.started_at is None:
        return None
    return _report(alert, f"{alert.monitor}@{alert.started_at:%Y%m%dT%H%M%S}", alert.started_at)


def _report(alert: Alert, key: str, started_at: datetime) -> OutageReport:
    return OutageReport(
        service=alert.service,
        key=key,
        started_at=started_at,
        ended_at=max(alert.ended_at, started_at) if alert.ended_at else None,
        is_planned=alert.is_planned,
        feature=alert.feature,
    )
