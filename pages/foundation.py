"""The pages and terms that every cohort has, before anyone writes."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Collection, Page, Site

from pages import groupes
from pages.models import (
    AccueilPage,
    AllieIndexPage,
    Cadre,
    CadrePage,
    CohortePage,
    ContactPage,
    DispositifIndexPage,
    Echelle,
    EnseignementIndexPage,
    Fondamental,
    FondamentalPage,
    PlaidoyerPage,
    RegardsCroisesPage,
    StandardPage,
    TerritoireIndexPage,
    TroncCommunPage,
)

FONDAMENTAUX = [
    ("engagement", "Engagement des acteurs", "Qui s’engage, et qu’est-ce qui l’y autorise ?"),
    ("cooperation", "Coopération", "Que faisons-nous ensemble que nul ne ferait seul ?"),
    ("systemique", "Dimension systémique", "Qu’est-ce qui bouge ailleurs quand on agit ici ?"),
    ("evaluation", "Évaluation", "Qu’est-ce qui a de la valeur, et comment le voit-on ?"),
]


CADRES = [
    ("pensee", "Cadre de pensée", "De quoi parlons-nous vraiment ?"),
    ("organisation", "Cadre d’organisation", "Qui porte quoi, avec qui, et comment décide‑t‑on ?"),
    ("action", "Cadre d’action", "Que faisons-nous, maintenant que c’est mûr ?"),
]
ECHELLES = [
    ("locale", "Échelle locale", "Que peut-on ici, sans attendre ?"),
    ("regionale", "Échelle régionale", "Que faut-il de la région et des départements ?"),
    ("nationale", "Échelle nationale", "Que faut-il de l’État et de la loi ?"),
]
TERMES = {Fondamental: FONDAMENTAUX, Cadre: CADRES, Echelle: ECHELLES}
COHORTE = {
    "introduction": (
        "Des territoires mènent ensemble leur transition écologique, et rendent public ce qu’ils en "
        "apprennent."
    ),
    "elus": (
        "Le mandat : décider, en répondre devant les habitant·es, et donner à d’autres la légitimité "
        "d’agir."
    ),
    "agents": (
        "Le métier : faire d’une décision un travail réel, et savoir ce qui tient dans la durée."
    ),
    "etat": (
        "Le cadre commun : le droit, les moyens publics, et le lien avec ce qui se décide à l’échelle "
        "nationale."
    ),
    "socio_economiques": (
        "L’initiative : entreprises, associations, agriculteurs et agricultrices font vivre le "
        "territoire chaque jour."
    ),
    "tronc_commun": (
        "Ce que toute la cohorte partage : des connaissances, des méthodes et des expériences, dans "
        "l’ordre où elles s’éclairent."
    ),
}
CONTACT = (
    "Une question, une erreur à relever, un contenu à signaler : écrivez-nous ici. Vous recevrez un "
    "accusé de réception."
)
ROOT, ROOT_OF_FILES = "Tout le portail", "Tous les fichiers"
"""What Wagtail calls « Root »."""

TEXTES = Path(__file__).parent / "textes"
LEGALES = {
    "mentions-legales": (
        "Mentions légales",
        "Qui publie ce site, qui l’héberge, et ce que l’on peut en reprendre.",
    ),
    "donnees-personnelles": (
        "Données personnelles",
        "Ce que le site retient de vous, pourquoi, et ce que vous pouvez demander.",
    ),
    "accessibilite": (
        "Accessibilité : non conforme",
        "Le site est fait pour que tout le monde puisse s’en servir, mais aucun audit ne l’a vérifié.",
    ),
}
"""The legal notices by their slug, whose body is in ``textes``: what depends on the publisher stands
there between brackets, to be completed."""


@transaction.atomic
def lay():
    """Create what is missing: the terms of the method, home and its sections, the groups and what
    each may do; point the site at them.

    What exists is left as its editors made it.
    """
    for model, termes in TERMES.items():
        for rang, (code, nom, question) in enumerate(termes, start=1):
            model.objects.get_or_create(
                code=code, defaults={"nom": nom, "question": question, "rang": rang}
            )
    Page.objects.filter(depth=1, title="Root").update(title=ROOT, draft_title=ROOT)
    Collection.objects.filter(depth=1, name="Root").update(name=ROOT_OF_FILES)
    home = AccueilPage.objects.first() or _home()
    cohorte = _section(home, CohortePage, "La cohorte", **COHORTE)
    _section(home, TerritoireIndexPage, "Territoires")
    enseignements = _section(home, EnseignementIndexPage, "Enseignements")
    _section(home, PlaidoyerPage, "Ce que la cohorte porte")
    _section(home, TroncCommunPage, "Tronc commun")
    contact = _section(home, ContactPage, "Nous écrire", show_in_menus=False, introduction=CONTACT)
    for slug, (title, introduction) in LEGALES.items():
        if not StandardPage.objects.filter(slug=slug).exists():
            _legal_page(home, slug, title, introduction, contact)
    _section(enseignements, RegardsCroisesPage, "Regards croisés", show_in_menus=False)
    for terme, model in ((Fondamental, FondamentalPage), (Cadre, CadrePage)):
        for row in terme.objects.filter(page=None):
            terme_field = {terme._meta.model_name: row}
            cohorte.add_child(instance=model(title=row.nom, slug=slugify(row.nom), **terme_field))
    _section(cohorte, DispositifIndexPage, "Dispositifs", show_in_menus=False)
    _section(cohorte, AllieIndexPage, "Allié·es", slug="allies", show_in_menus=False)
    address = urlsplit(settings.SITE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname,
            "port": address.port or (443 if address.scheme == "https" else 80),
            "root_page": home,
        },
    )
    groupes.lay()


def _section(parent, model, title, **fields):
    """The only page of this type, created under ``parent`` if there is none."""
    page = model.objects.first()
    if page is None:
        fields = {"slug": slugify(title), "show_in_menus": True} | fields
        page = model(title=title, **fields)
        parent.add_child(instance=page)
    return page


def _legal_page(home, slug, title, introduction, contact):
    """A legal notice at the foot of every page."""
    texte = (TEXTES / f"{slug}.html").read_text(encoding="utf-8")
    texte = texte.format(contact=contact.pk, site=settings.SITE_URL)
    page = StandardPage(
        title=title,
        slug=slug,
        introduction=introduction,
        corps=json.dumps([{"type": "texte", "value": texte}]),
        show_in_footer=True,
    )
    home.add_child(instance=page)


def _home():
    """A new home page in the place of Wagtail's welcome page."""
    root = Page.get_first_root_node()
    home = root.add_child(instance=AccueilPage(title="La cohorte", slug="accueil"))
    Site.objects.update(root_page=home)
    root.get_children().exclude(pk=home.pk).delete()
    return Page.objects.get(pk=home.pk).specific
