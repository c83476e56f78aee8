"""The pages and terms that every cohort has, before anyone writes."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Page, Site

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
    TerritoireIndexPage,
    TroncCommunPage,
)

FONDAMENTAUX = [
    ("engagement", "Engagement des acteurs", "Qui s’engage, et qu’est-ce qui l’y autorise ?"),
    ("cooperation", "Coopération", "Que faisons-nous ensemble que nul ne ferait seul ?"),
    ("systemique", "Dimension systémique", "Qu’est-ce qui bouge ailleurs quand on agit ici ?"),
    ("evaluation", "Évaluation", "Qu’est-ce qui a de la valeur, et comment le voit-on ?"),
]


CADRES = [
    ("pensee", "Cadre de pensée", "De quoi parlons-nous vraiment ?"),
    ("organisation", "Cadre d’organisation", "Qui porte quoi, avec qui, et comment décide-t-on ?"),
    ("action", "Cadre d’action", "Que faisons-nous, maintenant que c’est mûr ?"),
]
ECHELLES = [
    ("locale", "Échelle locale", "Que peut-on ici, sans attendre ?"),
    ("regionale", "Échelle régionale", "Que faut-il de la région et des départements ?"),
    ("nationale", "Échelle nationale", "Que faut-il de l’État et de la loi ?"),
]
TERMES = {Fondamental: FONDAMENTAUX, Cadre: CADRES, Echelle: ECHELLES}


@transaction.atomic
def lay():
    """Create what is missing: the terms of the method, home and its sections; point the site at them.

    What exists is left as its editors made it.
    """
    for model, termes in TERMES.items():
        for rang, (code, nom, question) in enumerate(termes, start=1):
            model.objects.get_or_create(
                code=code, defaults={"nom": nom, "question": question, "rang": rang}
            )
    # Wagtail's own groups may write everywhere: here rights are given by territory.
    Group.objects.filter(name__in=["Editors", "Moderators"], user=None).delete()
    home = AccueilPage.objects.first() or _home()
    cohorte = _section(home, CohortePage, "La cohorte")
    _section(home, TerritoireIndexPage, "Territoires")
    enseignements = _section(home, EnseignementIndexPage, "Enseignements")
    _section(home, PlaidoyerPage, "Ce que la cohorte porte")
    _section(home, TroncCommunPage, "Tronc commun")
    _section(home, ContactPage, "Nous écrire", show_in_menus=False)
    _section(enseignements, RegardsCroisesPage, "Regards croisés", show_in_menus=False)
    for terme, model in ((Fondamental, FondamentalPage), (Cadre, CadrePage)):
        for row in terme.objects.filter(page=None):
            terme_field = {terme._meta.model_name: row}
            cohorte.add_child(instance=model(title=row.nom, slug=slugify(row.nom), **terme_field))
    _section(cohorte, DispositifIndexPage, "Dispositifs", show_in_menus=False)
    _section(cohorte, AllieIndexPage, "Alliés", show_in_menus=False)
    address = urlsplit(settings.SITE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname,
            "port": address.port or (443 if address.scheme == "https" else 80),
            "root_page": home,
        },
    )


def _section(parent, model, title, show_in_menus=True):
    """The only page of this type, created under ``parent`` if there is none."""
    page = model.objects.first()
    if page is None:
        page = model(title=title, slug=slugify(title), show_in_menus=show_in_menus)
        parent.add_child(instance=page)
    return page


def _home():
    """A new home page in the place of Wagtail's welcome page."""
    root = Page.get_first_root_node()
    home = root.add_child(instance=AccueilPage(title="La cohorte", slug="accueil"))
    Site.objects.update(root_page=home)
    root.get_children().exclude(pk=home.pk).delete()
    return Page.objects.get(pk=home.pk).specific
