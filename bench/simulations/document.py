"""docs/simulations.md: the tables of the rules, then the service-years, each written by its own command."""

from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulations.md"
SERVICE_YEARS = "## Service-years through the services and the database"


def write_tables(text: str) -> None:
    """Write the tables of the rules and leave the service-years as they are."""
    _, _, years = DOCUMENT.read_text(encoding="utf-8").partition(SERVICE_YEARS)
    kept = f"\n{SERVICE_YEARS}{years}" if years else ""
    DOCUMENT.write_text(text + kept, encoding="utf-8")


def write_service_years(text: str) -> None:
    """Write what follows the heading of the service-years and leave the tables as they are."""
    tables = DOCUMENT.read_text(encoding="utf-8").partition(SERVICE_YEARS)[0].rstrip()
    DOCUMENT.write_text(f"{tables}\n\n{SERVICE_YEARS}\n\n{text}", encoding="utf-8")
