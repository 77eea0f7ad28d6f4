"""What somebody reads who wants to be contacted about a ticket after an anonymous survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    """The words of the link and its button, and what the desk ({receiver}) learns of the ticket {number}."""

    link: str
    text: str


CONTACT: Mapping[str, Contact] = {
    "en": Contact(
        "Contact me about this ticket",
        "{receiver} learns that you want to be contacted about {number}. Your answer stays apart, without"
        " your name.",
    ),
    "de": Contact(
        "Nehmen Sie wegen dieses Tickets Kontakt mit mir auf",
        "{receiver} erfährt, dass Sie wegen {number} kontaktiert werden möchten. Ihre Antwort bleibt davon"
        " getrennt und ohne Namen.",
    ),
    "fr": Contact(
        "Contactez-moi au sujet de ce ticket",
        "{receiver} apprend que vous souhaitez être contacté au sujet de {number}. Votre réponse reste à"
        " part, sans votre nom.",
    ),
    "es": Contact(
        "Contacten conmigo por este tique",
        "{receiver} sabrá que desea que le contacten por {number}. Su respuesta queda aparte, sin su nombre.",
    ),
    "it": Contact(
        "Contattatemi per questo ticket",
        "{receiver} saprà che desidera essere contattato per {number}. La Sua risposta resta separata, senza"
        " nome.",
    ),
    "pt": Contact(
        "Contactem-me sobre este pedido",
        "{receiver} fica a saber que quer ser contactado sobre {number}. A sua resposta fica à parte, sem o"
        " seu nome.",
    ),
    "nl": Contact(
        "Neem contact met mij op over dit ticket",
        "{receiver} hoort dat u contact wilt over {number}. Uw antwoord blijft daarvan gescheiden, zonder uw"
        " naam.",
    ),
    "sv": Contact(
        "Kontakta mig om det här ärendet",
        "{receiver} får veta att du vill bli kontaktad om {number}. Ditt svar hålls isär, utan ditt namn.",
    ),
    "fi": Contact(
        "Ottakaa minuun yhteyttä tästä tiketistä",
        "{receiver} saa tiedon, että haluat yhteydenoton: {number}. Vastauksesi pysyy erillään, ilman"
        " nimeäsi.",
    ),
    "pl": Contact(
        "Proszę o kontakt w sprawie tego zgłoszenia",
        "{receiver} dowie się, że prosisz o kontakt w sprawie {number}. Odpowiedź pozostaje osobno, bez"
        " nazwiska.",
    ),
    "ja": Contact(
        "このチケットについて連絡を希望する",
        "{number}について連絡を希望されることを{receiver}に伝えます。回答とは別に扱われ、お名前は残りません。",
    ),
    "ar": Contact(
        "تواصلوا معي بشأن هذه التذكرة",
        "سيعلم {receiver} أنك تريد التواصل معك بشأن {number}. تبقى إجابتك منفصلة ومن دون اسمك.",
    ),
}
