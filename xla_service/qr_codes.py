"""QR codes as SVG, dark on white whatever the colours of the page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

# Reads on paper that is folded or stained: 15 % of the code may be lost.
ERROR_LEVEL = "m"
# The standard asks for four modules of white around it.
QUIET_ZONE = 4


def qr_code(address: str, *, title: str, **look: Any) -> str:
    """Return the code of an address as SVG; `look` goes to segno's writer."""
    image = BytesIO()
    code = segno.make(address, error=ERROR_LEVEL, micro=False)
    code.save(image, kind="svg", border=QUIET_ZONE, light="white", title=title, **look)
    return image.getvalue().decode()


def inline_qr_code(address: str, *, title: str) -> SafeString:
    """Return the code to stand in a page, without styles."""
    look = {"xmldecl": False, "svgns": False, "omitsize": True, "svgclass": "qr", "lineclass": None}
    return mark_safe(qr_code(address, title=title, **look))
