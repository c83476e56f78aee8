"""The pages and terms that every cohort has, before anyone writes."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Page, Site

from pages.models import AccueilPage, EnseignementIndexPage, Fondamental, TerritoireIndexPage

FONDAMENTAUX = [
    ("engagement", "Engagement des acteurs", "Qui s’engage, et qu’est-ce qui l’y autorise ?"),
    ("cooperation", "Coopération", "Que faisons-nous ensemble que nul ne ferait seul ?"),
    ("systemique", "Dimension systémique", "Qu’est-ce qui bouge ailleurs quand on agit ici ?"),
    ("evaluation", "Évaluation", "Qu’est-ce qui a de la valeur, et comment le voit-on ?"),
]


@transaction.atomic
def lay():
    """Create what is missing: home, its two lists, the four fundamentals; point the site at them.

    What exists is left as its editors made it.
    """
    for rang, (code, nom, question) in enumerate(FONDAMENTAUX, start=1):
        Fondamental.objects.get_or_create(
            code=code, defaults={"nom": nom, "question": question, "rang": rang}
        )
    # Wagtail's own groups may write everywhere: here rights are given by territory.
    Group.objects.filter(name__in=["Editors", "Moderators"], user=None).delete()
    home = AccueilPage.objects.first() or _home()
    for model, title in (
        (TerritoireIndexPage, "Territoires"),
        (EnseignementIndexPage, "Enseignements"),
    ):
        if not model.objects.exists():
            home.add_child(instance=model(title=title, slug=slugify(title), show_in_menus=True))
    address = urlsplit(settings.SITE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname,
            "port": address.port or (443 if address.scheme == "https" else 80),
            "root_page": home,
        },
    )


def _home():
    """A new home page in the place of Wagtail's welcome page."""
    root = Page.get_first_root_node()
    home = root.add_child(instance=AccueilPage(title="La cohorte", slug="accueil"))
    Site.objects.update(root_page=home)
    root.get_children().exclude(pk=home.pk).delete()
    return Page.objects.get(pk=home.pk).specific
