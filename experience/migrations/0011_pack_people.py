from itertools import groupby

from django.db import migrations

from experience.engine.cells import packed_people


def pack_people(apps, schema_editor):
    """Write who gave the answers into every packed day."""
    PackedDay = apps.get_model('experience', 'PackedDay')
    answers = (
        apps.get_model('surveys', 'Response')
        .objects.filter(state='accepted', resolution__isnull=False)
        .order_by('resolution__service', 'resolution__resolved_on')
        .values_list('resolution__service_id', 'resolution__resolved_on', 'resolution__person_id')
    )
    for (service, day), own in groupby(answers.iterator(chunk_size=5000), key=lambda row: row[:2]):
        people = packed_people(person for _, _, person in own)
        PackedDay.objects.filter(service=service, day=day).update(people=people)


class Migration(migrations.Migration):

    dependencies = [
        ('experience', '0010_packed_people'),
        ('surveys', '0003_open_tickets'),
    ]

    operations = [
        migrations.RunPython(pack_people, migrations.RunPython.noop),
    ]
