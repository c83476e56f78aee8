"""Pages that not everyone may read."""

from django.apps import apps
from django.db import models, transaction
from wagtail.models import Page, PageViewRestriction
from wagtail.permission_policies.pages import PagePermissionPolicy

from communaute.models import Siege
from communaute.permissions import can_manage

DEEPEST = 10
"""Levels of the tree that lists look up for what is above a page; an address looks all the way up."""

_RESERVED = (
    "EXISTS (SELECT 1 FROM wagtailcore_pageviewrestriction"
    " JOIN wagtailcore_page above ON above.id = page_id"
    " WHERE above.path = SUBSTR(%(expressions)s, 1, LENGTH(above.path)))"
)
# Each path above, rather than a comparison with every page: the index of paths finds them.
_BELOW_A_DRAFT = (  # noqa: S608 - made of numbers alone
    "EXISTS (SELECT 1 FROM wagtailcore_page above WHERE NOT above.live AND above.path IN ({}))"
).format(
    ", ".join(f"SUBSTR(%(expressions)s, 1, {level * Page.steplen})" for level in range(2, DEEPEST))
)


def withheld():
    """That a published page is not for all: it, or one above it, is reserved, or one above it is not
    published. An expression to filter pages by.

    Wagtail's ``private_q`` says the first after asking the database which pages are reserved. In SQL:
    every page asks it several times, and Django would take longer to write it than the database to answer.
    """
    return _condition(f"({_RESERVED} OR {_BELOW_A_DRAFT})")


def _condition(sql):
    return models.Func("path", template=sql, output_field=models.BooleanField())


def public_pages():
    """The pages that anyone may read."""
    return Page.objects.live().exclude(withheld())


def readable_by(pages, user):
    """Those of ``pages`` (a ``PageQuerySet``) that are published, as is all above them, and that ``user``
    may read.

    A reserved page is read by holders of an active seat; kept to a delegation, by those who
    represent its territory; and by whoever may change it in the back office.
    """
    live = pages.live().exclude(_condition(_BELOW_A_DRAFT))
    public = pages.live().exclude(withheld())
    if not (user.is_authenticated and user.is_active):
        return public
    sieges = list(Siege.objects.active().filter(membre=user))
    readable = live.exclude(pk__in=_kept_from(sieges)) if sieges else public
    if can_manage(user):
        own = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
        readable = live.filter(
            models.Q(pk__in=readable.order_by().values("pk")) | models.Q(pk__in=own.values("pk"))
        )
    return readable


def _kept_from(sieges):
    """The keys of the pages kept to delegations that none of ``sieges`` belongs to."""
    represented = {siege.territoire_id for siege in sieges if siege.college and siege.territoire_id}
    kept = apps.get_model("pages.AnalyseSensiblePage").objects.filter(
        visibilite=Visibilite.DELEGATION
    )
    territoires = apps.get_model("pages.TerritoirePage").objects.filter(territoire__in=represented)
    for path in territoires.values_list("path", flat=True):
        kept = kept.exclude(path__startswith=path)
    return kept.values("pk")


class Visibilite(models.TextChoices):
    """Who may read a page."""

    PUBLIC = "public", "Tout le monde"
    MEMBRES = "membres", "Les membres de la cohorte"
    DELEGATION = "delegation", "La délégation du territoire seule"


class Reservee(models.Model):
    """A page whose form says who may read it.

    Wagtail's own restriction is kept in step, so that ``public()`` leaves the page out everywhere.
    """

    visibilite = models.CharField(
        "qui peut lire",
        max_length=10,
        choices=Visibilite,
        default=Visibilite.PUBLIC,
        help_text=(
            "Une page réservée n’existe pas pour les autres : ni adresse, ni recherche, ni lien. "
            "Les personnes qui l’éditent et l’administration technique du site y ont accès."
        ),
    )

    private_page_options = []

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.visibilite == Visibilite.PUBLIC:
                self.view_restrictions.all().delete()
            elif not self.view_restrictions.exists():
                PageViewRestriction.objects.create(
                    page=self, restriction_type=PageViewRestriction.LOGIN
                )
