from itertools import groupby

from django.db import migrations

from experience.engine.cells import packed


def pack_cells(apps, schema_editor):
    """Pack the cells of every service-day; from now on whoever writes cells does."""
    PackedDay = apps.get_model('experience', 'PackedDay')
    cells = apps.get_model('experience', 'DayCell').objects.order_by('service', 'day').values_list(
        'service_id', 'day', 'measure', 'response_class', 'probability_permille', 'bucket', 'count', 'total',
        'total_squares',
    )
    rows = cells.iterator(chunk_size=5000)
    days = groupby(rows, key=lambda row: row[:2])
    batch = []
    for (service, day), own in days:
        batch.append(PackedDay(service_id=service, day=day, cells=packed(row[2:] for row in own)))
        if len(batch) == 1000:
            PackedDay.objects.bulk_create(batch)
            batch = []
    PackedDay.objects.bulk_create(batch)


class Migration(migrations.Migration):

    dependencies = [
        ('experience', '0007_indicator_library_and_slas'),
    ]

    operations = [
        migrations.RunPython(pack_cells, migrations.RunPython.noop),
    ]
