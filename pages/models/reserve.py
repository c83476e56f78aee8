"""Pages that not everyone may read."""

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Length, Substr
from wagtail.models import PageViewRestriction
from wagtail.permission_policies.pages import PagePermissionPolicy

from communaute.models import Siege
from communaute.permissions import can_manage


def reserved():
    """That a page, or one above it, is reserved: an expression to filter pages by.

    Wagtail's ``private_q`` says the same after asking the database which pages are reserved.
    """
    above = Substr(models.OuterRef("path"), 1, Length("page__path"))
    return models.Exists(PageViewRestriction.objects.filter(page__path=above))


def readable_by(pages, user):
    """Those of ``pages`` (a ``PageQuerySet``) that are published and that ``user`` may read.

    A reserved page is read by holders of an active seat; kept to a delegation, by those who
    represent its territory; and by whoever may change it in the back office.
    """
    live = pages.live()
    public = live.exclude(reserved())
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
