"""The page of the design system shows what there is, in both schemes."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from experience.badges import BADGES, STATUS_WORDS
from surveys.models import User
from xla_service.design_system import icon_names

pytestmark = pytest.mark.django_db


def test_every_badge_status_and_icon_stands_in_light_and_in_dark(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    words = client.get(reverse("design-system")).content.decode()

    for shown in [f">{badge.label}</span>" for badge in BADGES] + [
        str(s.label) for s in STATUS_WORDS.values()
    ]:
        assert words.count(shown) >= 2, shown
    assert len(icon_names()) > 30
    assert all(words.count(f"icons.svg#{name}") >= 2 for name in icon_names())
    assert words.count('class="scheme--') == 2


def test_only_administrators_find_it(client: Client, agreement_admin: User) -> None:
    client.force_login(agreement_admin)

    assert client.get(reverse("design-system")).status_code == 403
