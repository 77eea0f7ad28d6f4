"""Everything the judging side keeps."""

from experience.models.agreements import (
    Agreement,
    AgreementExclusion,
    AgreementIndicator,
    AgreementService,
    AgreementVersion,
    FrozenTermsError,
)
from experience.models.comments import CommentTheme
from experience.models.evidence import DayCell, PackedDay, ParameterSet
from experience.models.gaps import Gap, GapEvent
from experience.models.improvements import Improvement
from experience.models.indicators import Indicator
from experience.models.kpi_tree import BusinessGoal, FactorIndicator, SuccessFactor
from experience.models.measurements import Measurement, NightlyRun
from experience.models.signals import Outage, PrometheusQuery, SignalBatch, UnsolicitedText
from experience.models.slas import Sla, SlaReport
from experience.models.views import SavedView, ServiceGroup

__all__ = [
    "Agreement",
    "AgreementExclusion",
    "AgreementIndicator",
    "AgreementService",
    "AgreementVersion",
    "BusinessGoal",
    "CommentTheme",
    "DayCell",
    "FactorIndicator",
    "FrozenTermsError",
    "Gap",
    "GapEvent",
    "Improvement",
    "Indicator",
    "Measurement",
    "NightlyRun",
    "Outage",
    "PackedDay",
    "ParameterSet",
    "PrometheusQuery",
    "SavedView",
    "ServiceGroup",
    "SignalBatch",
    "UnsolicitedText",
    "Sla",
    "SlaReport",
    "SuccessFactor",
]
