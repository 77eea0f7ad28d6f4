"""The library of experience indicators: declarations, written to the database by `install_indicators`.

A new indicator is a declaration here and, only if no statistic fits, one function in engine/indicators.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from experience.models import Indicator

_X, _O = Indicator.Stream.EXPERIENCE, Indicator.Stream.OPERATIONS
_T, _S = Indicator.Stream.TECHNOLOGY, Indicator.Stream.SOCIAL
_OF = Indicator.Statistic


@dataclass(frozen=True)
class Declaration:
    """An indicator as delivered: native scale [low, high]; floor scores 0, target 70, ceiling 100."""

    key: str
    name: str
    stream: str
    statistic: str
    measure: str
    unit: str
    low: float
    high: float
    floor: float
    target: float
    ceiling: float
    description: str
    default_weight: float = 1
    version: int = 1


LIBRARY = (
    Declaration(
        "rating", "Satisfaction", _X, _OF.WEIGHTED_MEAN, "satisfaction", "of 5", 1, 5, 2.5, 4.2, 4.9,
        "Mean of the 1-5 satisfaction answers, weighted back to all resolved tickets.", default_weight=3,
    ),
    Declaration(
        "solved", "Really solved", _X, _OF.WEIGHTED_MEAN, "solved", "share", 0, 1, 0.60, 0.85, 0.95,
        "Share of yes among the answers to \"was it really solved?\", weighted back to all resolved tickets.",
        default_weight=2,
    ),
    Declaration(
        "lost_time", "Lost time", _X, _OF.WEIGHTED_MEAN, "lost_time", "min", 0, 480, 300, 120, 30,
        "Working minutes people say the problem cost them, each answer capped at 480.",
    ),
    Declaration(
        "sentiment", "Comment sentiment", _X, _OF.WEIGHTED_MEAN, "sentiment", "-1 to 1",
        -1, 1, -0.5, 0.2, 0.7,
        "Mean polarity of the scored comments. Shown only: people who write would count twice.",
        default_weight=0,
    ),
    Declaration(
        "repeat_contact", "Repeat contacts", _O, _OF.SHARE, "repeat_contact", "share", 0, 1, 0.25, 0.08, 0.02,
        "Share of resolutions after which the same person came back to the same service with the same kind of"
        " issue within 7 days.", default_weight=2,
    ),
    Declaration(
        "user_clock", "User's clock", _O, _OF.MEDIAN, "user_clock", "h", 0, 8760, 120, 40, 4,
        "Median calendar time from opening to the last resolution, waiting included.",
    ),
    Declaration(
        "time_to_resolve", "Time to resolve", _O, _OF.MEDIAN, "time_to_resolve", "h", 0, 8760, 120, 40, 4,
        "Median time from opening to each resolution, on the source's clock.", default_weight=0,
    ),
    Declaration(
        "reopen_share", "Reopened", _O, _OF.SHARE, "reopened", "share", 0, 1, 0.15, 0.05, 0.01,
        "Share of resolutions reopened within 7 days.", default_weight=0,
    ),
    Declaration(
        "availability", "Availability", _T, _OF.AVAILABILITY, "downtime", "share", 0, 1, 0.99, 0.995, 1.0,
        "Share of the watched time without an unplanned outage. Floor, target and ceiling are an error budget"
        " used twice, once and not at all.",
    ),
    Declaration(
        "apdex", "Response time (Apdex)", _T, _OF.APDEX, "response_time", "Apdex", 0, 1, 0.5, 0.85, 0.94,
        "Share of requests within 1 s, those within 4 s counted half.", default_weight=0,
    ),
    Declaration(
        "happiness", "Happiness", _X, _OF.HAPPINESS, "happiness", "points", -100, 100, 0, 65, 90,
        "Share of 9-10 minus share of 0-6 among the 0-10 answers, weighted back to all resolved tickets.",
        default_weight=0,
    ),
    Declaration(
        "csat", "Satisfied people (CSAT)", _X, _OF.TOP_BOX, "satisfaction", "share", 0, 1, 0.60, 0.85, 0.95,
        "Share of 4 and 5 among the 1-5 satisfaction answers, weighted back to all resolved tickets.",
        default_weight=0,
    ),
    Declaration(
        "effort", "Ease (CES)", _X, _OF.WEIGHTED_MEAN, "effort", "of 7", 1, 7, 3.5, 5.5, 6.5,
        "Mean of the 1-7 answers to how easy it was, 7 the easiest, weighted back to all resolved tickets.",
        default_weight=0,
    ),
    Declaration(
        "time_to_target", "Time to resolve over target", _O, _OF.MEDIAN, "time_to_target", "x target",
        0, 100, 2.0, 1.0, 0.5,
        "Median time to resolve as a multiple of the time that the ticket's priority is given.",
        default_weight=0,
    ),
    Declaration(
        "first_response", "Time to first response", _O, _OF.MEDIAN, "first_response", "h", 0, 8760, 8, 2, 0.5,
        "Median calendar time from opening to the first response, of tickets whose source says when it was.",
        default_weight=0,
    ),
    Declaration(
        "no_hand_off", "Resolved without hand-off", _O, _OF.SHARE, "no_hand_off", "share",
        0, 1, 0.40, 0.70, 0.90,
        "Share of resolutions by the first group at the first attempt: first contact resolution as far as"
        " tickets tell it.", default_weight=0,
    ),
    Declaration(
        "reassigned", "Reassigned twice or more", _O, _OF.SHARE, "reassigned_twice", "share",
        0, 1, 0.40, 0.15, 0.05,
        "Share of resolutions that were handed on at least twice.", default_weight=0,
    ),
    Declaration(
        "waiting_share", "Waiting for the user", _O, _OF.RATIO, "waiting", "share", 0, 1, 0.60, 0.30, 0.10,
        "Share of the user's clock that tickets waited for the user, while the SLA's clock was paused.",
        default_weight=0,
    ),
    Declaration(
        "backlog_age", "Age of the backlog", _O, _OF.MEDIAN, "backlog_age", "d", 0, 3650, 30, 10, 3,
        "Median age of the tickets that are open when the period ends.", default_weight=0,
    ),
    Declaration(
        "incident_rate", "Incident rate", _O, _OF.RATE_RATIO, "incident_rate", "x before",
        0, 100, 1.5, 1.0, 0.8,
        "Incidents opened per user and working day, over the same of the 13 weeks before. Missing without a"
        " user count.", default_weight=0,
    ),
    Declaration(
        "recurring", "Recurring incidents", _O, _OF.SHARE, "recurring", "share", 0, 1, 0.40, 0.15, 0.05,
        "Share of incidents that name a problem or configuration item which another incident of the period"
        " named too.", default_weight=0,
    ),
    Declaration(
        "sla_attainment", "SLA attainment", _O, _OF.RATIO, "sla_met", "share", 0, 1, 0.80, 0.95, 0.995,
        "Share of closed tickets that met their SLA. Shown only: gaps compare the experience with it.",
        default_weight=0,
    ),
    Declaration(
        "change_success", "Change success rate", _O, _OF.SHARE, "change_success", "share",
        0, 1, 0.80, 0.95, 0.99,
        "Share of changes that succeeded, as the change system reports them.", default_weight=0,
    ),
    Declaration(
        "implement_time", "Time to implement a change", _O, _OF.MEDIAN, "implement_time", "d",
        0, 3650, 20, 10, 3,
        "Median time to implement a change, as the change system reports it.", default_weight=0,
    ),
    Declaration(
        "identify_time", "Time to identify a cause", _O, _OF.MEDIAN, "identify_time", "d", 0, 3650, 30, 10, 3,
        "Median time from opening a problem to knowing its cause, as reported.", default_weight=0,
    ),
    Declaration(
        "problem_backlog", "Open problems", _O, _OF.RATIO, "problem_backlog", "problems", 0, 1e6, 40, 15, 5,
        "Mean number of open problems, as reported.", default_weight=0,
    ),
    Declaration(
        "ticket_cost", "Cost per ticket", _O, _OF.RATIO, "cost", "per ticket", 0, 1e6, 50, 25, 10,
        "Money spent on tickets over their number, as reported, in the currency of the source.",
        default_weight=0,
    ),
    Declaration(
        "planned_downtime", "Planned downtime", _T, _OF.PLANNED_DOWNTIME, "downtime", "share",
        0, 1, 0.02, 0.005, 0,
        "Share of the watched time down as planned; unplanned downtime is in the availability.",
        default_weight=0,
    ),
    Declaration(
        "crash_free", "Crash-free users", _T, _OF.SHARE, "crash_free", "share", 0, 1, 0.97, 0.995, 0.999,
        "Share of users or sessions without a crash, as the agent on the device reports them.",
        default_weight=0,
    ),
    Declaration(
        "text_sentiment", "Unsolicited text", _S, _OF.SAMPLE_MEAN, "text_polarity", "-1 to 1",
        -1, 1, -0.5, 0.2, 0.7,
        "Mean polarity of what people write unasked in chats or social media, as its source scored it.",
        default_weight=0,
    ),
    Declaration(
        "unsolicited", "Unsolicited text against its past", _S, _OF.OWN_BASELINE, "unsolicited", "z",
        -10, 10, round(-70 / 15, 6), 0, 2,
        "How chat and social messages sound against their own 90 days before, in standard errors: 70 is as"
        " ever, each one is worth 15 points. From 10 authors and 20 days before.",
        default_weight=0,
    ),
)  # fmt: skip


def declared_indicators() -> dict[str, Indicator]:
    """Return the library by key as it is declared, unsaved: for what is shown before anything is agreed."""
    return {declaration.key: Indicator(**asdict(declaration)) for declaration in LIBRARY}


def install_indicators() -> dict[str, Indicator]:
    """Write the library to the database and return it by key; versions that exist stay as they are."""
    for declaration in LIBRARY:
        values = asdict(declaration)
        key, version = values.pop("key"), values.pop("version")
        Indicator.objects.get_or_create(key=key, version=version, defaults=values)
    newest = Indicator.objects.order_by("version")
    return {indicator.key: indicator for indicator in newest}
