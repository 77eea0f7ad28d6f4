from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("surveys", "0020_webhook_switch"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidencechange",
            name="is_counted",
            field=models.BooleanField(default=False),
        ),
    ]
