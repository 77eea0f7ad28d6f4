"""The page of the design system shows what there is, in both schemes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from experience.badges import BADGES, STATUS_WORDS
from surveys.models import User
from xla_service.design_system import icon_names

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
STYLESHEETS = ROOT / "xla_service" / "static" / "interface"
# A script sets these on what stands on the page without them.
SET_BY_SCRIPT = {"has-script", "is-loading", "is-drawn", "chart__canvas"}
_CLASS = re.compile(r"\.([a-z][\w-]*)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTOR = re.compile(r"([^{}]+)\{")
_ATTRIBUTE = re.compile(r'class="([^"]*)"')
_WORD = re.compile(r"[a-z][\w-]*")


def styled_classes() -> set[str]:
    """Return the classes that the stylesheets of the staff interface give a look."""
    sheets = (path.read_text(encoding="utf-8") for path in STYLESHEETS.glob("*.css"))
    selectors = (found for sheet in sheets for found in _SELECTOR.findall(_COMMENT.sub("", sheet)))
    return {name for selector in selectors for name in _CLASS.findall(selector)}


def said_in(paths: Iterable[Path]) -> set[str]:
    """Return every word of these files; a class that is none of them is used by none."""
    return {word for path in paths for word in _WORD.findall(path.read_text(encoding="utf-8"))}


def page_sources() -> list[Path]:
    """Return what makes pages: templates, marks and scripts, without those of the design system."""
    apps = [ROOT / name for name in ("xla_service", "surveys", "experience")]
    found = [path for app in apps for kind in ("html", "py", "js") for path in app.rglob(f"*.{kind}")]
    return [path for path in found if not path.name.startswith("design_") and "migrations" not in path.parts]


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


def test_every_component_that_a_page_can_use_is_shown(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    page = client.get(reverse("design-system")).content.decode()

    shown = {name for names in _ATTRIBUTE.findall(page) for name in names.split()}
    assert styled_classes() - shown - SET_BY_SCRIPT == set(), "Show these in templates/design_*.html."


def test_no_class_has_a_look_that_no_page_uses() -> None:
    said = said_in(page_sources())
    alone = _CLASS.findall((STYLESHEETS / "design_system.css").read_text(encoding="utf-8"))
    schemes = {"scheme--light", "scheme--dark"}

    unused = {
        name
        for name in styled_classes() - set(alone) - schemes
        if not {name, re.sub("--.*", "--", name), re.sub("__.*", "__", name)} & said
    }

    assert unused == set(), "Take these out of the stylesheets."


def test_no_name_stands_twice_on_the_page(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    names = re.findall(r' id="([^"]+)"', client.get(reverse("design-system")).content.decode())

    assert sorted(set(names)) == sorted(names)
