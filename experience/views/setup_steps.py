"""The steps of the set-up guide, and what is done of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from experience.selectors.set_up import SetUp


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guide as the rail shows it. `state` is done, begun or open."""

    url_name: str
    title: str | Promise
    state: str
    fact: str

    @property
    def url(self) -> str:
        """Return the address of its page."""
        return reverse(self.url_name)


def steps_of(found: SetUp) -> list[Step]:
    """Return the steps with what is done of each, in their order."""
    facts: list[tuple[str, str | Promise, Callable[[SetUp], tuple[str, str]]]] = [
        ("setup-services", gettext_lazy("Services"), _services_fact),
        ("setup-tickets", gettext_lazy("Tickets"), _tickets_fact),
        ("setup-survey", gettext_lazy("Survey"), _survey_fact),
        ("setup-agreement", gettext_lazy("Agreement"), _agreement_fact),
        ("setup-result", gettext_lazy("First results"), _result_fact),
    ]
    return [Step(name, title, *fact(found)) for name, title, fact in facts]


def _services_fact(found: SetUp) -> tuple[str, str]:
    if not found.services:
        return "open", _("What do people use?")
    return "done", ngettext("%(n)d service", "%(n)d services", found.services) % {"n": found.services}


def _tickets_fact(found: SetUp) -> tuple[str, str]:
    if found.tickets:
        return "done", ngettext("%(n)s ticket", "%(n)s tickets", found.tickets) % {
            "n": intcomma(found.tickets)
        }
    if found.sources:
        return "begun", _("A source is connected; no ticket yet")
    return "open", _("From a file or from your service desk")


def _survey_fact(found: SetUp) -> tuple[str, str]:
    if not found.services or found.unasked == found.services:
        return "open", _("What is asked, and of whom?")
    if found.unasked:
        words = ngettext(
            "%(n)d service is not asked about", "%(n)d services are not asked about", found.unasked
        )
        return "begun", words % {"n": found.unasked}
    return "done", _("Every service is asked about")


def _agreement_fact(found: SetUp) -> tuple[str, str]:
    if not found.agreements:
        return "open", _("What did you promise?")
    if found.unagreed:
        words = ngettext("%(n)d service is without one", "%(n)d services are without one", found.unagreed)
        return "begun", words % {"n": found.unagreed}
    return "done", _("Every service has one")


def _result_fact(found: SetUp) -> tuple[str, str]:
    if found.results and found.answers:
        return "done", ngettext("%(n)s answer", "%(n)s answers", found.answers) % {
            "n": intcomma(found.answers)
        }
    if found.results:
        return "begun", _("Tickets are counted; answers are waited for")
    return "open", _("What is waited for, and until when")
