"""How each system is told to send: its name, what it sends, and the steps there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EXAMPLES = Path(__file__).resolve().parent.parent / "data" / "intake"
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Guide:
    """One system: what it sends, and the steps to take there."""

    key: str
    name: Words
    sends: Words
    steps: tuple[Words, ...]

    @property
    def body(self) -> str:
        """Return the body that its administrator has to write there, "" where the system has its own."""
        path = EXAMPLES / f"{self.key}-body.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def example(self) -> str:
        """Return a body as this system sends it, to read."""
        text = (EXAMPLES / f"{self.key}.json").read_text(encoding="utf-8")
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


_TICKETS, _ALERTS = _("resolved tickets"), _("outages")
GUIDES = (
    Guide(
        "servicenow",
        "ServiceNow",
        _TICKETS,
        (
            _("Under System Web Services > Outbound > REST Message, make a message with the address above."),
            _("Add its HTTP method POST with the two headers above; the body is the record as JSON."),
            _(
                "Make a business rule on incident, after insert or update, when the state changes, "
                "that calls it."
            ),
            _("Times stay in UTC, as GlideRecord stores them."),
        ),
    ),
    Guide(
        "jira",
        "Jira Service Management",
        _TICKETS,
        (
            _("Under Project settings > Automation, make a rule: when an issue is transitioned."),
            _("Action: Send web request to the address above, method POST, body: Issue data (Jira format)."),
            _("Add the two headers above to the request."),
            _(
                "Or, as a Jira administrator: System > Webhooks, with the secret above; Jira then "
                "signs each body."
            ),
        ),
    ),
    Guide(
        "zendesk",
        "Zendesk",
        _TICKETS,
        (
            _(
                "In the Admin Center under Apps and integrations > Webhooks, make a webhook to the "
                "address above."
            ),
            _("Method POST, format JSON, authentication: Bearer token, with the secret above."),
            _(
                "Under Business rules > Triggers: when the status changes, notify this webhook with "
                "the body below."
            ),
            _(
                "Replace SERVICE in the body by the number of the field that names the service, or "
                "leave it out."
            ),
        ),
    ),
    Guide(
        "freshservice",
        "Freshservice",
        _TICKETS,
        (
            _("Under Admin > Workflow Automator, make a workflow for tickets: when the status changes."),
            _(
                "Action: Trigger webhook, POST to the address above, with the two headers above as "
                "custom headers."
            ),
            _("Content: Simple, JSON; tick everything about the ticket and the requester."),
        ),
    ),
    Guide(
        "zammad",
        "Zammad",
        _TICKETS,
        (
            _("Under Manage > Webhook, make a webhook to the address above."),
            _("Put the secret above into HMAC SHA1 signature token; Zammad then signs each body."),
            _("Under Manage > Trigger: when the state of a ticket changes, run this webhook."),
        ),
    ),
    Guide(
        "glpi",
        "GLPI",
        _TICKETS,
        (
            _("Under Setup > Webhooks, make a webhook for the type Ticket and the event Update."),
            _("Its address is the one above, its secret the one above: GLPI then signs each body."),
        ),
    ),
    Guide(
        "alertmanager",
        "Prometheus Alertmanager",
        _ALERTS,
        (
            _(
                "Add a receiver with webhook_configs to alertmanager.yml: url is the address above, "
                "send_resolved is true."
            ),
            _("Under its http_config write authorization with the secret above as credentials."),
            _("Give the alerts that mean an outage a label service, and route only those to this receiver."),
        ),
    ),
    Guide(
        "grafana",
        "Grafana",
        _ALERTS,
        (
            _("Under Alerting > Contact points, add a Webhook with the address above."),
            _("Authorization header: scheme Bearer, credentials the secret above."),
            _(
                "Give the rules that mean an outage a label service, and lead only those to this "
                "contact point."
            ),
        ),
    ),
    Guide(
        "uptime_kuma",
        "Uptime Kuma",
        _ALERTS,
        (
            _(
                "Under Settings > Notifications, add a Webhook with the address above; body: "
                "application/json."
            ),
            _('Additional headers: {"Authorization": "Bearer ..."} with the secret above.'),
            _(
                "Name the monitors as the services are called here, or say below which monitor means "
                "which service."
            ),
        ),
    ),
    Guide(
        "generic",
        _("Another system, or a script"),
        _TICKETS,
        (
            _(
                "Send a POST with the body of a ticket as JSON to the address above, with the two "
                "headers above."
            ),
            _("Use the names of the example, or say below which field of yours is which of ours."),
        ),
    ),
)
BY_KEY = {guide.key: guide for guide in GUIDES}
