"""What a field says about its hint and its error is there: a screen reader reads both out."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import User
from tests.factories import default_survey

pytestmark = pytest.mark.django_db

REFUSED = {
    "account": {"language": "xx", "time_zone": "Nowhere"},
    "people-import": {},
    "receiver-name": {"name": "", "email": "no address"},
    "kpi-goal-new": {"name": ""},
    "sending-rule": {"send_delay_minutes": "soon", "sample_percent": "x"},
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_every_name_that_a_field_is_described_by_is_on_the_page(
    name: str, client: Client, administrator: User
) -> None:
    client.force_login(administrator)
    survey = default_survey()
    args = [survey.key] if name == "sending-rule" else []

    page = client.post(reverse(name, args=args), REFUSED[name]).content.decode()

    described = {each for names in re.findall(r'aria-describedby="([^"]+)"', page) for each in names.split()}
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert 'class="field__error' in page
    assert described - set(ids) == set()
    assert len(ids) == len(set(ids))
