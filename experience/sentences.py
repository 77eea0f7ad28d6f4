"""Whole sentences about a result, in the words of the interface. Pure: figures in, plain text out."""

from __future__ import annotations

import math
from datetime import date, timedelta

from experience import figures
from experience.engine.defaults import DEFAULTS
from experience.engine.gaps import Verdict

_OPENINGS = {
    Verdict.POSSIBLE_WATERMELON: "Looks like a watermelon. Not sure enough to alert anyone.",
    Verdict.RED_ON_BOTH: "SLA missed, users unhappy.",
    Verdict.OVER_STRICT: "SLA missed, users fine.",
    Verdict.BLIND_SPOT: "No SLA set, users unhappy.",
}
_SLA_OPENINGS = {
    "green": "SLA met",
    "amber": "SLA just missed",
    "red": "SLA missed",
    "none": "No SLA set",
    "unknown": "No ticket closed yet",
}
_STATUS_OPENINGS = {
    "likely_red": "users below target",
    "lean_red": "users probably below target",
    "lean_green": "users probably on target",
    "likely_green": "users on target",
    "collecting": "too few answers to judge",
    "hidden": "too few answers to show",
    "missing": "nobody has answered yet",
}
_UNITS = {(1, 5): "stars"}
_LEAST_HOURS = 0.5


def opening(verdict: Verdict, status: str, sla_status: str) -> str:
    """Return the first sentence of a service's headline: what SLA and experience say together."""
    if verdict is Verdict.WATERMELON:
        return f"{_SLA_OPENINGS[sla_status]}, users unhappy."
    return _OPENINGS.get(verdict) or f"{_SLA_OPENINGS[sla_status]}, {_STATUS_OPENINGS[status]}."


def sla_sentence(share: float | None, target: float | None) -> str:
    """Return how many tickets met the SLA; empty when nothing is known about it."""
    if share is None or target is None:
        return ""
    return f"{figures.share(share)} of tickets met the SLA (target {figures.share(target)})."


def rating_sentence(
    rating: float | None, low: float | None, high: float | None, target: float | None, best: int | None
) -> str:
    """Return what users rate the service and what was agreed; empty without a rating."""
    if rating is None or best is None:
        return ""
    span = figures.interval(low, high)
    within = f" ({span})" if span else ""
    agreed = f"; agreed {figures.rating(target)}" if target is not None else ""
    return f"Users rate it {figures.rating(rating)} of {best}{within}{agreed}."


def pull_sentence(indicator: str) -> str:
    """Return what keeps the experience below target although the rating is on it; empty without a name."""
    return f"{indicator} keeps it below what was agreed." if indicator else ""


def repeat_sentence(share: float | None) -> str:
    """Return how many came back; empty while unknown or when nobody did."""
    if not share:
        return ""
    return f"{figures.one_in(share)} came back with the same kind of issue within a week."


def status_sentence(status: str, answered: int) -> str:
    """Return how sure the state is; states without enough answers have sentences of their own."""
    if status == "likely_red":
        return "Sure enough to act."
    if status == "likely_green":
        return "Sure enough to say so."
    if status in ("lean_red", "lean_green"):
        return f"Points this way after {figures.count(answered)} answers. A question, not a finding."
    return ""


def confirmed_sentence(false_alarms_per_year: float) -> str:
    """Return how sure a confirmed watermelon is: how often chance alone would flag a service on target."""
    if false_alarms_per_year >= 1:
        often = f"about {false_alarms_per_year:.0f} times a year"
    else:
        years = round(1 / false_alarms_per_year)
        often = "about once a year" if years == 1 else f"about once in {years} years"
    return f"Sure enough to act. A service exactly on target is flagged like this {often}."


def collecting_sentence(
    answered: int, n_effective: float, *, weeks_seen: int, ends_on: date, shortfall: float, unit: str
) -> str:
    """Return what is missing before the service is judged, and when at the present rate that may be.

    `shortfall` is what 30 answers would reveal four times in five, in the rating's `unit`.
    """
    needed = int(DEFAULTS.least_n_for_flag)
    rate = answered / max(weeks_seen, 1)
    parts = [
        f"{_answers(answered)}, {needed} needed before we judge.",
        _when(rate, n_effective, needed, ends_on),
    ]
    parts.append(f"30 answers would reveal a shortfall of {shortfall:.1f} {unit} four times in five.")
    parts.append("Until then, read the answers below.")
    return " ".join(part for part in parts if part)


def hidden_sentence(least: int) -> str:
    """Return why there are no figures although people answered."""
    return f"Fewer than {least} people answered. Figures appear once {least} have."


def missing_sentence(asked: int) -> str:
    """Return what to expect while nobody has answered."""
    if asked:
        return f"{figures.count(asked)} asked in the last 28 days, nobody has answered yet."
    return "Nobody was asked in the last 28 days. A survey goes out some hours after a ticket is resolved."


def speaks_for(eligible: int, answered: int) -> str:
    """Return how many tickets one answer stands for; empty without answers."""
    if not answered or eligible < answered:
        return ""
    each = eligible / answered
    return f"Each answer speaks for about {each:.0f} resolved tickets." if each >= 1.5 else ""


def tipping_sentence(shift: float | None, silent: float, scale: tuple[int, int]) -> str:
    """Return whether the people who did not answer could change a result below target; empty when it is not.

    `shift` is how much happier (native units) the silent would have to be, `silent` their share.
    """
    if shift is None or shift <= 0:
        return ""
    worst, best = scale
    pomp, words = 100 * shift / (best - worst), f"{shift:.1f} {unit_of(scale)}"
    question = f"Could the silent {figures.share(silent)} change this?"
    if pomp >= DEFAULTS.robust_tipping_pomp:
        return (
            f"{question} Only if they were on average {words} happier than similar people who answered."
            " That would be a large difference."
        )
    if pomp < DEFAULTS.fragile_tipping_pomp:
        return (
            f"{question} Easily. If silent users were {words} happier, this would no longer stand."
            " Ask some of them at random before you act."
        )
    return f"{question} Only if they were on average {words} happier than similar people who answered."


_FACTS = {
    "repeat": "Tickets of people who came back with the same kind of issue",
    "reopened": "Reopened tickets",
    "slow": "Tickets over their time target",
    "reassigned": "Tickets handed to another group",
}


def factor_sentence(
    fact: str, ticket_share: float, difference: float, points: float, scale: tuple[int, int]
) -> str:
    """Return how far tickets with a fact pull the average down: share of tickets x how much lower."""
    unit = unit_of(scale)
    return (
        f"{_FACTS[fact]} are {figures.share(ticket_share)} of tickets and are rated {difference:.1f} {unit}"
        f" lower; they pull the average down by {points:.2f} {unit}."
    )


def segment_sentence(split: str, name: str, rating: float, people: int) -> str:
    """Return where it is worst: one site or persona, its rating as answered, the people behind it."""
    where = f"At {name}" if split == "site" else f"People in {name}"
    verb = f"{figures.count(people)} people rate it" if split == "site" else "rate it"
    behind = "" if split == "site" else f" ({figures.count(people)} people)"
    return f"{where} {verb} {figures.rating(rating)}{behind}."


def lost_hours_sentence(hours: float | None, cost_per_hour: float, currency: str) -> str:
    """Return the working time lost beyond what was agreed, and what it costs where a rate is set."""
    if not hours or hours < _LEAST_HOURS:
        return ""
    cost = f", about {money(hours * cost_per_hour, currency)}" if cost_per_hour else ""
    return f"About {figures.hours(hours)} of working time were lost beyond what was agreed{cost}."


def money(amount: float, currency: str) -> str:
    """Return an amount with the two digits that mean something, as it rests on a sample: "EUR 6,500"."""
    digits = max(0, math.floor(math.log10(amount)) - 1) if amount >= 1 else 0
    return f"{currency}\u00a0{round(amount / 10**digits) * 10**digits:,}"


def answers_sentence(needed: int | None, answered: int, shortfall: float, scale: tuple[int, int]) -> str:
    """Return how many answers tell this shortfall from chance four times in five; empty beyond counting."""
    if needed is None:
        return ""
    size = f"A shortfall of {shortfall:.1f} {unit_of(scale)} shows with {figures.count(needed)} answers"
    if answered >= needed:
        return f"{size} four times in five; {figures.count(answered)} are in."
    more = needed - answered
    return f"{size} four times in five; {figures.count(more)} more would do."


def unit_of(scale: tuple[int, int]) -> str:
    """Return what one step of a rating scale is called."""
    return _UNITS.get(scale, "points")


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


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{figures.count(count)} answers"


def _when(rate: float, n_effective: float, needed: int, ends_on: date) -> str:
    weeks_in_window = 4
    if rate * weeks_in_window < needed:
        return f"At about {_rate(rate)} a week, 28 days will not bring {needed}."
    day = ends_on + timedelta(days=math.ceil(7 * max(needed - n_effective, 0) / rate))
    return f"At about {_rate(rate)} a week that is around {day.day} {day:%B}."


def _rate(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 1 else "one"
