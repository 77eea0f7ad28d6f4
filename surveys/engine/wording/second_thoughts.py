"""What the thank-you page asks where rating and comment say opposite things.

Asked in every language of the page; whether there is something to ask says the comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.engine.contradictions import Contradiction


@dataclass(frozen=True)
class SecondThought:
    """The question after a happy or an unhappy rating ({rating} of {high}), and "it is meant"."""

    after_happy: str
    after_unhappy: str
    keep: str

    def question(self, found: Contradiction) -> str:
        """Return the question that fits the contradiction."""
        is_happy = found is Contradiction.HAPPY_RATING_NEGATIVE_TEXT
        return self.after_happy if is_happy else self.after_unhappy


SECOND_THOUGHTS: Mapping[str, SecondThought] = {
    "en": SecondThought(
        "You chose {rating} of {high}, and your comment sounds unhappy. Did you mean a lower number?",
        "You chose {rating} of {high}, and your comment sounds happy. Did you mean a higher number?",
        "No, {rating} is right",
    ),
    "de": SecondThought(
        "Sie haben {rating} von {high} gewählt, und Ihr Kommentar klingt unzufrieden. Meinten Sie eine"
        " niedrigere Zahl?",
        "Sie haben {rating} von {high} gewählt, und Ihr Kommentar klingt zufrieden. Meinten Sie eine höhere"
        " Zahl?",
        "Nein, {rating} stimmt",
    ),
    "fr": SecondThought(
        "Vous avez choisi {rating} sur {high}, et votre commentaire semble mécontent. Vouliez-vous une note"
        " plus basse ?",
        "Vous avez choisi {rating} sur {high}, et votre commentaire semble satisfait. Vouliez-vous une note"
        " plus haute ?",
        "Non, je garde {rating}",
    ),
    "es": SecondThought(
        "Ha elegido {rating} de {high} y su comentario suena descontento. ¿Quería un número más bajo?",
        "Ha elegido {rating} de {high} y su comentario suena satisfecho. ¿Quería un número más alto?",
        "No, {rating} es correcto",
    ),
    "pt": SecondThought(
        "Escolheu {rating} de {high} e o seu comentário parece insatisfeito. Queria um número mais baixo?",
        "Escolheu {rating} de {high} e o seu comentário parece satisfeito. Queria um número mais alto?",
        "Não, {rating} está certo",
    ),
    "it": SecondThought(
        "Ha scelto {rating} su {high} e il suo commento sembra scontento. Intendeva un numero più basso?",
        "Ha scelto {rating} su {high} e il suo commento sembra contento. Intendeva un numero più alto?",
        "No, {rating} è giusto",
    ),
    "nl": SecondThought(
        "U koos {rating} van {high}, en uw opmerking klinkt ontevreden. Bedoelde u een lager cijfer?",
        "U koos {rating} van {high}, en uw opmerking klinkt tevreden. Bedoelde u een hoger cijfer?",
        "Nee, {rating} klopt",
    ),
    "sv": SecondThought(
        "Du valde {rating} av {high}, och din kommentar låter missnöjd. Menade du en lägre siffra?",
        "Du valde {rating} av {high}, och din kommentar låter nöjd. Menade du en högre siffra?",
        "Nej, {rating} stämmer",
    ),
    "fi": SecondThought(
        "Valitsit {rating}/{high}, mutta kommenttisi kuulostaa tyytymättömältä. Tarkoititko pienempää"
        " numeroa?",
        "Valitsit {rating}/{high}, mutta kommenttisi kuulostaa tyytyväiseltä. Tarkoititko suurempaa numeroa?",
        "Ei, {rating} on oikein",
    ),
    "pl": SecondThought(
        "Wybrano ocenę {rating} z {high}, a z komentarza przebija niezadowolenie. Czy chodziło o niższą"
        " ocenę?",
        "Wybrano ocenę {rating} z {high}, a z komentarza przebija zadowolenie. Czy chodziło o wyższą ocenę?",
        "Nie, {rating} się zgadza",
    ),
    "ja": SecondThought(
        "{high}段階のうち{rating}を選びましたが、コメントからは不満が感じられます。もっと低い数字のつもりでしたか。",
        "{high}段階のうち{rating}を選びましたが、コメントからは満足が感じられます。もっと高い数字のつもりでしたか。",
        "いいえ、{rating}で合っています",
    ),
    "ar": SecondThought(
        "اخترت {rating} من {high}، لكن تعليقك يوحي بعدم الرضا. هل قصدت رقمًا أقل؟",
        "اخترت {rating} من {high}، لكن تعليقك يوحي بالرضا. هل قصدت رقمًا أعلى؟",
        "لا، {rating} صحيح",
    ),
}
