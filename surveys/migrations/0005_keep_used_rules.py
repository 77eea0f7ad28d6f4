"""Rules from before keep meaning what they meant, and what was decided counts as decided."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef

AS_BEFORE = {
    "counts_working_time": False,
    "requests_wait_for_morning": False,
    "quiet_from": None,
    "quiet_until": None,
    "automatic_codes": [],
    "automatic_resolvers": [],
    "duplicate_codes": [],
    "survey_rest_days": 0,
    "extra_rest_days": 0,
    "siblings_asked": None,
}


def keep(apps: Any, schema_editor: Any) -> None:
    """Write the new columns of existing rows."""
    apps.get_model("surveys", "SendingRule").objects.update(**AS_BEFORE)
    decisions = apps.get_model("surveys", "Decision").objects.filter(resolution=OuterRef("pk"))
    apps.get_model("surveys", "Resolution").objects.filter(Exists(decisions)).update(is_decided=True)


class Migration(migrations.Migration):

    dependencies = [("surveys", "0004_asking_well")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
