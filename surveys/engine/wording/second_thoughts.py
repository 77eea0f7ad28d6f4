"""What the thank-you page asks where rating and comment say opposite things.

Only for the languages in which comments are read; in another the page asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.engine.contradictions import Contradiction


@dataclass(frozen=True)
class SecondThought:
    """The question after a happy or an unhappy rating ({rating} of {high}), and the words of its link."""

    after_happy: str
    after_unhappy: str
    link: str

    def question(self, found: Contradiction) -> str:
        """Return the question that fits the contradiction."""
        is_happy = found is Contradiction.HAPPY_RATING_NEGATIVE_TEXT
        return self.after_happy if is_happy else self.after_unhappy


SECOND_THOUGHTS: Mapping[str, SecondThought] = {
    "en": SecondThought(
        "You chose {rating} of {high}, and your comment sounds unhappy. Did you mean a lower number?",
        "You chose {rating} of {high}, and your comment sounds happy. Did you mean a higher number?",
        "Choose another number",
    ),
    "de": SecondThought(
        "Sie haben {rating} von {high} gewählt, und Ihr Kommentar klingt unzufrieden. Meinten Sie eine"
        " niedrigere Zahl?",
        "Sie haben {rating} von {high} gewählt, und Ihr Kommentar klingt zufrieden. Meinten Sie eine höhere"
        " Zahl?",
        "Eine andere Zahl wählen",
    ),
    "fr": SecondThought(
        "Vous avez choisi {rating} sur {high}, et votre commentaire semble mécontent. Vouliez-vous une note"
        " plus basse ?",
        "Vous avez choisi {rating} sur {high}, et votre commentaire semble satisfait. Vouliez-vous une note"
        " plus haute ?",
        "Choisir une autre note",
    ),
    "es": SecondThought(
        "Ha elegido {rating} de {high} y su comentario suena descontento. ¿Quería un número más bajo?",
        "Ha elegido {rating} de {high} y su comentario suena satisfecho. ¿Quería un número más alto?",
        "Elegir otro número",
    ),
    "pt": SecondThought(
        "Escolheu {rating} de {high} e o seu comentário parece insatisfeito. Queria um número mais baixo?",
        "Escolheu {rating} de {high} e o seu comentário parece satisfeito. Queria um número mais alto?",
        "Escolher outro número",
    ),
    "it": SecondThought(
        "Ha scelto {rating} su {high} e il suo commento sembra scontento. Intendeva un numero più basso?",
        "Ha scelto {rating} su {high} e il suo commento sembra contento. Intendeva un numero più alto?",
        "Scegliere un altro numero",
    ),
    "nl": SecondThought(
        "U koos {rating} van {high}, en uw opmerking klinkt ontevreden. Bedoelde u een lager cijfer?",
        "U koos {rating} van {high}, en uw opmerking klinkt tevreden. Bedoelde u een hoger cijfer?",
        "Een ander cijfer kiezen",
    ),
    "sv": SecondThought(
        "Du valde {rating} av {high}, och din kommentar låter missnöjd. Menade du en lägre siffra?",
        "Du valde {rating} av {high}, och din kommentar låter nöjd. Menade du en högre siffra?",
        "Välj en annan siffra",
    ),
    "fi": SecondThought(
        "Valitsit {rating}/{high}, mutta kommenttisi kuulostaa tyytymättömältä. Tarkoititko pienempää"
        " numeroa?",
        "Valitsit {rating}/{high}, mutta kommenttisi kuulostaa tyytyväiseltä. Tarkoititko suurempaa numeroa?",
        "Valitse toinen numero",
    ),
}
