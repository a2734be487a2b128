"""Sentences written for this project: none is from a published corpus, and the sets are disjoint."""

EMOZIONALMENTE = (
    "Il treno parte tra poco.",
    "Domani andiamo al mare.",
    "La finestra è aperta.",
    "Le chiavi sono sul tavolo.",
    "Il bambino gioca in cortile.",
    "Arriva mia sorella.",
    "Leggi questa lettera.",
    "Hanno chiuso la strada.",
    "Il telefono non squilla.",
    "Qualcuno bussa alla porta.",
)

EMOVO = {
    "b1": "Il pane è nel forno.",
    "l1": "Il postino suona due volte e poi se ne va.",
    "n1": "La luna beve sotto il tappeto.",
    "d1": "Hai visto il mio cappello?",
    "b2": "La neve copre i campi.",
    "l2": "Se smette di piovere usciamo a comprare il latte.",
    "n2": "Un sasso canta dentro la minestra.",
    "d2": "Quando torna tuo fratello?",
    "b3": "Il cane dorme in giardino.",
    "l3": "La biblioteca resta aperta fino a tardi ogni venerdì.",
    "n3": "La sedia corre verde e rotonda.",
    "l4": "Ho lasciato l'ombrello nella macchina di Paolo.",
    "n4": "Sette nuvole comprano un chiodo.",
    "n5": "Il lunedì pesa quattro colori.",
}
"""By EMOVO's codes: b short, l long, n without meaning, d questions; the first four are one of each kind."""

WARM_UP = (
    "The rain falls softly on the roof.",
    "The market opens early on Saturday.",
    "My grandfather grows tomatoes and beans.",
    "The museum stays closed today.",
    "We have missed the last bus.",
    "The apple cake is almost ready.",
    "The cat is sleeping on the bench.",
    "I would like a glass of fresh water.",
    "The music came from the square.",
    "Write the date on this sheet.",
    "The river flows under the old bridge.",
    "Who has taken my bicycle?",
)
"""English sentences for pre-training the tiny encoders without labels."""

TRANSCRIBED = (
    (
        *("Mio zio", "La maestra", "Il pescatore", "Una ragazza", "Il vicino", "Sua moglie", "Il medico"),
        *("Quel signore", "La cuoca", "Uno studente", "L'avvocato", "Nostra cugina", "Chi"),
    ),
    (
        *("compra", "cerca", "dimentica", "porta", "regala", "trova", "vende", "disegna", "prepara", "guarda"),
        *("chiede", "nasconde", "perde", "aspetta", "fotografa"),
    ),
    (
        *("il caffè", "due arance", "una chitarra", "l'orologio", "un libro giallo", "la valigia", "3 fiori"),
        *("gli occhiali", "il formaggio", "una sciarpa", "le scarpe nuove", "un coltello", "qualche fungo"),
    ),
    (
        *("ogni mattina", "in stazione", "dopo cena", "senza parlare", "con pazienza", "al lago", "per gioco"),
        *("sotto casa", "a mezzogiorno", "più tardi", "vicino al ponte", "di nascosto", "perché è lunedì"),
    ),
)
"""Parts of the Italian sentences for language pre-fine-tuning: one of each, in this order."""
