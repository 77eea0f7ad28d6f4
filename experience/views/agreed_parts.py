"""Results as agreed, each as the line a page writes: months with their standing, extra agreements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from experience import figures, sentences
from experience.engine.gaps import UNJUDGED
from experience.engine.periods import is_wider, month_of
from experience.models import AgreementVersion, Measurement
from experience.selectors.agreements import indicators_for_everybody
from experience.selectors.maturity import provisional_until
from experience.selectors.results import is_hidden, scale_of
from surveys.models import BusinessService


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One result: what it is about, what users rate, how it stands, and a chip with its words."""

    title: str
    url: str
    about: str
    status: str
    rating: str
    span: str
    target: str
    score: str
    sla: str
    answers: int
    chip: str
    chip_words: str


def month_lines(months: Sequence[Measurement], *, today: date) -> list[ResultLine]:
    """Return a line per month: provisional until its day, then final; corrected with what it was before."""
    return [_line(m, figures.month(m.starts_on), standing=_standing(m, today)) for m in months]


def extra_lines(results: Sequence[Measurement]) -> list[ResultLine]:
    """Return a line per extra agreement, with the people and sites it is limited to."""
    return [_extra_line(m, m.agreement_version) for m in results]


def _extra_line(m: Measurement, version: AgreementVersion) -> ResultLine:
    address = reverse("agreement-results", args=[version.agreement.key])
    return _line(m, version.agreement.name, url=address, about=limits_of(version))


def service_lines(results: Sequence[Measurement]) -> list[ResultLine]:
    """Return a line per service of an agreement, and first the journey as a whole."""
    return [_service_line(m, m.service) for m in results]


def _service_line(m: Measurement, service: BusinessService | None) -> ResultLine:
    if service is None:
        return _line(m, _("The journey as one"))
    return _line(m, service.name, url=reverse("service", args=[service.key]))


def _standing(m: Measurement, today: date) -> tuple[str, str]:
    if m.agreement_version.is_baseline_on(m.ends_on):
        return _baseline(m)
    if m.corrects is not None and any(is_hidden(one.status, one.n_people) for one in (m, m.corrects)):
        return _("Corrected"), _("The old result is kept.")
    if m.corrects is not None:
        was, now = figures.score(m.corrects.score), figures.score(m.score)
        return _("Corrected"), _("Was %(was)s, now %(now)s. The old result is kept.") % {
            "was": was,
            "now": now,
        }
    if m.state == Measurement.State.FINAL:
        return _("Final"), ""
    last = provisional_until(m.days)
    return (
        _("Provisional until %(day)s") % {"day": figures.day(last)},
        _("Late answers still count. After that it is final; any later change appears as a correction."),
    )


def _baseline(m: Measurement) -> tuple[str, str]:
    version = m.agreement_version
    until = version.baseline_until or m.ends_on
    months = _months(version.valid_from, until)
    place = _months(version.valid_from, m.ends_on)
    return (
        _("Baseline: month %(place)s of %(months)s") % {"place": place, "months": months},
        _("We measure, nothing is red. When it ends you agree targets from these months."),
    )


def _months(first: date, last: date) -> int:
    begin, end = month_of(first).first_on, month_of(last).first_on
    return 12 * (end.year - begin.year) + end.month - begin.month + 1


def limits_of(version: AgreementVersion) -> str:
    """Return whom an agreement is about: its journey, its personas and sites, and what it cannot limit."""
    words = [_("Journey: %(journey)s") % {"journey": version.journey}] if version.journey else []
    if version.personas:
        words.append(_("Personas: %(personas)s") % {"personas": ", ".join(version.personas)})
    if version.sites:
        words.append(_("Sites: %(sites)s") % {"sites": ", ".join(version.sites)})
    everybody = indicators_for_everybody(version)
    if everybody:
        words.append(
            _("For everybody, as nobody can tell whose they are: %(everybody)s")
            % {"everybody": ", ".join(everybody)}
        )
    return ". ".join(words)


def _looks_back(m: Measurement) -> str:
    return _("Last %(days)s days") % {"days": m.days.days} if is_wider(m.days) else ""


def _line(
    m: Measurement, title: str, *, url: str = "", about: str = "", standing: tuple[str, str] = ("", "")
) -> ResultLine:
    hidden = is_hidden(m.status, m.n_people)
    judged = not hidden and m.status not in UNJUDGED
    scale = scale_of(m.results)
    return ResultLine(
        title=title,
        url=url,
        about=". ".join(part for part in (about, _looks_back(m)) if part),
        status=m.status,
        rating=sentences.rating_of(m.rating, scale[1]) if judged and scale else figures.MISSING,
        span=figures.interval(m.rating_low, m.rating_high) if judged else "",
        target=figures.rating(m.rating_target),
        score=figures.score(m.score) if judged else figures.MISSING,
        sla=figures.share(m.sla_share),
        answers=m.n_answered,
        chip=standing[0],
        chip_words=standing[1],
    )
