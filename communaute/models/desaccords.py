"""A disagreement that is put to work in a topic: its positions, who holds them, how others restate them, what
is tried, and what comes of it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from communaute.models.echanges import OfTopicQuerySet, readable_topic
from communaute.models.espaces import where_one_speaks
from communaute.models.membres import new_reference


class Dessous(models.Model):
    """What one who holds a position says of it: what matters underneath, what would change their mind."""

    compte = models.TextField("ce qui compte, dessous", max_length=1000, blank=True)
    changerait = models.TextField("ce qui ferait changer d’avis", max_length=1000, blank=True)

    class Meta:
        abstract = True


class PositionQuerySet(OfTopicQuerySet):
    def shown(self):
        """Those whose text is there to read: neither withdrawn nor hidden."""
        return self.filter(retiree_le=None, masquee_le=None)

    def with_work(self):
        """Fetch who holds each, and how it was restated, in as many queries however many there are."""
        restated = Reformulation.objects.select_related("auteur", "depuis__auteur")
        return self.select_related("auteur").prefetch_related(
            Prefetch("tenues", Tenue.objects.select_related("membre")),
            Prefetch("reformulations", restated.prefetch_related("reconnaissances")),
        )


class Position(Dessous):
    """What somebody holds in a disagreement, under their name or, with a ``role``, under that alone: nobody
    else is then told who wrote it.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, related_name="positions", verbose_name="sujet"
    )
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField("rôle", max_length=80, blank=True)
    texte = models.TextField("texte", max_length=2000)
    posee_le = models.DateTimeField("posée le", default=timezone.now)
    redite = models.ForeignKey(
        "communaute.Reformulation",
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="redite dont on a dit que c’est bien ça",
    )
    retiree_le = models.DateTimeField("retirée le", null=True)
    masquee_le = models.DateTimeField("masquée par l’animation le", null=True)
    motif = models.TextField("motif de l’animation", max_length=2000, blank=True)

    objects = PositionQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    ROLE_ERASED = "—"
    """What is left of the role of a position that was withdrawn: that there was one."""

    class Meta:
        verbose_name = "position"
        ordering = ["pk"]

    def __str__(self):
        return f"Position {self.reference}"

    def get_absolute_url(self):
        return f"{reverse('communaute:sujet', args=[self.topic.reference])}#{self.anchor}"

    @property
    def anchor(self):
        """The id of this position in its topic's page."""
        return f"position-{self.reference}"

    @property
    def is_shown(self):
        """Whether its text is there to read."""
        return self.retiree_le is None and self.masquee_le is None

    @property
    def signature(self):
        """Under what it is held: a role, or the name of who wrote it."""
        if not self.role:
            return self.auteur.get_full_name()
        return self.role if self.is_shown else "Une personne qui tenait une autre position"

    @property
    def restatements(self):
        """How it was restated, the first time first."""
        return list(self.reformulations.all())

    @property
    def beneath(self):
        """What those who hold it say matters, and would change their mind; who wrote it first, unnamed."""
        said = [("", self), *((one.membre.get_full_name(), one) for one in self.tenues.all())]
        return [
            {"nom": nom, "compte": one.compte, "changerait": one.changerait}
            for nom, one in said
            if one.compte or one.changerait
        ]

    @property
    def others(self):
        """The other positions of its disagreement that are there to read."""
        return [one for one in self.topic.positions.all() if one.pk != self.pk and one.is_shown]

    def said_beneath_by(self, user):
        """What ``user``, who holds it, said of what matters underneath, by the name of each field."""
        own = (one for one in self.tenues.all() if one.membre_id == user.pk)
        said = self if self.auteur_id == user.pk else next(own, self)
        return {"compte": said.compte, "changerait": said.changerait}

    def is_held_by(self, user):
        """Whether ``user`` wrote it, or said that they hold it too."""
        return self.auteur_id == user.pk or any(
            tenue.membre_id == user.pk for tenue in self.tenues.all()
        )


class TenueQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the disagreements that ``user`` may read."""
        return self.filter(readable_topic("position__topic__", user))


class Tenue(Dessous):
    """That a member says, under their name, that they hold a position too."""

    position = models.ForeignKey(Position, models.CASCADE, related_name="tenues")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    dite_le = models.DateTimeField("dite le", default=timezone.now)

    objects = TenueQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "position tenue aussi"
        verbose_name_plural = "positions tenues aussi"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["position", "membre"], name="tenue_unique")]

    def __str__(self):
        return str(self.membre)


class ReformulationQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the disagreements that ``user`` may read."""
        return self.filter(readable_topic("position__topic__", user))

    def asking(self, user):
        """Those of which ``user``, who can speak there, is asked whether it is what they hold: the last of a
        position, until one who holds it says that it is, or they said something of it.
        """
        later = Reformulation.objects.filter(position=OuterRef("position"), pk__gt=OuterRef("pk"))
        held = Tenue.objects.filter(position=OuterRef("position"), membre=user.pk)
        said = Reconnaissance.objects.filter(reformulation=OuterRef("pk"), membre=user.pk)
        return self.filter(
            Q(position__auteur=user.pk) | Q(Exists(held)),
            ~Exists(later),
            ~Exists(said),
            position__in=Position.objects.shown().filter(redite=None).order_by().values("pk"),
            position__topic__status=0,
            position__topic__approved=True,
            position__topic__forum__espace__in=where_one_speaks(user),
        ).exclude(auteur=user.pk)


class Reformulation(models.Model):
    """How one who holds another position, ``depuis``, says that they understood this one."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    position = models.ForeignKey(Position, models.CASCADE, related_name="reformulations")
    depuis = models.ForeignKey(Position, models.CASCADE, related_name="+")
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    texte = models.TextField("texte", max_length=2000)
    dite_le = models.DateTimeField("dite le", default=timezone.now)

    objects = ReformulationQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "reformulation"
        ordering = ["pk"]

    def __str__(self):
        return f"Reformulation {self.reference}"

    @property
    def signature(self):
        """Under what it is said: who wrote a position under a role speaks under it here too."""
        if self.depuis.auteur_id == self.auteur_id:
            return self.depuis.signature
        return self.auteur.get_full_name()

    @property
    def missing(self):
        """What those who hold the position say is missing in it."""
        return [one.mot for one in self.reconnaissances.all() if one.mot]

    def was_answered_by(self, user):
        """Whether ``user`` said something of it."""
        return any(one.membre_id == user.pk for one in self.reconnaissances.all())


class ReconnaissanceQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the disagreements that ``user`` may read."""
        return self.filter(readable_topic("reformulation__position__topic__", user))


class Reconnaissance(models.Model):
    """What one who holds a position says of how it was restated. Its page does not say who: that would tell
    who holds it under a role.
    """

    reformulation = models.ForeignKey(Reformulation, models.CASCADE, related_name="reconnaissances")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    est_juste = models.BooleanField("c’est bien ça")
    mot = models.CharField("ce qui manque", max_length=300, blank=True)
    dite_le = models.DateTimeField("dite le", default=timezone.now)

    objects = ReconnaissanceQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "reconnaissance"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reformulation", "membre"], name="reconnaissance_unique"
            )
        ]

    def __str__(self):
        return "Reconnaissance"


class EssaiQuerySet(OfTopicQuerySet):
    def open(self):
        """Those that were neither concluded nor replaced, whose text is there to read."""
        return self.filter(clos_le=None).exclude(texte="")

    def due(self, on):
        """Those whose day has come."""
        return self.open().filter(
            le__lte=on, topic__status=0, topic__approved=True, topic__nature="desaccord"
        )

    def asking(self, user, on):
        """Those whose day has come, of which ``user``, who took part and can speak there, said nothing
        since.
        """
        here = {"topic": OuterRef("topic")}
        there = {"position__topic": OuterRef("topic")}
        took_part = (
            Q(par=user.pk)
            | Q(topic__poster=user.pk)
            | Q(Exists(Position.objects.filter(**here, auteur=user.pk, retiree_le=None)))
            | Q(Exists(Tenue.objects.filter(**there, membre=user.pk)))
            | Q(Exists(Reformulation.objects.filter(**there, auteur=user.pk)))
            | Q(Exists(AvisEssai.objects.filter(essai__topic=OuterRef("topic"), membre=user.pk)))
        )
        since = AvisEssai.objects.filter(
            essai=OuterRef("pk"), membre=user.pk, dit_le__gte=OuterRef("le")
        )
        return self.due(on).filter(
            took_part,
            ~Exists(since),
            topic__forum__espace__in=where_one_speaks(user),
        )


class Essai(models.Model):
    """What is tried in a disagreement until a day when it is talked of again; with an ``arbitre``, who
    decides by that day.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, related_name="essais", verbose_name="sujet"
    )
    texte = models.TextField("ce que nous essayons", max_length=2000)
    arbitre = models.CharField("qui tranche", max_length=150, blank=True)
    le = models.DateField("on en reparle le")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    propose_le = models.DateTimeField("proposé le", default=timezone.now)
    rappele_le = models.DateTimeField("rappelé le", null=True)
    clos_le = models.DateTimeField("clos le", null=True)

    objects = EssaiQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "essai"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic"], condition=Q(clos_le=None), name="essai_ouvert_unique"
            )
        ]

    def __str__(self):
        return f"Essai {self.reference}"

    def get_absolute_url(self):
        return reverse("communaute:essai", args=[self.reference])

    @property
    def is_open(self):
        """Whether it was neither concluded nor replaced, and its text is there to read."""
        return self.clos_le is None and bool(self.texte)

    @property
    def is_due(self):
        """Whether the day has come when it is talked of again."""
        return self.le <= timezone.localdate()

    def avis_of(self, user):
        """What ``user`` said of it, by the name of each field of its form."""
        own = (one for one in self.avis.all() if one.membre_id == user.pk)
        return next(({"va": "01"[one.va], "mot": one.mot} for one in own), {})

    @property
    def agreeing(self):
        """The names of those whom it suits."""
        return [one.membre.get_full_name() for one in self.avis.all() if one.va]

    @property
    def hindered(self):
        """What those say whom something hinders, each with their name."""
        return [
            {"nom": one.membre.get_full_name(), "mot": one.mot}
            for one in self.avis.all()
            if one.mot
        ]


class AvisEssaiQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the disagreements that ``user`` may read."""
        return self.filter(readable_topic("essai__topic__", user))


class AvisEssai(models.Model):
    """Whether what is tried suits a member, or what hinders; under their name."""

    essai = models.ForeignKey(Essai, models.CASCADE, related_name="avis")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    va = models.BooleanField("cela me va")
    mot = models.CharField("ce qui gêne", max_length=300, blank=True)
    dit_le = models.DateField("dit le", default=timezone.localdate)

    objects = AvisEssaiQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "avis sur un essai"
        verbose_name_plural = "avis sur des essais"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["essai", "membre"], name="avis_essai_unique")
        ]

    def __str__(self):
        return "Avis"


class Issue(models.Model):
    """What came of a disagreement, for now: never who was right."""

    class Fin(models.TextChoices):
        RESOLU = "resolu", "Résolu"
        VECU = "vecu", "Vécu avec"
        ESSAYE = "essaye", "Essayé"
        PORTE = "porte", "Porté plus haut"
        PAUSE = "pause", "En pause"

    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, related_name="issues", verbose_name="sujet"
    )
    fin = models.CharField("où cela en est", max_length=10, choices=Fin)
    texte = models.TextField("ce qu’il en reste", max_length=1000)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    dite_le = models.DateTimeField("dite le", default=timezone.now)

    objects = OfTopicQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "issue d’un désaccord"
        verbose_name_plural = "issues de désaccords"
        ordering = ["-pk"]

    def __str__(self):
        return self.get_fin_display()
