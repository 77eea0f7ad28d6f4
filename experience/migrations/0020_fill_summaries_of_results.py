"""Fill the columns that repeat what the results documents of existing measurements say."""

from django.db import migrations

BATCH = 500
COLUMNS = [
    "experience",
    "experience_low",
    "experience_high",
    "rating_best",
    "pulled_down_by",
    "repeat_share",
    "lost_hours",
]
BEST = {5: 5, 7: 7, 11: 10}
ON_TARGET = 70.0


def fill(apps, schema_editor):
    Measurement = apps.get_model("experience", "Measurement")
    rows = Measurement.objects.only("pk", "results").order_by("pk")
    batch = []
    for row in rows.iterator(chunk_size=BATCH):
        batch.append(_filled(row))
        if len(batch) == BATCH:
            Measurement.objects.bulk_update(batch, COLUMNS)
            batch = []
    Measurement.objects.bulk_update(batch, COLUMNS)


def _filled(row):
    indicators = row.results.get("indicators", ())
    experience = row.results.get("streams", {}).get("X") or {}
    row.experience = experience.get("score")
    row.experience_low = experience.get("low")
    row.experience_high = experience.get("high")
    row.rating_best = BEST.get(len(row.results.get("rating_counts", ())))
    row.pulled_down_by = _pulled_down_by(indicators)
    row.repeat_share = next((one["value"] for one in indicators if one["key"] == "repeat_contact"), None)
    row.lost_hours = row.results.get("lost_hours")
    return row


def _pulled_down_by(indicators):
    rows = [one for one in indicators if one["stream"] == "X" and one["weight"] and one["score"] is not None]
    rating = next((one["score"] for one in rows if one["key"] == "rating"), None)
    worst = min(rows, key=lambda one: one["score"], default=None)
    if rating is None or rating < ON_TARGET or worst is None or worst["score"] >= ON_TARGET:
        return ""
    return worst["name"]


class Migration(migrations.Migration):
    dependencies = [("experience", "0019_summaries_of_results")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
