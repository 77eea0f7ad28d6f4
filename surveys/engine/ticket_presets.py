"""How ticket systems write tickets: a JMESPath expression for each field of a report, and their state words.

Where a system lets its administrator word the body, the preset reads what docs/intake.md tells them to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.engine.tickets import State

STATES: tuple[State, ...] = ("open", "resolved", "closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Preset:
    """How one kind of source writes tickets."""

    key: str
    items: str
    fields: Mapping[str, str]
    states: Mapping[str, State]


# Texts that only describe are cut to the room there is for them; texts that identify are refused when too
# long.
TEXT_ROOM = {
    "short_description": 200,
    "category": 100,
    "subcategory": 100,
    "contact_type": 60,
    "assignment_group": 100,
    "supplier": 120,
    "site": 100,
    "configuration_item": 120,
    "resolved_by": 100,
    "resolution_code": 100,
    "requester_language": 16,
    "requester_time_zone": 64,
    "requester_persona": 100,
    "requester_department": 100,
}
IDENTITY_ROOM = {"number": 60, "service": 200, "problem": 60, "parent_number": 60}
TIMES = ("opened_at", "first_response_at", "resolved_at", "reopened_at", "closed_at", "updated_at")
COUNTS = ("reopen_count", "reassignment_count", "waiting_minutes")
PEOPLE = ("requested_for", "caller")
PERSON_ROOM = {"": 100, "_email": 254, "_name": 200}
FIELDS = (
    *TEXT_ROOM,
    *IDENTITY_ROOM,
    *TIMES,
    *COUNTS,
    *(person + part for person in PEOPLE for part in PERSON_ROOM),
    "kind",
    "state",
    "priority",
    "made_sla",
    "business_duration",
)

GERMAN_STATES: Mapping[str, State] = {
    **dict.fromkeys(("offen", "neu", "in bearbeitung", "wartend", "wiedereröffnet"), "open"),
    **dict.fromkeys(("gelöst", "erledigt"), "resolved"),
    **dict.fromkeys(("geschlossen", "abgeschlossen"), "closed"),
    **dict.fromkeys(("abgebrochen", "storniert"), "cancelled"),
}
GENERIC = Preset(
    key="generic",
    items="tickets || @",
    fields={name: name for name in FIELDS}
    | {
        "requested_for": "requested_for || requester",
        "requested_for_email": "requested_for_email || requester_email",
        "requested_for_name": "requested_for_name || requester_name",
    },
    states={
        **dict.fromkeys(("open", "new", "in progress", "pending", "on hold", "waiting"), "open"),
        **dict.fromkeys(("resolved", "solved", "done"), "resolved"),
        "closed": "closed",
        **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
        **GERMAN_STATES,
    },
)
SERVICENOW = Preset(
    key="servicenow",
    items="result || records || @",
    fields={
        "number": "number",
        "kind": "sys_class_name.value || sys_class_name",
        "state": "incident_state.value || incident_state || state.value || state",
        "service": "business_service.display_value || business_service.value || business_service || category",
        "requested_for": "requested_for.value || requested_for",
        "requested_for_email": '"requested_for.email" || requested_for.email || requested_for_email',
        "requested_for_name": '"requested_for.name" || requested_for.display_value || requested_for_name',
        "caller": "caller_id.value || caller_id || caller",
        "caller_email": '"caller_id.email" || caller_id.email || caller_email',
        "caller_name": '"caller_id.name" || caller_id.display_value || caller_name',
        "requester_language": '"caller_id.preferred_language" || preferred_language',
        "requester_time_zone": '"caller_id.time_zone" || caller_time_zone',
        "requester_persona": "persona || u_persona",
        "requester_department": '"caller_id.department" || department',
        "short_description": "short_description",
        "category": "category.display_value || category",
        "subcategory": "subcategory.display_value || subcategory",
        "priority": "priority.value || priority",
        "contact_type": "contact_type.display_value || contact_type",
        "assignment_group": "assignment_group.display_value || assignment_group.value || assignment_group",
        "supplier": "vendor.display_value || vendor.value || vendor",
        "site": "location.display_value || location.value || location",
        "configuration_item": "cmdb_ci.display_value || cmdb_ci.value || cmdb_ci",
        "problem": "problem_id.display_value || problem_id.value || problem_id",
        "parent_number": "parent_incident.display_value || parent_incident.value || parent_incident"
        " || parent.display_value || parent.value || parent",
        "opened_at": "opened_at.value || opened_at || opened || sys_created_on.value || sys_created_on",
        "resolved_at": "resolved_at.value || resolved_at || resolved",
        "resolved_by": "resolved_by.value || resolved_by",
        "resolution_code": "close_code.display_value || close_code.value || close_code",
        "reopened_at": "reopened_time.value || reopened_time",
        "closed_at": "closed_at.value || closed_at || closed",
        "updated_at": "sys_updated_on.value || sys_updated_on || sys_updated_at || updated",
        "made_sla": "made_sla.value || made_sla",
        "reopen_count": "reopen_count.value || reopen_count",
        "reassignment_count": "reassignment_count.value || reassignment_count",
        "waiting_minutes": "waiting_minutes",
        "business_duration": "business_stc.value || business_stc"
        " || business_duration.value || business_duration",
    },
    states={
        **dict.fromkeys(("1", "2", "3", "4", "5", "-5", "-100"), "open"),
        **dict.fromkeys(("new", "active", "in progress", "work in progress", "on hold", "pending"), "open"),
        **dict.fromkeys(("open", "awaiting user info", "awaiting vendor"), "open"),
        **dict.fromkeys(("awaiting problem", "awaiting evidence", "awaiting change"), "open"),
        **dict.fromkeys(("6", "resolved"), "resolved"),
        **dict.fromkeys(("7", "closed", "closed complete", "closed incomplete"), "closed"),
        **dict.fromkeys(("8", "canceled", "cancelled", "closed skipped"), "cancelled"),
        **GERMAN_STATES,
    },
)
JIRA = Preset(
    key="jira",
    items="issue || @",
    fields={
        "number": "key",
        "kind": "fields.issuetype.name",
        "state": "fields.status.statusCategory.key || fields.status.name",
        "service": "fields.components[0].name || fields.project.name",
        "requested_for": "fields.reporter.accountId || fields.reporter.name",
        "requested_for_email": "fields.reporter.emailAddress",
        "requested_for_name": "fields.reporter.displayName",
        "requester_time_zone": "fields.reporter.timeZone",
        "short_description": "fields.summary",
        "category": "fields.issuetype.name",
        "priority": "fields.priority.name",
        "resolved_by": "fields.assignee.displayName",
        "resolution_code": "fields.resolution.name",
        "opened_at": "fields.created",
        "resolved_at": "fields.resolutiondate",
        "updated_at": "fields.updated",
    },
    states={
        **dict.fromkeys(("new", "indeterminate", "undefined", "open", "in progress"), "open"),
        **dict.fromkeys(("waiting for support", "waiting for customer", "pending", "reopened"), "open"),
        **dict.fromkeys(("done", "resolved"), "resolved"),
        "closed": "closed",
        **dict.fromkeys(("cancelled", "canceled", "declined"), "cancelled"),
    },
)
ZENDESK = Preset(
    key="zendesk",
    items="ticket || detail || @",
    fields={
        "number": "id",
        "kind": "type",
        "state": "status",
        "service": "service || custom_service || group || group_id",
        "requested_for": "requester.id || requester_id",
        "requested_for_email": "requester.email",
        "requested_for_name": "requester.name",
        "requester_language": "requester.language",
        "short_description": "title || subject",
        "category": "category",
        "priority": "priority",
        "contact_type": "via",
        "assignment_group": "group",
        "resolved_by": "assignee",
        "opened_at": "created_at",
        "resolved_at": "solved_at",
        "updated_at": "updated_at",
    },
    states={
        **dict.fromkeys(("new", "open", "pending", "hold", "on-hold"), "open"),
        "solved": "resolved",
        "closed": "closed",
        "deleted": "cancelled",
    },
)
FRESHSERVICE = Preset(
    key="freshservice",
    items="freshdesk_webhook || ticket || @",
    fields={
        "number": "ticket_id || id",
        "kind": "ticket_type || type",
        "state": "ticket_status || status",
        "service": "ticket_service || service || ticket_category || category",
        "requested_for": "ticket_requester_id || requester_id || ticket_requester_email",
        "requested_for_email": "ticket_requester_email || requester_email",
        "requested_for_name": "ticket_requester_name || requester_name",
        "short_description": "ticket_subject || subject",
        "category": "ticket_category || category",
        "subcategory": "ticket_sub_category || sub_category",
        "priority": "ticket_priority || priority",
        "contact_type": "ticket_source || source",
        "assignment_group": "ticket_group_name || group",
        "resolved_by": "ticket_agent_name || agent",
        "opened_at": "ticket_created_at || created_at",
        "resolved_at": "ticket_resolved_at || resolved_at",
        "closed_at": "ticket_closed_at || closed_at",
        "updated_at": "ticket_updated_at || updated_at",
    },
    states={
        **dict.fromkeys(("2", "3", "open", "pending", "in progress", "on hold"), "open"),
        **dict.fromkeys(("4", "resolved"), "resolved"),
        **dict.fromkeys(("5", "closed"), "closed"),
    },
)
ZAMMAD = Preset(
    key="zammad",
    items="ticket || @",
    fields={
        "number": "number",
        "state": "state.name || state",
        "service": "service || group.name || group",
        "requested_for": "customer.login || customer_id",
        "requested_for_email": "customer.email || customer",
        "requested_for_name": "join(' ', not_null(customer.[firstname, lastname], `[]`)[?@])"
        " || customer.email",
        "requester_language": "customer.preferences.locale",
        "requester_department": "customer.department",
        "short_description": "title",
        "category": "category",
        "priority": "priority.name || priority",
        "contact_type": "create_article_type.name || create_article_type",
        "assignment_group": "group.name || group",
        "resolved_by": "owner.login || owner",
        "opened_at": "created_at",
        "first_response_at": "first_response_at",
        "resolved_at": "close_at",
        "updated_at": "updated_at",
    },
    states={
        **dict.fromkeys(("new", "open", "pending reminder", "pending close"), "open"),
        "closed": "resolved",
        **dict.fromkeys(("merged", "removed"), "cancelled"),
    },
)
GLPI = Preset(
    key="glpi",
    items="item || ticket || @",
    fields={
        "number": "id",
        "kind": "(type == `2` && 'request') || type.name || type",
        "state": "status.id || status",
        "service": "service || category.name || category",
        "requested_for": "requester.id || requester || (team[?role=='requester'] | [0].id)",
        "requested_for_email": "requester.email || requester_email",
        "requested_for_name": "requester.name || requester_name || (team[?role=='requester'] | [0].name)",
        "short_description": "name",
        "category": "category.name || category",
        "priority": "priority",
        "contact_type": "request_type.name || request_type",
        "assignment_group": "group.name || group || (team[?role=='assigned' && type=='Group'] | [0].name)",
        "resolved_by": "team[?role=='assigned' && type=='User'] | [0].name",
        "site": "location.name || location",
        "opened_at": "date_creation || date",
        "resolved_at": "date_solve",
        "closed_at": "date_close",
        "updated_at": "date_mod",
    },
    states={
        **dict.fromkeys(("1", "2", "3", "4", "10", "new", "processing", "pending"), "open"),
        **dict.fromkeys(("5", "solved"), "resolved"),
        **dict.fromkeys(("6", "closed"), "closed"),
    },
)
PRESETS = {preset.key: preset for preset in (SERVICENOW, JIRA, ZENDESK, FRESHSERVICE, ZAMMAD, GLPI, GENERIC)}
