"""Why rows and inbound events were not taken, said in the reader's language.

Engines know no language: they say in English what to correct, and that is what is stored. Here stand the
templates of these sentences; tests/surveys/test_rejections.py holds them to what the engines say.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from xla_service.stored_words import stored, told

_BETWEEN = " · "
_TEMPLATES = (
    # A ticket of a source or a file.
    _("There is no ticket in it: expected an object with fields. Check `items`."),
    _(
        "The state %(word)s is not known. Add it to the mapping of the source: %(example)s, with one of"
        " %(states)s."
    ),
    _("`%(name)s` holds %(kind)s instead of one value. Map a field inside it."),
    _("`%(name)s` is longer than %(room)s characters. Map another field."),
    _("The priority %(value)s is neither a number nor one of %(words)s."),
    _("`%(name)s` is %(value)s. Write true or false."),
    _("`%(name)s` is %(value)s. Write a whole number."),
    _("`%(name)s` is %(value)s. Write a number from %(low)s to %(high)s."),
    _("`%(name)s` is %(value)s. Write seconds."),
    _(
        "`%(name)s` is %(value)s, which is no time. Write it as 2024-02-29 13:05:00 (UTC) or day first as"
        " 29/02/2024 13:05. A month first cannot be told apart."
    ),
    _("The ticket has no number. Map the field `number`."),
    _(
        "It was resolved at %(resolved_at)s, before it was opened at %(opened_at)s. Correct one of the two"
        " times."
    ),
    _("It does not say when the ticket was opened. Map the field `opened_at`."),
    _(
        "It names no service. Say which field does: in the mapping of the source, or of a file under “How the"
        " file is written” (--service-column)."
    ),
    _(
        "No business service is called %(name)s. Create it, or say on the page of the source %(source)s which"
        " one is meant."
    ),
    # A mapping that cannot work.
    _("There is no preset %(preset)s. Choose one of %(presets)s."),
    _("There is no field %(name)s. The fields are: %(fields)s."),
    _("`states` must look like %(example)s, with %(states)s."),
    _("%(path)s is not a JMESPath expression: %(error)s. Correct the mapping."),
    _("The mapping of %(source)s does not work."),
    _("This is not JSON (%(error)s)."),
    # An alert of a monitor.
    _("There is no alert in it: expected an object with fields. Check `items`."),
    _("Nothing tells this alert from others. Map a field of it to `monitor`."),
    # An event as a whole.
    _("The body is not JSON (%(error)s). Correct the sender, then send it again."),
    _("`items` finds no tickets: %(error)s. Correct the mapping."),
    _("Applying it was interrupted too often. Look into the log, then replay it."),
    _("The database refused it: %(error)s"),
    # A past answer.
    _("It names no ticket or no time. Fill in `number` and `answered_at`."),
    _("It holds no answer. Fill in a rating, a lost time, a reason or a comment."),
    _("There is no scale %(scale)s. Write one of %(scales)s."),
    _("`%(name)s` is %(value)s. Write a whole number from %(low)s to %(high)s."),
    _("The reason %(reason)s is no key of a reason: separate reasons by semicolons."),
    # A person.
    _("It names neither `external_id` nor `email`. Give at least one of them."),
    _("`email` is %(value)s, which is no address. Write name@example.org."),
    _("`language` is %(value)s. Write a code such as en or de-CH."),
    _("`time_zone` is %(value)s. Write a name such as Europe/Berlin."),
    _("`%(name)s` is %(value)s. Write it as a text."),
    _("`%(name)s` is longer than %(room)s characters. Shorten it."),
    # A file, or a row of it.
    _("It has %(cells)s cells where the header has %(columns)s."),
    _("The first line names no columns: %(error)s. It must be the header of a CSV file."),
    _("The column %(name)s is there twice. Remove or rename one of them."),
    _("Two columns mean %(name)s. Remove or rename one of them."),
    _("There is no column %(name)s. The first line must name the columns; found: %(found)s."),
    _(
        "There is no column email or external_id. The first line must name the columns; known are %(known)s;"
        " found: %(found)s."
    ),
    _(
        "There is no column %(names)s to tell the number of the ticket. Rename the columns, or set up a"
        " source (Data > Sources), say there which column is which, and write its short name under “How the"
        " file is written”; found: %(found)s."
    ),
    _(
        "There is no column %(names)s to tell the service. Name the one that does, under “How the file is"
        " written” or with --service-column; found: %(found)s."
    ),
    _(
        "The file names %(count)s services that are not there. Name the column that tells the service, or"
        " create the services first."
    ),
    _("The file is a workbook, no CSV. Save it as “CSV UTF-8” and choose that file."),
    _("The file is neither in UTF-8 nor in Windows-1252. Save it as “CSV UTF-8” and choose that file."),
    _(
        "Some lines are in UTF-8 and others are not (up to line %(line)s). Save the file as “CSV UTF-8” and "
        "choose that file."
    ),
    _("This is neither JSON nor rows of a CSV file under a line of column names."),
    _("%(file)s cannot be read: %(error)s. Check the path and the file."),
    _("Line %(line)s cannot be read: %(error)s. Correct its quotation marks."),
    _("A line of the file is longer than 1 MB. Send a CSV file with a row per line."),
    _("Unpacked, the file is larger than %(most)s MB. Split it into several files."),
    # A job.
    _("The one before is still running. Wait until it is done."),
    _("There is no preset %(preset)s. Choose one of the list."),
    _("It stopped with an error; the worker's log says which."),
    _("It could not be done for hours; the worker's log says why."),
    _("There is sample data already. Remove it before you load it again."),
    _(
        "The agreement %(agreement)s names a sample service, so the sample stays. Where it is a draft, take"
        " the service out of it."
    ),
    _(
        "Tickets of %(source)s belong to %(service)s. Give that name to a service of your own, import them"
        " again, then remove the sample."
    ),
)
for _template in _TEMPLATES:
    stored(_template)


def told_reasons(text: str) -> str:
    """Return why something was not taken, in the reader's language: one reason, or several in a row.

    Each may stand behind a ticket number or the name of a mapping. What no template knows stays as it is.
    """
    return _BETWEEN.join(_told(reason) for reason in text.split(_BETWEEN))


def _told(reason: str) -> str:
    said = told(reason)
    if said != reason:
        return said
    for mark in (": ", "does not work. "):
        head, found, tail = reason.partition(mark)
        if found and told(tail) != tail:
            return f"{told((head + mark).rstrip())} {told(tail)}"
    return reason
