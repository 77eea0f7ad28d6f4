"""Two who change the same services at once wait for each other, in one order, and neither fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from experience.models import AgreementService, Sla
from experience.services.agreements import AgreementError, publish, write_draft
from experience.services.library import install_indicators
from experience.services.slas import SlaPromise, agree_slas
from experience.services.starter import starter_terms
from surveys.models import BusinessService
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()


def meanwhile(work: Callable[[], object], failed: list[Exception]) -> threading.Thread:
    """Begin some work on a connection of its own, and wait until it is done or stuck."""

    def run() -> None:
        try:
            work()
        except (DatabaseError, AgreementError) as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=0.7)
    return thread


def test_an_sla_that_is_sent_twice_is_agreed_once() -> None:
    services = BusinessServiceFactory.create_batch(3)
    promise = SlaPromise(0.9, TODAY)
    failed: list[Exception] = []

    with transaction.atomic():
        agree_slas(services, promise, by=None, now=NOW)
        again = meanwhile(lambda: agree_slas(services[::-1], promise, by=None, now=NOW), failed)
    again.join()

    assert not failed
    assert Sla.objects.count() == 3


def test_publishing_waits_for_whoever_has_the_services_in_hand() -> None:
    install_indicators()
    service = BusinessServiceFactory.create()
    terms = starter_terms(TODAY - timedelta(days=1))
    draft = write_draft(terms, by=None)
    draft.services.set([service])
    draft.covers_rest = False
    draft.save()
    failed: list[Exception] = []

    with transaction.atomic():
        list(BusinessService.objects.in_turn())
        publishing = meanwhile(lambda: publish(draft, by=None, now=NOW), failed)
        was_waiting = publishing.is_alive()
    publishing.join()

    assert was_waiting
    assert not failed
    assert AgreementService.objects.filter(is_primary=True).count() == 1
