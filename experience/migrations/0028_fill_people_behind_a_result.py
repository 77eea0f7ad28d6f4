"""Fill in how many people stand behind existing results, from their receipts."""

from django.db import migrations

BATCH = 200


def fill(apps, schema_editor):
    Measurement = apps.get_model("experience", "Measurement")
    answered = Measurement.objects.filter(n_answered__gt=0).order_by("pk")
    batch = []
    for row in answered.only("pk", "inputs").iterator(chunk_size=BATCH):
        row.n_people = row.inputs.get("people", (0,))[0]
        batch.append(row)
        if len(batch) == BATCH:
            Measurement.objects.bulk_update(batch, ["n_people"])
            batch = []
    Measurement.objects.bulk_update(batch, ["n_people"])


class Migration(migrations.Migration):
    dependencies = [("experience", "0027_people_behind_a_result")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
