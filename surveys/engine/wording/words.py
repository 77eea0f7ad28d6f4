"""Everything the answer page and the invitation say, as one set of words per language.

A language is one module that fills a `Words`; a missing text is a missing argument, so no language can be
half done. Names in braces are filled in when the text is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LOW_REASONS = ("explain_again", "slow", "not_solved", "came_back", "no_news", "passed_around", "unclear")
HIGH_REASONS = ("fast", "friendly", "at_once", "informed", "well_explained")
LOST_TIME_PICKS = (0, 15, 30, 60, 120, 240, 480)  # minutes; the last is a working day


@dataclass(frozen=True)
class Words:
    """The words of one language. `direction` is ltr or rtl; `ratings` holds a label per labelled point of a
    scale.
    """

    code: str
    name: str  # what the language calls itself
    direction: str

    mail_subject: str  # {ticket}
    mail_resolved: str  # {number}, {service}, {day}
    mail_choose: str
    mail_link: str
    reminder: str
    mail_why: str  # {number}

    language: str
    page_title: str
    question: str  # {ticket}
    duration: str
    open_until: str  # {day}
    readers_named: str  # {number}, {minimum}
    readers_confidential: str  # {minimum}
    readers_anonymous: str

    rating: str
    ratings: Mapping[str, Mapping[int, str]]
    optional: str
    reasons_low: str
    reasons_high: str
    reasons_any: str
    reasons: Mapping[str, str]
    solved: str
    solved_yes: str
    solved_no: str
    lost_time: str
    lost_time_picks: Mapping[int, str]
    lost_time_other: str
    hours: str
    minutes: str
    comment: str
    comment_hint: str
    send: str
    send_change: str

    errors: str
    rating_missing: str  # {low}, {high}
    reason_unknown: str
    lost_time_wrong: str
    comment_long: str  # {limit}

    thanks: str
    thanks_next: str  # {service}
    thanks_change: str  # {day}
    follow_up: str  # {receiver}, {time}
    improved: str
    change: str
    your_rating: str  # {rating}, {high}

    closed: str
    closed_text: str  # {day}
    withdrawn: str
    withdrawn_text: str  # {number}
    unknown: str
    unknown_text: str

    feedback: str  # {service}
    feedback_readers: str
    too_many: str
    too_many_text: str

    unsubscribe: str
    unsubscribe_question: str
    unsubscribe_text: str
    unsubscribe_confirm: str
    unsubscribed: str
    unsubscribed_text: str
    subscribe: str
    subscribed: str
    subscribed_text: str

    def rating_label(self, scale: str, rating: int) -> str:
        """Return the word for a point of a scale, or nothing for a point between the labelled ones."""
        return self.ratings[scale].get(rating, "")
