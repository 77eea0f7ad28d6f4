"""What somebody reads whose answer could not be saved, or whose page could not be read, just now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NotSaved:
    """Heading and text of the page that keeps what was sent, and of the one that has nothing to keep."""

    heading: str
    text: str
    away: str
    away_text: str


NOT_SAVED: Mapping[str, NotSaved] = {
    "en": NotSaved(
        "Your answer was not saved.",
        "We cannot save anything just now. What you chose and wrote is still here: wait a minute, then send"
        " it again.",
        "Please try again in a minute.",
        "We cannot show this page just now. Your link stays good.",
    ),
    "de": NotSaved(
        "Ihre Antwort wurde nicht gespeichert.",
        "Wir können gerade nichts speichern. Was Sie gewählt und geschrieben haben, ist noch hier: Warten Sie"
        " eine Minute und senden Sie es noch einmal.",
        "Bitte versuchen Sie es in einer Minute noch einmal.",
        "Wir können diese Seite gerade nicht zeigen. Ihr Link bleibt gültig.",
    ),
    "fr": NotSaved(
        "Votre réponse n’a pas été enregistrée.",
        "Nous ne pouvons rien enregistrer pour le moment. Vos choix et votre texte sont toujours ici :"
        " attendez une minute, puis renvoyez-les.",
        "Veuillez réessayer dans une minute.",
        "Nous ne pouvons pas afficher cette page pour le moment. Votre lien reste valable.",
    ),
    "es": NotSaved(
        "Su respuesta no se ha guardado.",
        "Ahora mismo no podemos guardar nada. Lo que ha elegido y escrito sigue aquí: espere un minuto y"
        " envíelo de nuevo.",
        "Inténtelo de nuevo dentro de un minuto.",
        "Ahora mismo no podemos mostrar esta página. Su enlace sigue siendo válido.",
    ),
    "it": NotSaved(
        "La Sua risposta non è stata salvata.",
        "Al momento non possiamo salvare nulla. Ciò che ha scelto e scritto è ancora qui: attenda un minuto,"
        " poi lo invii di nuovo.",
        "Riprovi tra un minuto.",
        "Al momento non possiamo mostrare questa pagina. Il Suo link resta valido.",
    ),
    "pt": NotSaved(
        "A sua resposta não foi guardada.",
        "De momento não conseguimos guardar nada. O que escolheu e escreveu continua aqui: espere um minuto e"
        " envie de novo.",
        "Tente de novo dentro de um minuto.",
        "De momento não conseguimos mostrar esta página. O seu link continua válido.",
    ),
    "nl": NotSaved(
        "Uw antwoord is niet opgeslagen.",
        "We kunnen nu even niets opslaan. Wat u hebt gekozen en geschreven staat nog hier: wacht een minuut"
        " en verstuur het dan opnieuw.",
        "Probeer het over een minuut opnieuw.",
        "We kunnen deze pagina nu even niet tonen. Uw link blijft geldig.",
    ),
    "sv": NotSaved(
        "Ditt svar sparades inte.",
        "Vi kan inte spara något just nu. Det du valde och skrev finns kvar här: vänta en minut och skicka"
        " det igen.",
        "Försök igen om en minut.",
        "Vi kan inte visa sidan just nu. Din länk fortsätter att gälla.",
    ),
    "fi": NotSaved(
        "Vastaustasi ei tallennettu.",
        "Emme voi juuri nyt tallentaa mitään. Valintasi ja tekstisi ovat yhä tässä: odota minuutti ja lähetä"
        " ne uudelleen.",
        "Yritä uudelleen minuutin kuluttua.",
        "Emme voi juuri nyt näyttää tätä sivua. Linkkisi on yhä voimassa.",
    ),
    "pl": NotSaved(
        "Odpowiedź nie została zapisana.",
        "W tej chwili nie możemy niczego zapisać. Wybór i tekst są nadal tutaj: proszę odczekać minutę i"
        " wysłać je ponownie.",
        "Proszę spróbować ponownie za minutę.",
        "W tej chwili nie możemy pokazać tej strony. Link pozostaje ważny.",
    ),
    "ja": NotSaved(
        "回答は保存されませんでした。",
        "現在、保存ができません。選択と入力の内容はこのページに残っています。1分ほど待ってから、もう一度送信してください。",
        "1分ほど待ってから、もう一度お試しください。",
        "現在、このページを表示できません。リンクは引き続き有効です。",
    ),
    "ar": NotSaved(
        "لم تُحفظ إجابتك.",
        "لا يمكننا حفظ أي شيء الآن. ما اخترته وكتبته ما زال هنا: انتظر دقيقة ثم أرسله مرة أخرى.",
        "يرجى المحاولة مرة أخرى بعد دقيقة.",
        "لا يمكننا عرض هذه الصفحة الآن. يبقى رابطك صالحًا.",
    ),
}
