"""What stands in the way of storing or publishing an agreement, read from what is stored already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from experience.engine.agreement_problems import Problem, draft_problems, term_problems
from experience.engine.agreement_terms import AgreementTerms
from experience.models import (
    Agreement,
    AgreementVersion,
)
from experience.selectors.agreements import (
    indicator_scales,
    primary_holders,
)
from surveys.models import BusinessService, User

_TEXTS = ("name", "provider", "customer", "agreed_by", "journey")


class AgreementError(Exception):
    """Terms that cannot be stored or published; `problems` say where and what to do."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(f"{p.path}: {p.message}" for p in self.problems))


def reference_problems(terms: AgreementTerms) -> Iterator[Problem]:
    """Yield the names in the terms that are not there: services and the owner."""
    known = set(BusinessService.objects.filter(key__in=terms.services).values_list("key", flat=True))
    for place, key in enumerate(terms.services):
        if key not in known:
            yield Problem(f"services[{place}]", "There is no service with the key “%(key)s”.", {"key": key})
    if terms.owner and not User.objects.filter(username=terms.owner).exists():
        yield Problem("owner", "There is no user “%(owner)s”.", {"owner": terms.owner})


def storage_problems(terms: AgreementTerms) -> Iterator[Problem]:
    """Yield what stops terms from being kept even as a draft."""
    yield from reference_problems(terms)
    library = indicator_scales()
    for agreed in terms.indicators:
        if agreed.key not in library:
            yield Problem(f"indicators.{agreed.key}", "There is no indicator “%(key)s”.", {"key": agreed.key})
    yield from draft_problems(terms)
    yield from _room_problems(terms)
    yield from settled_problems(terms)


def _room_problems(terms: AgreementTerms) -> Iterator[Problem]:
    """Yield the texts that their columns cannot take."""
    columns = {column.name: column for column in (*Agreement._meta.fields, *AgreementVersion._meta.fields)}
    for name in _TEXTS:
        room = columns[name].max_length
        if room and len(getattr(terms, name)) > room:
            yield Problem(name, "Keep it to %(room)s characters.", {"room": room})


def settled_problems(terms: AgreementTerms) -> Iterator[Problem]:
    """Yield what these terms would change although it was settled when the agreement was first published."""
    agreement = Agreement.objects.filter(key=terms.key).first()
    if agreement is None:
        return
    if agreement.retired_on is not None:
        yield Problem(
            "agreement",
            "It was retired on %(retired_on)s. Use another key.",
            {"retired_on": agreement.retired_on},
        )
    if not agreement.versions.frozen().exists():
        return
    if agreement.is_primary != terms.is_primary:
        yield Problem("primary", "This was settled by the first version. Draft another agreement.")
    if agreement.needs_second_person and not terms.needs_second_person:
        yield Problem("second_person", "Only an administrator takes back that a second person publishes.")


def publishing_problems(terms: AgreementTerms, *, today: date) -> list[Problem]:
    """Return everything that stops these terms from being published today, apart from who publishes them."""
    return [
        *term_problems(terms, indicator_scales()),
        *reference_problems(terms),
        *_room_problems(terms),
        *settled_problems(terms),
        *_taken_problems(terms),
        *_order_problems(terms, today),
    ]


def _taken_problems(terms: AgreementTerms) -> Iterator[Problem]:
    holders = primary_holders(terms)
    for place, key in enumerate(terms.services):
        if (holder := holders.get(key)) is not None:
            yield Problem(
                f"services[{place}]",
                "“%(key)s” is under the primary agreement “%(primary)s” (%(name)s). Take it out there"
                " first, or write `primary: false` here.",
                {"key": key, "primary": holder.key, "name": holder.name},
            )
    yield from rest_problems(terms)


def rest_problems(terms: AgreementTerms) -> Iterator[Problem]:
    """Yield that another agreement covers every other service already."""
    rest = AgreementVersion.objects.filter(state=AgreementVersion.State.PUBLISHED, covers_rest=True)
    other = rest.exclude(agreement__key=terms.key).select_related("agreement").first()
    if terms.covers_rest and other is not None:
        yield Problem(
            "services",
            "The agreement “%(key)s” covers every other service already.",
            {"key": other.agreement.key},
        )


def _order_problems(terms: AgreementTerms, today: date) -> Iterator[Problem]:
    """A later version begins after the one before, and not in the past: results that were told stay told."""
    before = AgreementVersion.objects.filter(
        agreement__key=terms.key, state=AgreementVersion.State.PUBLISHED
    ).first()
    if before is None:
        return
    earliest = max(before.valid_from + timedelta(days=1), today)
    if terms.valid_from < earliest:
        yield Problem(
            "valid_from",
            "Version %(number)s holds. The next begins on %(earliest)s or later.",
            {"number": before.number, "earliest": earliest},
        )


def person_problems(draft: AgreementVersion, agreement: Agreement, by: User | None) -> Iterator[Problem]:
    """Yield what stops this person from publishing where a second one is needed."""
    if not agreement.needs_second_person:
        return
    if by is None or draft.drafted_by_id is None:
        yield Problem("second_person", "Name who drafted and who publishes; two people are needed.")
    elif by.pk == draft.drafted_by_id:
        yield Problem(
            "second_person",
            "%(username)s wrote this draft. Somebody else publishes it.",
            {"username": by.username},
        )
