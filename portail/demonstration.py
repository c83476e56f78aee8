"""The demo cohort: its accounts, listed on the sign-in page, and its contents in ``portail/demo``."""

import tomllib
from pathlib import Path

CONTENTS = Path(__file__).parent / "demo"
PASSWORD = "demo"
ACCOUNTS = [
    {"email": "elue@demo.example", "role": "Élue"},
    {"email": "successeur@demo.example", "role": "Élu arrivé en cours de route"},
    {"email": "agent@demo.example", "role": "Agent d’une collectivité"},
    {"email": "etat@demo.example", "role": "Agente de l’État"},
    {"email": "socio@demo.example", "role": "Acteur socio-économique"},
    {"email": "allie@demo.example", "role": "Alliée"},
    {"email": "editeur@demo.example", "role": "Éditrice d’un territoire"},
    {"email": "animation@demo.example", "role": "Animatrice de la cohorte"},
    {"email": "admin@demo.example", "role": "Administration du site"},
]


def read(name):
    """One file of the demo's contents, as a dict."""
    return tomllib.loads((CONTENTS / f"{name}.toml").read_text(encoding="utf-8"))
