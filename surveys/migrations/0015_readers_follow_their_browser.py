from django.db import migrations


def forget_defaults(apps, schema_editor):
    """Empty what nobody could choose so far, so that the browser's language and zone are followed."""
    users = apps.get_model("surveys", "User").objects
    users.filter(language="en").update(language="")
    users.filter(time_zone="UTC").update(time_zone="")


class Migration(migrations.Migration):

    dependencies = [
        ("surveys", "0014_readers_language_and_zone"),
    ]

    operations = [migrations.RunPython(forget_defaults, migrations.RunPython.noop)]
