"""Whole sentences about a result, in the reader's language: figures in, plain text out."""

from __future__ import annotations

import math
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from experience import figures
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import Verdict
from experience.engine.weighting import Robustness, is_representative, robustness

_OPENINGS = {
    Verdict.POSSIBLE_WATERMELON: gettext_noop("Looks like a watermelon. Not sure enough to alert anyone."),
    Verdict.RED_ON_BOTH: gettext_noop("SLA missed, users unhappy."),
    Verdict.OVER_STRICT: gettext_noop("SLA missed, users fine."),
    Verdict.BLIND_SPOT: gettext_noop("No SLA set, users unhappy."),
}
_UNHAPPY = {
    "green": gettext_noop("SLA met, users unhappy."),
    "amber": gettext_noop("SLA just missed, users unhappy."),
    "red": gettext_noop("SLA missed, users unhappy."),
    "none": gettext_noop("No SLA set, users unhappy."),
    "unknown": gettext_noop("No ticket closed yet, users unhappy."),
}
_SLA_OPENINGS = {
    "green": gettext_noop("SLA met"),
    "amber": gettext_noop("SLA just missed"),
    "red": gettext_noop("SLA missed"),
    "none": gettext_noop("No SLA set"),
    "unknown": gettext_noop("No ticket closed yet"),
}
_STATUS_OPENINGS = {
    "likely_red": gettext_noop("users below target"),
    "lean_red": gettext_noop("users probably below target"),
    "lean_green": gettext_noop("users probably on target"),
    "likely_green": gettext_noop("users on target"),
    "collecting": gettext_noop("too few answers to judge"),
    "hidden": gettext_noop("too few answers to show"),
    "missing": gettext_noop("nobody has answered yet"),
}
_STARS = (1, 5)
_LEAST_HOURS = 0.5


def opening(verdict: Verdict, status: str, sla_status: str) -> str:
    """Return the first sentence of a service's headline: what SLA and experience say together."""
    if verdict is Verdict.WATERMELON:
        return _(_UNHAPPY[sla_status])
    if verdict in _OPENINGS:
        return _(_OPENINGS[verdict])
    sla, experience = _(_SLA_OPENINGS[sla_status]), _(_STATUS_OPENINGS[status])
    return _("%(sla)s, %(experience)s.") % {"sla": sla, "experience": experience}


def sla_sentence(share: float | None, target: float | None) -> str:
    """Return how many tickets met the SLA; empty when nothing is known about it."""
    if share is None or target is None:
        return ""
    return _("%(share)s of tickets met the SLA (target %(target)s).") % {
        "share": figures.share(share),
        "target": figures.share(target),
    }


def rating_sentence(
    rating: float | None, low: float | None, high: float | None, target: float | None, best: int | None
) -> str:
    """Return what users rate the service and what was agreed; empty without a rating."""
    if rating is None or best is None:
        return ""
    shown = rating_of(rating, best)
    span = figures.interval(low, high)
    shown = f"{shown} ({span})" if span else shown
    if target is None:
        return _("Users rate it %(rating)s.") % {"rating": shown}
    return _("Users rate it %(rating)s; agreed %(target)s.") % {
        "rating": shown,
        "target": figures.rating(target),
    }


def rating_of(rating: float | None, best: int) -> str:
    """Return a rating with the end of its scale: "3.7 of 5"."""
    return _("%(rating)s of %(best)s") % {"rating": figures.rating(rating), "best": best}


def pull_sentence(indicator: str) -> str:
    """Return what keeps the experience below target although the rating is on it; empty without a name."""
    return (
        _("%(indicator)s keeps it below what was agreed.") % {"indicator": _(indicator)} if indicator else ""
    )


def lift_sentence(indicator: str) -> str:
    """Return what makes up for a rating below target; empty without a name."""
    return (
        _("%(indicator)s makes up for it: the answers as a whole are on target.")
        % {"indicator": _(indicator)}
        if indicator
        else ""
    )


def repeat_sentence(share: float | None) -> str:
    """Return how many came back; empty while unknown or when nobody did."""
    if not share:
        return ""
    return _("%(share)s came back with the same kind of issue within a week.") % {
        "share": figures.one_in(share)
    }


def status_sentence(status: str, answered: int) -> str:
    """Return how sure the state is; states without enough answers have sentences of their own."""
    if status == "likely_red":
        return _("Sure enough to act.")
    if status == "likely_green":
        return _("Sure enough to say so.")
    if status in ("lean_red", "lean_green"):
        words = ngettext(
            "Points this way after %(count)s answer. A question, not a finding.",
            "Points this way after %(count)s answers. A question, not a finding.",
            answered,
        )
        return words % {"count": figures.count(answered)}
    return ""


def confirmed_sentence(false_alarms_per_year: float) -> str:
    """Return how sure a confirmed watermelon is: how often chance alone would flag a service on target."""
    times, years = round(false_alarms_per_year), round(1 / false_alarms_per_year)
    if max(times, years) == 1:
        return _("Sure enough to act. A service exactly on target is flagged like this about once a year.")
    if times > 1:
        words = _(
            "Sure enough to act. A service exactly on target is flagged like this about %(times)s times"
            " a year."
        )
        return words % {"times": times}
    words = _(
        "Sure enough to act. A service exactly on target is flagged like this about once in %(years)s years."
    )
    return words % {"years": years}


def collecting_sentence(
    answered: int,
    n_effective: float,
    *,
    days: int,
    weeks_seen: int,
    ends_on: date,
    shortfall: float,
    scale: tuple[int, int],
) -> str:
    """Return what is missing before the service is judged, and when at the present rate that may be.

    They must come within `days`. `shortfall` is what 30 answers would reveal four times in five, in steps of
    the rating's `scale`.
    """
    needed = int(DEFAULTS.least_n_for_flag)
    rate = answered / max(weeks_seen, 1)
    parts = [
        _needed(answered, needed),
        _when(rate, n_effective, needed, days, ends_on),
        _("30 answers would reveal a shortfall of %(shortfall)s four times in five.")
        % {"shortfall": steps(shortfall, scale)},
        _("Until then, read the answers below."),
    ]
    return " ".join(part for part in parts if part)


def hidden_sentence(least: int) -> str:
    """Return why there are no figures although people answered."""
    return _("Fewer than %(least)s people answered. Figures appear once %(least)s have.") % {"least": least}


def missing_sentence(asked: int, days: int) -> str:
    """Return what to expect while nobody has answered."""
    if asked:
        words = ngettext(
            "%(count)s asked in the last %(days)s days, nobody has answered yet.",
            "%(count)s asked in the last %(days)s days, nobody has answered yet.",
            asked,
        )
        return words % {"count": figures.count(asked), "days": days}
    words = _(
        "Nobody was asked in the last %(days)s days. A survey goes out some hours after a ticket is resolved."
    )
    return words % {"days": days}


def speaks_for(eligible: int, answered: int) -> str:
    """Return how many tickets one answer stands for; empty without answers."""
    if not answered or eligible < answered:
        return ""
    each = eligible / answered
    if each < 1.5:
        return ""
    return _("Each answer speaks for about %(count)s resolved tickets.") % {"count": figures.count(each)}


def representativity_sentence(indicator: float | None) -> str:
    """Return whether those who answered are like all who had a ticket; empty where nobody knows."""
    if indicator is None:
        return ""
    words = _("Those who answer are much like all who had a ticket (representativity %(figure)s of 1).")
    if not is_representative(indicator):
        words = _(
            "Some kinds of tickets are answered far more often than others (representativity %(figure)s of 1;"
            " below 0.75 is a warning). The weights make up for what a ticket tells, not for the rest."
        )
    return words % {"figure": figures.number(indicator, 2)}


def tipping_sentence(shift: float | None, silent: float, scale: tuple[int, int]) -> str:
    """Return whether the people who did not answer could change a result below target; empty when it is not.

    `shift` is how much happier (native units) the silent would have to be, `silent` their share.
    """
    if shift is None or shift <= 0:
        return ""
    worst, best = scale
    firmness = robustness(shift, range_width=best - worst)
    if firmness is Robustness.ROBUST:
        words = _(
            "Could the silent %(share)s change this? Only if they were on average %(shift)s happier than"
            " similar people who answered. That would be a large difference."
        )
    elif firmness is Robustness.FRAGILE:
        words = _(
            "Could the silent %(share)s change this? Easily. If silent users were %(shift)s happier, this"
            " would no longer stand. Ask some of them at random before you act."
        )
    else:
        words = _(
            "Could the silent %(share)s change this? Only if they were on average %(shift)s happier than"
            " similar people who answered."
        )
    return words % {"share": figures.share(silent), "shift": steps(shift, scale)}


def follow_up_sentence(
    value: float, low: float | None, high: float | None, target: float | None, before: float | None
) -> str:
    """Return whether asking a random sample of the silent would change the verdict on a rating.

    `before` is the rating of those who answered by themselves. Empty where nothing was agreed or known.
    """
    if target is None or before is None:
        return ""
    is_below, values = value < target, {"target": figures.rating(target)}
    if low is None or high is None:
        return _("Too few were reached for an interval: an impression, not a finding.")
    is_sure, is_same = high < target or low >= target, is_below == (before < target)
    return _(_FOLLOW_UPS[is_same, is_sure, is_below]) % values


_STAYS_UNSURE = gettext_noop(
    "It points the same way as the answers alone, but the interval holds the agreed %(target)s: a question,"
    " not a finding."
)
_TURNS_UNSURE = gettext_noop(
    "It points the other way than the answers alone, but the interval holds the agreed %(target)s: a"
    " question, not a finding."
)
# Whether the side of the target stays the same, whether the interval is clear of it, whether it is below.
_FOLLOW_UPS = {
    (True, True, True): gettext_noop(
        "The verdict stays as it is: below the agreed %(target)s, the silent included."
    ),
    (True, True, False): gettext_noop(
        "The verdict stays as it is: the agreed %(target)s is reached, the silent included."
    ),
    (False, True, True): gettext_noop(
        "The verdict would change: with the silent included it is below the agreed %(target)s."
    ),
    (False, True, False): gettext_noop(
        "The verdict would change: with the silent included the agreed %(target)s is reached."
    ),
    (True, False, True): _STAYS_UNSURE,
    (True, False, False): _STAYS_UNSURE,
    (False, False, True): _TURNS_UNSURE,
    (False, False, False): _TURNS_UNSURE,
}


_FACTS = {
    "repeat": gettext_noop(
        "Tickets of people who came back with the same kind of issue are %(share)s of tickets and are rated"
        " %(difference)s lower; they pull the average down by %(pull)s."
    ),
    "reopened": gettext_noop(
        "Reopened tickets are %(share)s of tickets and are rated %(difference)s lower; they pull the average"
        " down by %(pull)s."
    ),
    "slow": gettext_noop(
        "Tickets over their time target are %(share)s of tickets and are rated %(difference)s lower; they"
        " pull the average down by %(pull)s."
    ),
    "reassigned": gettext_noop(
        "Tickets handed to another group are %(share)s of tickets and are rated %(difference)s lower; they"
        " pull the average down by %(pull)s."
    ),
}


def factor_sentence(
    fact: str, ticket_share: float, difference: float, points: float, scale: tuple[int, int]
) -> str:
    """Return how far tickets with a fact pull the average down: share of tickets x how much lower."""
    return _(_FACTS[fact]) % {
        "share": figures.share(ticket_share),
        "difference": steps(difference, scale),
        "pull": steps(points, scale, decimals=2),
    }


def segment_sentence(split: str, name: str, rating: float, people: int) -> str:
    """Return where it is worst: one site or persona, its rating as answered, the people behind it."""
    if split == "site":
        words = ngettext(
            "%(count)s person at %(name)s rates it %(rating)s.",
            "%(count)s people at %(name)s rate it %(rating)s.",
            people,
        )
    else:
        words = ngettext(
            "People in %(name)s rate it %(rating)s (%(count)s person).",
            "People in %(name)s rate it %(rating)s (%(count)s people).",
            people,
        )
    return words % {"name": name, "count": figures.count(people), "rating": figures.rating(rating)}


def lost_hours_sentence(hours: float | None, cost_per_hour: float, currency: str) -> str:
    """Return the working time lost beyond what was agreed, and what it costs where a rate is set."""
    if not hours or hours < _LEAST_HOURS:
        return ""
    lost = figures.hours(hours)
    if not cost_per_hour:
        return _("About %(lost)s of working time were lost beyond what was agreed.") % {"lost": lost}
    return _("About %(lost)s of working time were lost beyond what was agreed, about %(cost)s.") % {
        "lost": lost,
        "cost": money(hours * cost_per_hour, currency),
    }


def money(amount: float, currency: str) -> str:
    """Return an amount with the two digits that mean something, as it rests on a sample: "EUR 6,500"."""
    digits = max(0, math.floor(math.log10(amount)) - 1) if amount >= 1 else 0
    return f"{currency}\u00a0{figures.count(round(amount / 10**digits) * 10**digits)}"


def answers_sentence(needed: int | None, answered: int, shortfall: float, scale: tuple[int, int]) -> str:
    """Return how many answers tell this shortfall from chance four times in five; empty beyond counting."""
    if needed is None:
        return ""
    values = {"shortfall": steps(shortfall, scale), "needed": figures.count(needed)}
    if answered >= needed:
        words = _(
            "A shortfall of %(shortfall)s shows with %(needed)s answers four times in five; %(answered)s"
            " are in."
        )
        return words % (values | {"answered": figures.count(answered)})
    words = _(
        "A shortfall of %(shortfall)s shows with %(needed)s answers four times in five; %(more)s more would"
        " do."
    )
    return words % (values | {"more": figures.count(needed - answered)})


def steps(value: float, scale: tuple[int, int], *, decimals: int = 1) -> str:
    """Return a distance on a rating scale with what its steps are called: "0.3 stars", "1.0 points"."""
    words = _("%(count)s stars") if scale == _STARS else _("%(count)s points")
    return words % {"count": figures.number(value, decimals)}


def precision(
    low: float | None, high: float | None, scale: tuple[int, int] | None, response_rate: float | None = None
) -> str:
    """Return how precise a rating is: "high", "fair" or "low"; empty without an interval.

    At most fair where fewer than 1 in 10 of those asked answered: an interval does not see who kept silent.
    """
    if low is None or high is None or scale is None:
        return ""
    half = 100 * (high - low) / 2 / (scale[1] - scale[0])
    few_answer = response_rate is not None and response_rate < DEFAULTS.low_response_rate
    if half <= DEFAULTS.high_precision_half_width and not few_answer:
        return "high"
    return "fair" if half <= DEFAULTS.fair_precision_half_width else "low"


def _needed(answered: int, needed: int) -> str:
    words = ngettext(
        "%(count)s answer, %(needed)s needed before we judge.",
        "%(count)s answers, %(needed)s needed before we judge.",
        answered,
    )
    return words % {"count": figures.count(answered), "needed": needed}


def _when(rate: float, n_effective: float, needed: int, days: int, ends_on: date) -> str:
    values: dict[str, object] = {"rate": figures.count(max(rate, 1)), "needed": needed, "days": days}
    if rate * days / 7 < needed:
        return _("At about %(rate)s a week, %(days)s days will not bring %(needed)s.") % values
    day = ends_on + timedelta(days=math.ceil(7 * max(needed - n_effective, 0) / rate))
    return _("At about %(rate)s a week that is around %(day)s.") % (values | {"day": figures.day(day)})
