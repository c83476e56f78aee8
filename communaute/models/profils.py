"""What members say of themselves to one another, each thing to whom they choose."""

from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.urls import reverse

from communaute.models.membres import Membre, new_reference
from communaute.search import StemsField


class Visible(models.TextChoices):
    """To whom one shows something of oneself, from the fewest to the most."""

    PERSONNE = "personne", "Personne"
    ESPACES = "espaces", "Les personnes de mes espaces de pairs"
    MEMBRES = "membres", "Tous les membres de la cohorte"


def private_storage():
    """Where photos lie: under no address, served by a view that asks who looks."""
    return storages["pieces_jointes"]


def unguessable(profil, filename):
    """A name that tells nothing of whose photo it is."""
    reference = new_reference()
    return f"photos/{reference[:2]}/{reference}"


def _visible(default=Visible.ESPACES):
    return models.CharField("visible par", max_length=10, choices=Visible, default=default)


class Shown(NamedTuple):
    """What one member is shown of the profile of another: nothing where that is not for them."""

    photo: str = ""
    partage: str = ""
    cherche: str = ""
    contact: str = ""


class ProfilQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the members whom ``user`` meets; each says what of it ``is_shown`` to them."""
        met = Membre.objects.met_by(user)
        return self.filter(membre__in=met.order_by().values("pk")).annotate(
            is_near=Membre.objects.near("membre", user)
        )

    def saying(self, words, fields):
        """Those of these, ``readable_by`` somebody, that say all these stems in what of ``fields`` is
        shown to them.
        """
        said = self
        for word in words:
            where = Q()
            for field in fields:
                where |= _shown(field) & Q(**{f"mots_{field}__seen": [word]})
            said = said.filter(where)
        return said

    def saying_something(self, fields):
        """Those of these that say anything in what of ``fields`` is shown."""
        where = Q()
        for field in fields:
            where |= _shown(field) & ~Q(**{field: ""})
        return self.filter(where)


def _shown(field):
    """The condition on a profile ``readable_by`` somebody that they are shown this field."""
    visible = f"{field}_visible"
    return Q(**{visible: Visible.MEMBRES}) | Q(**{visible: Visible.ESPACES}, is_near=True)


class Profil(models.Model):
    """What a member says of themselves. Name, function and territory are those of the seat."""

    membre = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="profil"
    )
    photo = models.FileField(
        "photo", storage=private_storage, upload_to=unguessable, blank=True, max_length=100
    )
    photo_visible = _visible()
    partage = models.TextField("ce que je peux partager", max_length=1500, blank=True)
    partage_visible = _visible()
    cherche = models.TextField("ce que je cherche", max_length=1500, blank=True)
    cherche_visible = _visible()
    contact = models.TextField("comment me joindre", max_length=500, blank=True)
    contact_visible = _visible()
    mots_partage = StemsField(of="partage")
    mots_cherche = StemsField(of="cherche")

    objects = ProfilQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "profil"

    def __str__(self):
        return "Profil"

    @property
    def shown(self):
        """What of it is shown to the one whom it was found ``readable_by``."""
        allowed = {Visible.MEMBRES, Visible.ESPACES} if self.is_near else {Visible.MEMBRES}
        seen = {
            field: getattr(self, field)
            for field in Shown._fields
            if getattr(self, f"{field}_visible") in allowed
        }
        if seen.get("photo"):
            seen["photo"] = reverse("communaute:photo", args=[self.membre.reference])
        return Shown(**{name: value or "" for name, value in seen.items()})
