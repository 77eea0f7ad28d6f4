import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def move_terms_to_versions(apps, schema_editor):
    """Give each version its agreement's ambition, and let the starter agreement cover whatever is left."""
    Version = apps.get_model('experience', 'AgreementVersion')
    for version in Version.objects.select_related('agreement'):
        version.ambition = version.agreement.ambition
        version.covers_rest = version.agreement.key == 'starter'
        version.save(update_fields=['ambition', 'covers_rest'])
    apps.get_model('experience', 'AgreementService').objects.filter(version__covers_rest=True).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('experience', '0005_gap_told_at'),
        ('surveys', '0002_resolution_reported_at'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AgreementExclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField()),
                ('last_on', models.DateField(help_text='Included.')),
                ('reason', models.CharField(max_length=300)),
                ('agreed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['first_on', 'pk'],
            },
        ),
        # The table between versions and services becomes a model of its own; its rows stay.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE experience_agreementversion_services RENAME TO experience_agreementservice',
                    'ALTER TABLE experience_agreementservice RENAME TO experience_agreementversion_services',
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='AgreementService',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('agreementversion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='covered', to='experience.agreementversion')),
                        ('businessservice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='surveys.businessservice')),
                    ],
                ),
                migrations.AlterField(
                    model_name='agreementversion',
                    name='services',
                    field=models.ManyToManyField(related_name='agreement_versions', through='experience.AgreementService', to='surveys.businessservice'),
                ),
            ],
        ),
        migrations.RenameField(model_name='agreementservice', old_name='agreementversion', new_name='version'),
        migrations.RenameField(model_name='agreementservice', old_name='businessservice', new_name='service'),
        migrations.AddField(
            model_name='agreementservice',
            name='is_primary',
            field=models.BooleanField(default=False),
        ),
        migrations.RemoveConstraint(
            model_name='daycell',
            name='day_cell_measure',
        ),
        migrations.AddField(
            model_name='agreement',
            name='needs_second_person',
            field=models.BooleanField(default=False, help_text='A version is published by somebody other than who drafted it.'),
        ),
        migrations.AddField(
            model_name='agreement',
            name='retired_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='agreement',
            name='retired_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='agreed_by',
            field=models.CharField(blank=True, max_length=250),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='agreed_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='ambition',
            field=models.TextField(blank=True, default='', help_text='What the parties want people to experience, in plain words.'),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='baseline_until',
            field=models.DateField(blank=True, help_text='Until this day we measure and nothing is red.', null=True),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='covers_rest',
            field=models.BooleanField(default=False, help_text='Covers every live service that no other primary agreement covers.'),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='customer',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='drafted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='if_missed',
            field=models.TextField(blank=True, help_text='What happens when the agreement is missed.'),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='journey',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='personas',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='provider',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='review_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='agreementversion',
            name='sites',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='daycell',
            name='measure',
            field=models.CharField(choices=[('resolved', 'Resolutions by what was decided'), ('satisfaction', '1-5 satisfaction by rating and sentiment bucket'), ('happiness', '0-10 happiness by rating and sentiment bucket'), ('effort', '1-7 effort by rating and sentiment bucket'), ('solved', 'Answers to whether it was really solved'), ('lost_time', 'Lost time, capped and uncapped'), ('sentiment', 'Comment polarity'), ('time_to_resolve', 'Minutes to resolve, log histogram'), ('user_clock', "User's clock in minutes, log histogram"), ('reopened', 'Resolutions reopened within the maturity window'), ('repeat_contact', 'Resolutions followed by a repeat contact within 7 days'), ('sla_met', 'Closed tickets that met the SLA'), ('downtime', 'Seconds down, planned apart'), ('response_time', 'Samples satisfied, tolerating, frustrated')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='daycell',
            constraint=models.CheckConstraint(condition=models.Q(('measure__in', ['resolved', 'satisfaction', 'happiness', 'effort', 'solved', 'lost_time', 'sentiment', 'time_to_resolve', 'user_clock', 'reopened', 'repeat_contact', 'sla_met', 'downtime', 'response_time'])), name='day_cell_measure'),
        ),
        migrations.AddField(
            model_name='agreementexclusion',
            name='agreed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='agreementexclusion',
            name='agreement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exclusions', to='experience.agreement'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('agreement',), name='agreement_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='agreementversion',
            constraint=models.CheckConstraint(condition=models.Q(('baseline_until__isnull', True), ('baseline_until__gte', models.F('valid_from')), _connector='OR'), name='agreement_baseline_in_order'),
        ),
        migrations.AddConstraint(
            model_name='agreementexclusion',
            constraint=models.UniqueConstraint(fields=('agreement', 'first_on', 'last_on'), name='agreement_exclusion_once'),
        ),
        migrations.AddConstraint(
            model_name='agreementexclusion',
            constraint=models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='agreement_exclusion_in_order'),
        ),
        migrations.AddConstraint(
            model_name='agreementexclusion',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='agreement_exclusion_reason'),
        ),
        migrations.AddConstraint(
            model_name='agreementservice',
            constraint=models.UniqueConstraint(fields=('version', 'service'), name='agreement_service_once'),
        ),
        migrations.AddConstraint(
            model_name='agreementservice',
            constraint=models.UniqueConstraint(condition=models.Q(('is_primary', True)), fields=('service',), name='agreement_one_primary_per_service'),
        ),
        migrations.RunPython(move_terms_to_versions, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='agreement',
            name='ambition',
        ),
    ]
