"""The same indicators as a data analyst would compute them: raw rows into pandas, then group by service."""

from __future__ import annotations

import pandas as pd
from django.db import connection

from bench.fleet import WINDOW

_TICKETS = """
SELECT r.service_id, r.minutes_to_resolve, r.user_clock_minutes, r.reassignment_count, r.reopen_count,
       r.reopened_at, r.came_back_at, t.made_sla, t.opened_at, t.first_response_at
FROM surveys_resolution r JOIN surveys_ticket t ON t.id = r.ticket_id
WHERE r.resolved_on BETWEEN %s AND %s
"""
_ANSWERS = """
SELECT a.service_id, a.rating, a.is_solved, a.lost_time_minutes, r.response_class
FROM surveys_response a JOIN surveys_resolution r ON r.id = a.resolution_id
WHERE a.state = 'accepted' AND r.resolved_on BETWEEN %s AND %s
"""
_SAMPLES = """
SELECT service_id, bucket, count FROM experience_daycell
WHERE measure = 'response_time' AND day BETWEEN %s AND %s
"""


def recompute() -> pd.DataFrame:
    """Return the native values per service; no weights, no intervals, no scores."""
    tickets, answers, samples = (_frame(sql) for sql in (_TICKETS, _ANSWERS, _SAMPLES))
    per_ticket = tickets.assign(
        reopened=tickets["reopened_at"].notna(),
        repeat_contact=tickets["came_back_at"].notna(),
        time_to_target=tickets["minutes_to_resolve"] / 7200,
        no_hand_off=(tickets["reassignment_count"] == 0) & (tickets["reopen_count"] == 0),
    ).groupby("service_id")
    capped = answers.assign(lost_time=answers["lost_time_minutes"].clip(upper=480)).groupby("service_id")
    worth = samples["bucket"].map({0: 1.0, 1: 0.5, 2: 0.0}) * samples["count"]
    satisfied = samples.assign(worth=worth).groupby("service_id")[["worth", "count"]].sum()
    return pd.DataFrame(
        {
            "rating": capped["rating"].mean(),
            "solved": capped["is_solved"].mean(),
            "lost_time": capped["lost_time"].mean(),
            "repeat_contact": per_ticket["repeat_contact"].mean(),
            "reopened": per_ticket["reopened"].mean(),
            "no_hand_off": per_ticket["no_hand_off"].mean(),
            "user_clock": per_ticket["user_clock_minutes"].median() / 60,
            "time_to_resolve": per_ticket["minutes_to_resolve"].median() / 60,
            "time_to_target": per_ticket["time_to_target"].median(),
            "apdex": satisfied["worth"] / satisfied["count"],
        }
    )


def _frame(sql: str) -> pd.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(sql, [WINDOW.first_on, WINDOW.last_on])
        return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])
