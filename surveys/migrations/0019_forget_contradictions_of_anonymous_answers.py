from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("surveys", "Contradiction").objects.exclude(response__nullifier=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("surveys", "0018_contradictions_can_be_meant"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
