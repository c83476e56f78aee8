"""Meetings: when and where one meets, around a topic; who comes, and who waits for a seat."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from communaute.models.echanges import DRAWN_ON, OfTopicQuerySet, readable_topic
from communaute.models.espaces import rights_of, where_one_speaks
from communaute.models.membres import College, Siege, new_reference
from communaute.places import RESERVED_UNTIL, Places

TIME_TO_CONFIRM = timedelta(hours=48)
"""How long whoever waited has to take the seat that came free; less where the meeting is near."""
TIME_TO_ARRIVE = timedelta(hours=1)
"""How long before a meeting begins, and after it ends, one says that one is there."""
TIME_TO_SORT = timedelta(hours=48)
"""How long those who were there have, once it ended, to sort what was noted."""


class RencontreQuerySet(OfTopicQuerySet):
    def shown(self):
        """Those whose topic is there to be read."""
        return self.filter(topic__approved=True, topic__titre_masque="")

    def to_come(self, at):
        """Those that are not over at that time, the next first."""
        return self.filter(fin__gt=at).order_by("debut", "pk")

    def past(self, at):
        """Those that took place before that time, the latest first."""
        return self.filter(fin__lte=at, annulee_le=None).order_by("-debut", "-pk")

    def searching(self):
        """Those whose date is searched for together."""
        return self.filter(debut=None, annulee_le=None)

    def with_unanswered(self, user):
        """Annotate whether ``user`` has yet to answer one of the dates that are proposed (``unanswered``)."""
        left = DateProposee.objects.unanswered_by(user).filter(rencontre=OuterRef("pk"))
        return self.annotate(unanswered=Exists(left))

    def with_coming(self, user):
        """Annotate how many come to each (``coming_count``), what ``user`` answered (``mine``): "", or a
        ``Presence.Reponse``, and whether they wait for a seat (``waits``).
        """
        here = Presence.objects.filter(rencontre=OuterRef("pk")).order_by()
        seated = here.seated().values("rencontre").annotate(n=Count("pk")).values("n")
        own = here.filter(membre=user.pk)
        return self.annotate(
            coming_count=Coalesce(Subquery(seated), 0),
            mine=Coalesce(Subquery(own.values("reponse")[:1]), Value("")),
            waits=Exists(own.filter(attend_depuis__isnull=False)),
        )


class Rencontre(models.Model):
    """One date of the meeting that its topic names, presents and keeps what is said of. Who reads the topic
    reads of it. Until a date is chosen among those that are proposed, it has neither ``debut`` nor ``fin``.

    ``programme`` is a list of dicts: ``heure`` ("09:30") and ``texte``. ``reservees`` is one too, of the
    seats that are kept: ``places``, and either a ``college`` or a ``territoire`` (its key, and its ``nom`` as
    it was), the same of the two in all. ``revision`` grows with each change of what a calendar keeps.
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    topic = models.ForeignKey(
        "forum_conversation.Topic", models.CASCADE, related_name="rencontres", verbose_name="sujet"
    )
    debut = models.DateTimeField("début", null=True, blank=True)
    fin = models.DateTimeField("fin", null=True, blank=True)
    lieu = models.CharField("lieu", max_length=200, blank=True)
    lien = models.URLField("lien de visioconférence", max_length=500, blank=True)
    territoire = models.ForeignKey(
        "communaute.Territoire",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="territoire qui accueille",
    )
    programme = models.JSONField("programme", default=list, blank=True)
    capacite = models.PositiveSmallIntegerField("nombre de places", null=True, blank=True)
    reservees = models.JSONField("places gardées", default=list, blank=True)
    revision = models.PositiveIntegerField("révision", default=0)
    modifiee_le = models.DateTimeField("modifiée le", default=timezone.now)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
    motif = models.CharField("pourquoi elle est annulée", max_length=300, blank=True)

    objects = RencontreQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "rencontre"
        ordering = ["debut", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "debut"], name="rencontre_date_unique"),
            models.CheckConstraint(
                condition=Q(debut=None, fin=None) | Q(debut__isnull=False, fin__isnull=False),
                name="rencontre_a_ses_heures_ou_aucune",
            ),
            models.CheckConstraint(
                condition=Q(fin__gt=models.F("debut")), name="rencontre_finit_apres_le_debut"
            ),
            models.CheckConstraint(
                condition=Q(capacite=None) | Q(capacite__gt=0), name="rencontre_a_des_places"
            ),
        ]
        indexes = [models.Index(fields=["debut"], name="rencontre_par_debut")]

    def __str__(self):
        if self.debut is None:
            return "Rencontre dont on cherche la date"
        return f"Rencontre du {timezone.localtime(self.debut):%d/%m/%Y à %H:%M}"

    def get_absolute_url(self):
        return f"{self.topic.get_absolute_url()}?date={self.reference}#rencontre"

    def count_coming(self):
        """Set how many come (``coming_count``), may (``maybe_count``) and wait (``waiting_count``), and how
        many seats each group has (``taken``).
        """
        here = Presence.objects.filter(rencontre=self, membre__is_active=True)
        rows = list(
            here.with_group(self.grouped_by)
            .order_by()
            .values("group")
            .annotate(
                coming=Count("pk", filter=Q(reponse=Presence.Reponse.OUI, attend_depuis=None)),
                maybe=Count("pk", filter=Q(reponse=Presence.Reponse.PEUT_ETRE)),
                waiting=Count("pk", filter=Q(attend_depuis__isnull=False)),
                offered=Count("pk", filter=Q(offerte_jusqua__isnull=False)),
            )
        )
        for name in ("coming", "maybe", "waiting"):
            setattr(self, f"{name}_count", sum(row[name] for row in rows))
        self.taken = {row["group"]: row["coming"] + row["offered"] for row in rows}

    def count_among(self, presences):
        """The same, of ``presences``, which are all of its own, each with its ``group``."""
        self.coming_count = sum(one.is_seated for one in presences)
        self.maybe_count = sum(one.reponse == Presence.Reponse.PEUT_ETRE for one in presences)
        self.waiting_count = sum(one.attend_depuis is not None for one in presences)
        taken = (one.group for one in presences if one.is_seated or one.offerte_jusqua)
        self.taken = Counter(taken)

    def places(self, at):
        """Its seats at that time, as ``count_coming`` found them."""
        reserved = self.reserved if at < self.reserved_until else {}
        return Places(self.capacite, reserved, self.taken)

    def group_of(self, membre):
        """The group of ``membre``, by the seat they speak from; None where it keeps no seats."""
        return self.grouped_by and membre.siege and getattr(membre.siege, self.grouped_by)

    @property
    def grouped_by(self):
        """The field of a seat that says for which group it keeps seats; None where it keeps none."""
        if not self.reservees:
            return None
        return "college" if "college" in self.reservees[0] else "territoire_id"

    @property
    def reserved(self):
        """How many seats it keeps for each group."""
        name = "college" if self.grouped_by == "college" else "territoire"
        return {one[name]: one["places"] for one in self.reservees}

    @property
    def reserved_until(self):
        """From when on what is left of these is for all."""
        return self.debut - RESERVED_UNTIL

    @property
    def kept_for(self):
        """For whom it keeps seats, by group."""
        colleges = {one.value: f"les {one.label[0].lower()}{one.label[1:]}" for one in College}
        return {
            group: colleges.get(group) or one["nom"]
            for group, one in zip(self.reserved, self.reservees, strict=True)
        }

    def following(self):
        """The dates of the same meeting that come after it, and are to take place."""
        after = max(self.debut or timezone.now(), timezone.now())
        return Rencontre.objects.filter(topic=self.topic_id, debut__gt=after, annulee_le=None)

    def silent(self):
        """Those who may say when they could come, and said nothing of one of the dates that are proposed."""
        said = Disponibilite.objects.filter(date=OuterRef("pk"), membre=OuterRef(OuterRef("pk")))
        left = DateProposee.objects.filter(~Exists(said), rencontre=self)
        espace = self.topic.espace
        peers = Siege.objects.giving_access_to(espace).values("membre")
        speaks = Q(pk__in=peers) | Q(pk__in=espace.animateurs.values("pk"))
        return self.topic.readers().filter(speaks, Exists(left))

    @property
    def is_over(self):
        """Whether it took place, or would have."""
        return self.fin is not None and self.fin <= timezone.now()

    @property
    def is_searching(self):
        """Whether its date is searched for together."""
        return self.debut is None and self.annulee_le is None

    @property
    def took_place(self):
        """Whether it is over, and was not called off."""
        return self.annulee_le is None and self.is_over

    @property
    def is_open(self):
        """Whether it is still to take place."""
        return self.annulee_le is None and not self.is_over

    @property
    def is_on(self):
        """Whether one says now that one is there."""
        return self._is_between(TIME_TO_ARRIVE, TIME_TO_ARRIVE)

    @property
    def sorted_by(self):
        """When the time to sort its notes is over."""
        return self.fin + TIME_TO_SORT

    @property
    def is_being_sorted(self):
        """Whether one says who was there, notes what was said, and sorts it."""
        return self._is_between(TIME_TO_ARRIVE, TIME_TO_SORT)

    def _is_between(self, before, after):
        """Whether it takes place, so long before it begins to so long after it ends."""
        if self.debut is None or self.annulee_le is not None:
            return False
        return self.debut - before <= timezone.now() < self.fin + after

    @property
    def is_one_day(self):
        """Whether it ends on the day it begins."""
        return timezone.localdate(self.debut) == timezone.localdate(self.fin)


class PresenceQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own, and those who come, of the meetings that ``user`` may read of: no other learns who does
        not come, hesitates or waits.
        """
        own_or_coming = Q(membre=user.pk) | Q(reponse=Presence.Reponse.OUI, attend_depuis=None)
        return self.filter(readable_topic("rencontre__topic__", user), own_or_coming)

    def seated(self):
        """Those who come, and have a seat."""
        return self.filter(reponse=Presence.Reponse.OUI, attend_depuis=None, membre__is_active=True)

    def with_names(self, first):
        """Fetch who each is: the member ``first``, then those who answered, the first ones first."""
        ordered = self.filter(membre__is_active=True).select_related("membre")
        is_other = Case(When(membre=first.pk, then=0), default=1)
        return ordered.order_by(is_other, "repondu_le", "pk")

    def there(self):
        """Those who were there."""
        return self.filter(present_le__isnull=False)

    def waiting(self):
        """Those who would come, and wait for a seat, whether or not one was offered."""
        return self.filter(
            reponse=Presence.Reponse.OUI, attend_depuis__isnull=False, membre__is_active=True
        )

    def offered(self):
        """Those to whom a seat is kept until they confirm."""
        return self.waiting().filter(offerte_jusqua__isnull=False)

    def with_group(self, name):
        """Annotate the ``group`` of each: the field ``name`` of the seat they speak from."""
        if name is None:
            return self.annotate(group=Value(None, models.CharField()))
        sieges = Siege.objects.active().filter(membre=OuterRef("membre"))
        return self.annotate(group=Subquery(sieges.values(name)[:1]))

    def concerned(self):
        """Those who are told when the meeting changes, and reminded of it."""
        return self.exclude(reponse=Presence.Reponse.NON)


class Presence(models.Model):
    """What a member says of their coming to a meeting.

    Who says yes where no seat is left waits since ``attend_depuis``; a seat that comes free is kept for them
    until ``offerte_jusqua``. Who came is there since ``present_le``.
    """

    class Reponse(models.TextChoices):
        OUI = "oui", "Je viens"
        PEUT_ETRE = "peut_etre", "Peut-être"
        NON = "non", "Je ne viens pas"

    rencontre = models.ForeignKey(Rencontre, models.CASCADE, related_name="presences")
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reponse = models.CharField("réponse", max_length=10, choices=Reponse)
    repondu_le = models.DateTimeField("répondu le", default=timezone.now)
    attend_depuis = models.DateTimeField("attend une place depuis", null=True, blank=True)
    offerte_jusqua = models.DateTimeField("place gardée jusqu’au", null=True, blank=True)
    present_le = models.DateTimeField("présent·e le", null=True, blank=True)

    objects = PresenceQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "présence"
        ordering = ["attend_depuis", "repondu_le", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["rencontre", "membre"], name="presence_unique"),
            models.CheckConstraint(
                condition=Q(attend_depuis=None) | Q(reponse="oui"), name="presence_attend_si_oui"
            ),
            models.CheckConstraint(
                condition=Q(offerte_jusqua=None) | Q(attend_depuis__isnull=False),
                name="presence_offerte_si_attend",
            ),
            models.CheckConstraint(
                condition=Q(present_le=None) | Q(reponse="oui", attend_depuis=None),
                name="presence_vient_si_present",
            ),
        ]

    def __str__(self):
        return self.get_reponse_display()

    @property
    def is_seated(self):
        """Whether they come, and have a seat."""
        return self.reponse == self.Reponse.OUI and self.attend_depuis is None


class DateProposeeQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Those of the meetings that ``user`` may read of."""
        return self.filter(readable_topic("rencontre__topic__", user))

    def unanswered_by(self, user):
        """Those of which ``user``, who speaks where they are proposed, said nothing yet."""
        said = Disponibilite.objects.filter(membre=user.pk, date=OuterRef("pk"))
        here = where_one_speaks(user)
        return self.filter(~Exists(said), rencontre__topic__forum__espace__in=here)


class DateProposee(models.Model):
    """A date proposed for a meeting, until one is chosen."""

    rencontre = models.ForeignKey(Rencontre, models.CASCADE, related_name="dates_proposees")
    debut = models.DateTimeField("début")
    fin = models.DateTimeField("fin")

    objects = DateProposeeQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "date proposée"
        verbose_name_plural = "dates proposées"
        ordering = ["debut", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["rencontre", "debut"], name="date_proposee_unique"),
            models.CheckConstraint(
                condition=Q(fin__gt=models.F("debut")), name="date_proposee_finit_apres_le_debut"
            ),
        ]

    def __str__(self):
        return f"Proposée pour le {timezone.localtime(self.debut):%d/%m/%Y à %H:%M}"

    @property
    def is_past(self):
        """Whether it is too late to choose it."""
        return self.debut <= timezone.now()


class DisponibiliteQuerySet(models.QuerySet):
    def readable_by(self, user):
        """One's own; and all those of a meeting that ``user`` opened, or whose space they facilitate."""
        own = Q(membre=user.pk) | Q(date__rencontre__topic__poster=user.pk)
        facilitated = Q(date__rencontre__topic__forum__espace__in=rights_of(user).animated)
        return self.filter(readable_topic("date__rencontre__topic__", user), own | facilitated)


class Disponibilite(models.Model):
    """What a member says of a date that is proposed; erased once one is chosen."""

    class Reponse(models.TextChoices):
        OUI = "oui", "Oui"
        SI_BESOIN = "si_besoin", "Si besoin"
        NON = "non", "Non"

    date = models.ForeignKey(
        DateProposee, models.CASCADE, related_name="disponibilites", verbose_name="date proposée"
    )
    membre = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reponse = models.CharField("réponse", max_length=10, choices=Reponse)
    dite_le = models.DateTimeField("dite le", default=timezone.now)

    objects = DisponibiliteQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "disponibilité"
        ordering = ["dite_le", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["date", "membre"], name="disponibilite_unique")
        ]

    def __str__(self):
        return self.get_reponse_display()


class AnnonceRencontreQuerySet(models.QuerySet):
    def latest_said(self):
        """What was written last first: an announcement, or what came out of the meeting."""
        return self.order_by(Coalesce("suites_le", "parue_le").desc(), "-pk")

    def public(self):
        """Those that anyone may read: of meetings whose topic is there, and lets something of it be told."""
        return self.filter(
            rencontre__topic__approved=True,
            rencontre__topic__titre_masque="",
            rencontre__topic__promesse__in=DRAWN_ON,
        ).select_related("rencontre__territoire")

    def to_come(self, at):
        """Those of meetings that are not over at that time, the next first."""
        return self.filter(rencontre__fin__gt=at).order_by("rencontre__debut", "pk")

    def past(self, at):
        """Those of meetings that took place before that time, the latest first."""
        over = self.filter(rencontre__fin__lte=at, rencontre__annulee_le=None)
        return over.order_by("-rencontre__debut", "-pk")


class AnnonceRencontre(models.Model):
    """What the public is told of a meeting, written for it: nothing of its topic but when, and who hosts;
    once it took place, what came out of it (``suites``).
    """

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    rencontre = models.OneToOneField(Rencontre, models.CASCADE, related_name="annonce")
    titre = models.CharField("titre", max_length=150)
    presentation = models.TextField("présentation", max_length=1500)
    lieu = models.CharField("où", max_length=200)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    parue_le = models.DateTimeField("parue le", default=timezone.now)
    suites = models.TextField("ce qui en est sorti", max_length=3000, blank=True)
    suites_le = models.DateTimeField("suites dites le", null=True, blank=True)

    objects = AnnonceRencontreQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "annonce de rencontre"
        verbose_name_plural = "annonces de rencontre"

    def __str__(self):
        return self.titre

    def get_absolute_url(self):
        return reverse("annonce", args=[self.reference])

    @property
    def last_said(self):
        """When the public was last told something of it."""
        said = (self.parue_le, self.suites_le, self.rencontre.modifiee_le)
        return max(filter(None, said))


class AgendaPersonnel(models.Model):
    """That a member has their meetings shown in a calendar of theirs, at a secret address made of ``cle``."""

    membre = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cle = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    ouvert_le = models.DateTimeField("ouvert le", default=timezone.now)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "agenda personnel"

    def __str__(self):
        return "Agenda personnel"
