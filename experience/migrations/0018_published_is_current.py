"""What a correction or a later version had replaced is not shown: only what is current was."""

from django.db import migrations


def hide_replaced(apps, schema_editor):
    Measurement = apps.get_model("experience", "Measurement")
    Measurement.objects.filter(is_current=False).update(is_published=False)


class Migration(migrations.Migration):
    dependencies = [("experience", "0017_journeys_publishing_and_gap_facts")]

    operations = [migrations.RunPython(hide_replaced, migrations.RunPython.noop)]
