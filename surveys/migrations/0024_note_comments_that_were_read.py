"""Comments that a sentiment model read before do not wait to be read."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def note_read_comments(apps: Any, schema_editor: Any) -> None:
    sentiments = apps.get_model("surveys", "CommentSentiment").objects.values("response")
    apps.get_model("surveys", "Response").objects.filter(pk__in=sentiments).update(is_comment_read=True)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0023_comments_to_read")]

    operations = [migrations.RunPython(note_read_comments, migrations.RunPython.noop, elidable=True)]
