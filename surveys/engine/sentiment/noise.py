"""Parts of a comment that are not the person's own words: quoted mail, ticket headers, signatures.

They are blanked with spaces, never cut out, so that positions in what is left still fit the original.
Bias: when in doubt a line is kept; a lost complaint is worse than a scored signature.
"""

from __future__ import annotations

import re

_QUOTED_LINE = re.compile(r"^[ \t]*(?:>|\|).*$", re.MULTILINE)
_HEADER_LINE = re.compile(
    r"^[ \t]*(?:from|sent|to|cc|subject|date|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para"
    r"|asunto|assunto|da|inviato|a|oggetto|van|verzonden|aan|onderwerp|från|skickat|till|ämne|lähettäjä|lähetetty|aihe"
    r"|short description|kurzbeschreibung|number|category|priority|state|assignment group|opened by|ticket id"
    r"|ref(?:erence)?)[ \t]*:[ \t].*$",
    re.MULTILINE | re.IGNORECASE,
)
_REST_IS_QUOTE = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine"
    r"|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande"
    r"|alkuperäinen viesti)|_{10,}|on .{4,80} wrote:|am .{4,80} schrieb.{0,60}:|le .{4,80} a écrit ?:"
    r"|el .{4,80} escribió:|em .{4,80} escreveu:|il .{4,80} ha scritto:|op .{4,80} schreef.{0,60}:"
    r"|den .{4,80} skrev.{0,60}:).*\Z",
    re.MULTILINE | re.IGNORECASE | re.DOTALL,
)
_SIGNATURE = re.compile(
    r"^[ \t]*(?:--[ \t]*$|(?:sent|get|gesendet|von meinem|envoyé|enviado|inviato|verzonden|skickat"
    r"|lähetetty)\b.{0,12}\b(?:from|von|vom|depuis|de|desde|da|dal|van|från)\b.{2,30}"
    r"(?:phone|ipad|android|outlook|mobil|mobiel|handy)\w*[ \t.]*$).*\Z",
    re.MULTILINE | re.IGNORECASE | re.DOTALL,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:(?:kind|best|warm|with kind|with best)[ \t]+regards|regards|br|rgds|sincerely|yours[ \t]\w+"
    r"|mit freundlichen grüßen|freundliche grüße|viele grüße|beste grüße|mfg|vg|lg|cordialement|bien à vous"
    r"|bien cordialement|salutations|un saludo|saludos(?: cordiales)?|atentamente|atenciosamente|cumprimentos"
    r"|att|cordiali saluti|distinti saluti|saluti|met vriendelijke groet(?:en)?|groet(?:en)?|mvg"
    r"|med vänlig hälsning|vänliga hälsningar|hälsningar|mvh|ystävällisin terveisin|terveisin|t\.)"
    r"[ \t]*[,.!]?[ \t]*(?:\n.{0,60}){0,8}\Z",
    re.MULTILINE | re.IGNORECASE,
)
_PATTERNS = (_REST_IS_QUOTE, _SIGNATURE, _CLOSING, _QUOTED_LINE, _HEADER_LINE)


def blank_noise(text: str) -> str:
    """Return the text with quoted mail, headers and signatures blanked; same length, line ends kept.

    A text of one line, and one that is nothing but noise, comes back unchanged.
    """
    if "\n" not in text:
        return text
    blanked = text
    for pattern in _PATTERNS:
        blanked = pattern.sub(_spaces, blanked)
    return blanked if any(char.isalnum() for char in blanked) else text


def _spaces(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
