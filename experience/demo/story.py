"""Who and what is in the demo: invented names for the anonymised categories of the log, and their people.

Which category is which service is the only thing invented about the tickets. SLA targets are set by hand;
whether they are met is up to the tickets. This module needs no Django: the launcher prints the sign-ins.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "servicenow-log"
SAMPLE_NOTE = "Its tickets are real and anonymised, its name is invented, its respondents are simulated."
HOUR_COST = 48
DETECT, FULFIL = "detect_to_correct", "request_to_fulfil"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody of the demo who can sign in; without a password they only own services."""

    username: str
    role: str
    name: str
    password: str = ""


ADMIN = SignIn("admin", "administrator", "Demo Admin", "watermelon-admin")
OWNER = SignIn("owner", "owner", "Demo Owner", "watermelon-owner")
VIEWER = SignIn("viewer", "viewer", "Demo Viewer", "watermelon-viewer")
SIGN_INS = (ADMIN, OWNER, VIEWER)
_APPLICATIONS = SignIn("applications", "owner", "Applications Owner")
_INFRASTRUCTURE = SignIn("infrastructure", "owner", "Infrastructure Owner")
PEOPLE = (*SIGN_INS, _APPLICATIONS, _INFRASTRUCTURE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One business service of the demo. `categories` empty: it takes all that no other one names."""

    key: str
    name: str
    categories: tuple[int, ...]
    owner: SignIn
    user_count: int
    sla_target: float | None = 0.80
    value_stream: str = DETECT
    supplier: str = ""
    monitor: str = ""


WATERMELON = Sample(
    "digital-workplace",
    "Digital Workplace",
    (42,),
    OWNER,
    5200,
    supplier="Aster Service Desk",
    monitor="Helen Oy",
)
GREEN_TWIN = Sample(
    "room-booking",
    "Room Booking",
    (35,),
    OWNER,
    1800,
    supplier="Aster Service Desk",
    monitor="Helsinki Region Environmental Services HSY",
)
REST = Sample("specialist-applications", "Specialist Applications", (), _APPLICATIONS, 5200, sla_target=0.60)
SAMPLES = (
    WATERMELON,
    GREEN_TWIN,
    Sample(
        "sign-in-and-access",
        "Sign-in and Access",
        (26,),
        _INFRASTRUCTURE,
        5200,
        monitor="Helsingin ja Uudenmaan sairaanhoitopiiri",
    ),
    Sample(
        "order-management",
        "Order Management",
        (53,),
        _APPLICATIONS,
        2400,
        supplier="Kestrel Software",
        monitor="OP Financial Group",
    ),
    Sample(
        "field-devices",
        "Field Devices",
        (46,),
        _INFRASTRUCTURE,
        1900,
        value_stream=FULFIL,
        supplier="Lindow Hardware",
    ),
    Sample("e-mail-and-calendar", "E-mail and Calendar", (32,), _INFRASTRUCTURE, 5200, monitor="DNA Oyj"),
    Sample("network-and-vpn", "Network and VPN", (9,), _INFRASTRUCTURE, 4100, supplier="Halden Networks"),
    Sample("printing", "Printing", (37,), _INFRASTRUCTURE, 3600, supplier="Lindow Hardware"),
    Sample(
        "finance-system",
        "Finance System",
        (23,),
        _APPLICATIONS,
        1100,
        supplier="Kestrel Software",
        monitor="Western Uusimaa Police Department",
    ),
    Sample("document-sharing", "Document Sharing", (20,), _APPLICATIONS, 4800, sla_target=0.97),
    Sample("customer-portal", "Customer Portal", (57,), _APPLICATIONS, 2500, sla_target=None),
    Sample("reporting", "Reporting", (61,), _APPLICATIONS, 1500, sla_target=0.70),
    Sample(
        "laptops-and-phones",
        "Laptops and Phones",
        (24, 28, 34, 51),
        _INFRASTRUCTURE,
        4400,
        sla_target=0.70,
        value_stream=FULFIL,
        supplier="Lindow Hardware",
    ),
    REST,
)
# The web service whose latencies are known stands for this one.
LATENCY_OF = "customer-portal"


def sample_of_category(category: str) -> Sample:
    """Return the service that a category of the log belongs to ("Category 42"; "?" where it names none)."""
    number = category.removeprefix("Category ")
    return next((s for s in SAMPLES if number in map(str, s.categories)), REST)
