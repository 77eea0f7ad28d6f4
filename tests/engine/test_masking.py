"""Masking of comments for readers who may not know who is meant."""

import pytest

from surveys.engine.masking import mask_comment, private_spans

MASKED = [
    ("write to jo.doe+x@mail.example.org please", (), "write to ••.•••+•@••••.•••••••.••• please"),
    ("call +49 (30) 123-4567 or 0301234567", (), "call +•• (••) •••-•••• or ••••••••••"),
    ("tel +49 170 1234567, ticket 0012345", (), "tel +•• ••• •••••••, ticket •••••••"),
    ("INC0012345 and #4711", (), "•••••••••• and #••••"),
    ("from 10.1.2.33", (), "from ••.•.•.••"),
    ("Thanks to Anna Schmidt and Anna's team", ("Anna Schmidt",), "Thanks to •••• ••••••• and ••••'• team"),
    ("anna schmidt helped, will call", ("Anna Schmidt", "Will Smith"), "•••• ••••••• helped, will call"),
    ("Will was great", ("Will Smith",), "•••• was great"),
    ("René fixed it", ("Rene Dupont",), "•••• fixed it"),
    ("Bo is in Boston", ("Bo",), "•• is in Boston"),
]


@pytest.mark.parametrize(("text", "names", "masked"), MASKED, ids=[text for text, _, _ in MASKED])
def test_what_identifies_somebody_is_hidden_at_its_place(text, names, masked):
    assert mask_comment(text, names) == masked
    assert len(masked) == len(text)


KEPT = [
    "on 2026-11-21 at 16:30",
    "since 10.05.2026",
    "took 45 minutes, 3 calls",
    "Windows 11, 24H2",
    "version 2.10.4",
    "",
]


@pytest.mark.parametrize("text", KEPT)
def test_dates_times_and_amounts_stay(text):
    assert mask_comment(text, ("Anna Schmidt", "")) == text


def test_spans_say_what_was_found_in_text_order():
    spans = private_spans("Bo, INC0012345, bo@example.org", ["Bo"])

    assert [(span.kind, span.start) for span in spans] == [("name", 0), ("number", 4), ("address", 16)]
