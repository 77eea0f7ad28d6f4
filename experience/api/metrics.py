"""The newest results of services for Prometheus, in its text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from rest_framework.request import Request
from rest_framework.views import APIView

from experience.badges import BADGES
from experience.selectors.portfolio import Row, portfolio_rows
from surveys.models import ApiKey

if TYPE_CHECKING:
    from surveys.models import User

_LABELS = ("service", "name", "supplier")
# The figure of a service, by the field of its row; one that is None is left out, for silence is no 0.
_GAUGES = {
    "xla_experience_score": ("experience", "Experience of the last 28 days, 0 to 100; 70 is as agreed."),
    "xla_experience_score_low": ("experience_low", "Lower end of the 95 % interval of the score."),
    "xla_experience_score_high": ("experience_high", "Upper end of the 95 % interval of the score."),
    "xla_rating": ("rating", "Mean answer to the main question, on its own scale."),
    "xla_rating_target": ("rating_target", "What was agreed for the main question."),
    "xla_sla_ratio": ("sla_share", "Share of tickets that met the SLA, 0 to 1."),
    "xla_sla_target_ratio": ("sla_target", "What the SLA promises, 0 to 1."),
    "xla_repeat_contact_ratio": ("repeat_share", "Share of resolutions after which people came back."),
    "xla_asked": ("asked", "Resolutions of the last 28 days that were asked about."),
    "xla_answered": ("answered", "Answers to them."),
}


class MetricsView(APIView):
    """GET /metrics"""

    key_scope = ApiKey.Scope.READ_RESULTS

    @extend_schema(
        operation_id="metrics",
        responses={
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, "Text format 0.0.4 of Prometheus.")
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the figures of `/api/v1/results/`, a gauge each, of the services the user may read."""
        registry = CollectorRegistry()
        registry.register(_Results(portfolio_rows(cast("User", request.user))))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer whatever is accepted: scrapers name formats that no other address of ours knows."""
        return super().perform_content_negotiation(request, force=True)


class _Results(Collector):
    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a family per figure, and one that says which badge a service carries."""
        for name, (figure, meaning) in _GAUGES.items():
            family = GaugeMetricFamily(name, meaning, labels=_LABELS)
            for row in self._rows:
                value: float | None = getattr(row, figure)
                if value is not None:
                    family.add_metric(_said(row), value)
            yield family
        yield self._badges()

    def _badges(self) -> GaugeMetricFamily:
        meaning = "1 for the badge that a service carries, 0 for each that it does not."
        family = GaugeMetricFamily("xla_badge", meaning, labels=(*_LABELS, "badge"))
        for row in self._rows:
            for badge in BADGES:
                carries = row.badge is not None and row.badge.key == badge.key
                family.add_metric([*_said(row), badge.key], float(carries))
        return family


def _said(row: Row) -> list[str]:
    return [row.key, row.name, row.supplier]
