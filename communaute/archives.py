"""A member's archive: all that the portal holds about them, as JSON and as a page to read, with their files.

It holds nobody else's words. What others wrote is named by its reference, which opens it as long as one
may read it: an archive outlives its owner's rights.
"""

import json
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cached_property
from tempfile import TemporaryFile
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from communaute import citations, courriel
from communaute.forum_conversation.models import Post
from communaute.models import (
    AcceptationCharte,
    Accord,
    AccordPromesse,
    ActeModeration,
    Adhesion,
    AgendaPersonnel,
    Alerte,
    AnnonceRencontre,
    Archive,
    AvisEssai,
    Brouillon,
    Cohorte,
    DemandePromesse,
    Disponibilite,
    Essai,
    Invitation,
    Issue,
    Membre,
    Mention,
    Merci,
    MiseEnCommun,
    MotDePassation,
    Nomination,
    Participation,
    Position,
    Presence,
    PreuveAccord,
    Profil,
    Reconnaissance,
    Recours,
    Reformulation,
    Rencontre,
    Resume,
    Suivi,
    Suspension,
    Tenue,
    VersionPassage,
    Vote,
)
from communaute.text import fold

NOT_THEIRS = "[Citation d’une autre personne : ses mots ne sont pas dans votre archive.]"


LATE = timedelta(minutes=10)
"""After this long, an archive that is not made is asked for again."""
SAID_HERE = {
    *("communaute.Siege.membre", "communaute.Nomination.membre", "communaute.Profil.membre"),
    *("communaute.Invitation.par", "communaute.Invitation.membre", "communaute.Adhesion.par"),
    *("communaute.Suspension.membre", "communaute.AcceptationCharte.membre"),
    *("communaute.Version.auteur", "communaute.Resume.auteur", "communaute.PieceJointe.auteur"),
    *("communaute.Mention.membre", "communaute.Merci.membre", "communaute.Brouillon.membre"),
    *("communaute.Vote.membre", "communaute.DemandePromesse.auteur"),
    *("communaute.Presence.membre", "communaute.AgendaPersonnel.membre"),
    "communaute.Disponibilite.membre",
    *("communaute.Position.auteur", "communaute.Tenue.membre"),
    *("communaute.Reformulation.auteur", "communaute.Reconnaissance.membre"),
    *("communaute.Essai.par", "communaute.AvisEssai.membre", "communaute.Issue.par"),
    "communaute.AnnonceRencontre.par",
    *("communaute.AccordPromesse.membre", "communaute.Participation.membre"),
    *("communaute.MiseEnCommun.auteur", "communaute.MiseEnCommun.remise_par"),
    *("communaute.VersionPassage.par", "communaute.VersionPassage.de"),
    *("communaute.Accord.membre", "communaute.PreuveAccord.membre"),
    *("communaute.Suivi.membre", "communaute.ActeModeration.par", "communaute.Alerte.membre"),
    *("communaute.ActeModeration.membre", "communaute.Cohorte.referent"),
    *("communaute.Membre_groups.membre", "communaute.Membre_user_permissions.membre"),
    *("forum_conversation.Topic.poster", "forum_conversation.Post.poster"),
    *("account.EmailAddress.user", "mfa.Authenticator.user", "usersessions.UserSession.user"),
}
"""The relations to a member that ``Parts`` tells in words of its own."""
TOLD = {
    "communaute.Abonnement.email": (
        "abonnement à la lettre de la semaine",
        {"demandé le": "demande_le", "confirmé le": "confirme_le"},
    ),
    "pages.Signalement.email": (
        "message par la page de contact",
        {"référence": "reference", "reçu le": "recu_le", "nom": "nom", "message": "message"},
    ),
}
"""What bears their address without being theirs by a relation."""
BEHIND = {
    "socialaccount.SocialAccount.user": (
        "compte relié",
        {
            "chez": "provider",
            "identifiant": "uid",
            "le": "date_joined",
            "dernière entrée": "last_login",
        },
    ),
    "communaute.Notification.membre": (
        "nouvelle reçue",
        {"pourquoi": "motif", "sujet": "evenement__topic__reference", "le": "evenement__cree_le"},
    ),
    "communaute.Envoi.membre": ("courriel de nouvelles", {"état": "etat", "le": "envoye_le"}),
    "communaute.CourrielRecu.membre": (
        "réponse par courriel",
        {"issue": "issue", "le": "recu_le"},
    ),
    "pages.Parcours.membre": ("ressource parcourue", {"page": "ressource__title"}),
    "pages.PortailImage.uploaded_by_user": (
        "image déposée",
        {"titre": "title", "le": "created_at"},
    ),
    "pages.PortailDocument.uploaded_by_user": (
        "document déposé",
        {"titre": "title", "le": "created_at"},
    ),
    "wagtailcore.UploadedFile.uploaded_by_user": ("dépôt commencé", {"fichier": "file"}),
    "wagtailcore.Page.owner": ("page créée", {"titre": "title", "le": "first_published_at"}),
    "wagtailcore.Page.locked_by": ("page réservée", {"titre": "title", "le": "locked_at"}),
    "wagtailcore.PageSubscription.user": ("page suivie", {"page, par son numéro": "page_id"}),
    "wagtailcore.Revision.user": (
        "version enregistrée",
        {"numéro": "object_id", "le": "created_at"},
    ),
    "wagtailcore.WorkflowState.requested_by": ("relecture demandée", {"le": "created_at"}),
    "wagtailcore.TaskState.finished_by": (
        "relecture faite",
        {"le": "finished_at", "mon commentaire": "comment"},
    ),
    "wagtailcore.Comment.user": ("commentaire", {"texte": "text", "le": "created_at"}),
    "wagtailcore.CommentReply.user": (
        "réponse à un commentaire",
        {"texte": "text", "le": "created_at"},
    ),
    "wagtailcore.Comment.resolved_by": ("commentaire réglé", {"le": "resolved_at"}),
    "wagtailcore.PageLogEntry.user": ("acte sur une page", {"acte": "action", "le": "timestamp"}),
    "wagtailcore.ModelLogEntry.user": ("acte", {"acte": "action", "le": "timestamp"}),
    "wagtailcore.APIToken.user": ("jeton", {"nom": "name", "le": "created"}),
    "wagtailadmin.EditingSession.user": ("page en cours", {"vue le": "last_seen_at"}),
    "wagtailadmin.FormState.user": ("formulaire en cours", {"gardé le": "last_updated_at"}),
    "wagtailusers.UserProfile.user": (
        "préférences de la gestion",
        {"langue": "preferred_language", "thème": "theme", "contraste": "contrast"},
    ),
}
"""What other rooms remember of a member: for each relation, what it is and what of it is told."""
LEFT_OUT = {
    "communaute.Archive.membre": "it is the archive",
    "forum_conversation.Post.updated_by": "who changes a message is its author",
    "wagtaildocs.Document.uploaded_by_user": "the portal has a model of its own",
    "wagtailimages.Image.uploaded_by_user": "the portal has a model of its own",
}


# --- Asking for one, and being given it


@transaction.atomic
def ask(membre):
    """Have an archive made for ``membre``, in place of an earlier one; one that is being made is enough."""
    membre = Membre.objects.held(membre.pk)
    archives = Archive.objects.filter(membre=membre)
    if archives.waiting().exists():
        return
    for earlier in archives:
        earlier.delete()
    archive = Archive.objects.create(membre=membre)
    transaction.on_commit(lambda: make.enqueue(archive.pk))


# Beside the request where there is no worker: it may take a while.
@task(priority=1)
def make(pk):
    """Make the archive of this key, and tell its owner that it is there."""
    archive = Archive.objects.waiting().filter(pk=pk).select_related("membre").first()
    if archive is None:
        return
    with TemporaryFile() as file:
        write(archive.membre, file)
        archive.fichier.save("archive", File(file), save=False)
    is_given = False
    try:
        is_given = _give(archive)
    finally:
        if not is_given:
            archive.fichier.delete(save=False)


@transaction.atomic
def _give(archive):
    """Keep the archive that was made and tell its owner, where their address takes mail; whether they still
    wait for it.
    """
    made = {"fichier": archive.fichier.name, "prete_le": timezone.now()}
    if not Archive.objects.waiting().filter(pk=archive.pk).update(**made):
        return False
    context = {
        "archive": archive,
        "adresse": f"{settings.SITE_URL}{reverse('mes_donnees')}",
        "cohorte": Cohorte.load(),
    }
    try:
        courriel.send(archive.membre.email, "communaute/email/archive_prete.txt", context)
    except courriel.ABOUT_A_MAIL as error:
        if not courriel.is_final(error):
            raise
    return True


def make_those_that_wait():
    """Have those made whose job did not come to its end."""
    late = Archive.objects.waiting().filter(demandee_le__lt=timezone.now() - LATE)
    for pk in late.values_list("pk", flat=True):
        make.enqueue(pk)


def forget_outdated():
    """Delete the archives whose time is over, with their files, and return how many."""
    return Archive.objects.outdated().delete()[0]


# --- What is in it


class Kept(str):
    """The path, in the archive, of a file."""


class Section(NamedTuple):
    """A part of the archive: what it is called, what it holds (a list of dicts), and what of others, named by
    its reference alone, is left out of it."""

    titre: str
    contenu: list
    sans: str = ""


def write(membre, file):
    """Write the archive of ``membre`` into ``file``, which stays open."""
    parts = Parts(membre)
    sections = parts.sections()
    made = {
        "portail": settings.SITE_URL,
        "membre": membre.get_full_name(),
        "le": timezone.localtime(),
    }
    said = {section.titre: section.contenu for section in sections}
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        as_json = json.dumps(made | said, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        archive.writestr("donnees.json", as_json)
        shown = [section._replace(contenu=_shown(section.contenu)) for section in sections]
        context = made | {"sections": shown, "cohorte": Cohorte.load()}
        page = render_to_string("communaute/archive.html", context)
        archive.writestr("donnees.html", page)
        for path, kept in parts.files:
            # A file that is gone is no reason to be given nothing.
            with (
                suppress(FileNotFoundError),
                kept.open() as content,
                archive.open(path, "w", force_zip64=True) as entry,
            ):
                for chunk in content.chunks():
                    entry.write(chunk)


def _shown(rows):
    """``rows`` as the page shows them: lists of names with a value, a file or more rows."""
    return [
        [
            {
                "nom": name,
                "fichier": value if isinstance(value, Kept) else "",
                "lignes": _shown(value) if isinstance(value, list) else None,
                "texte": _as_text(value),
            }
            for name, value in row.items()
            if value not in (None, "", [])
        ]
        for row in rows
    ]


def _flat(value):
    """``value``, as a text where it is made of several."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if isinstance(value, dict) else value


def _as_text(value):
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d/%m/%Y à %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return value


class Parts:
    """All that the portal holds about one member, section by section; ``files`` are what goes with it."""

    def __init__(self, membre):
        self.membre, self.files = membre, []
        self._theirs = {}

    def sections(self):
        """Every section, also those where there is nothing: that is told too."""
        return [
            Section("Mon compte", [self.account]),
            Section("Mes sièges", self.seats()),
            Section("Mes nominations", self.nominations()),
            Section("Mon profil", self.profile()),
            Section("Mes messages", self.posts(), "ce que d’autres ont écrit dans ces sujets"),
            Section("Mes résumés", self.summaries()),
            Section("Mes brouillons", self.drafts()),
            Section("Mes mercis", self.thanks(), "les messages remerciés"),
            Section("Mes votes", self.votes(), "les réponses proposées par d’autres"),
            Section("Mes rencontres", self.meetings(), "les rencontres où vous dites venir"),
            Section("Mes désaccords au travail", self.disagreements(), "ce que d’autres tiennent"),
            Section("Mes réponses et demandes sur les promesses", self.promises()),
            Section("Mes mises en commun", self.drawn(), "les mots des autres"),
            Section("Mes accords", self.agreements(), "ce que d’autres ont répondu"),
            Section("Où l’on me nomme", self.mentions(), "les messages qui me nomment"),
            Section("Ce que je veux suivre et ce que j’ai lu", self.reading()),
            Section("Mes chartes", self.charters()),
            Section("Mes invitations et ma demande", self.invitations(), "les mots des autres"),
            Section("Mes alertes et mes recours", self.reports(), "les messages signalés"),
            Section("Les décisions qui me concernent", self.decisions(), "qui les a prises"),
            Section("Mes décisions d’animation", self.moderated(), "les personnes concernées"),
            Section("Mes mots de passation", self.handovers(), "les mots reçus"),
            Section("Mes appareils", self.sessions()),
            Section("Mes seconds facteurs", self.factors(), "leurs secrets"),
            Section("Mes messages à l’équipe", self.behind(TOLD)),
            Section("Mon parcours et mon travail dans la gestion", self.behind(BEHIND)),
        ]

    @property
    def account(self):
        """Who they are to the portal."""
        membre = self.membre
        addresses = EmailAddress.objects.filter(user=membre)
        return {
            "prénom": membre.first_name,
            "nom": membre.last_name,
            "adresse": membre.email,
            "autres adresses": ", ".join(
                addresses.exclude(email=membre.email).values_list("email", flat=True)
            ),
            "référence": membre.reference,
            "inscription": membre.date_joined,
            "dernière connexion": membre.last_login,
            "dernière visite": membre.vu_le,
            "prévenu·e d’une fermeture le": membre.prevenu_le,
            "décisions vues le": membre.decisions_vues_le,
            "compte ouvert": membre.is_active,
            "mot de passe": membre.has_usable_password(),
            "administration du site": membre.is_superuser,
            "groupes": ", ".join(membre.groups.values_list("name", flat=True)),
            "droits particuliers": ", ".join(
                membre.user_permissions.values_list("name", flat=True)
            ),
            "référent·e de la cohorte": Cohorte.load().referent_id == membre.pk,
            "nouvelles par courriel": membre.get_rythme_display(),
            "lettre de la semaine": membre.lettre,
            "nommé·e sur le site public": membre.nomme_publiquement,
        }

    def seats(self):
        """The seats that they hold and held."""
        return [
            {
                "collège": seat.get_college_display(),
                "organisation alliée": seat.allie and seat.allie.nom,
                "territoire": seat.territoire and seat.territoire.nom,
                "fonction": seat.fonction,
                "depuis le": seat.debut,
                "jusqu’au": seat.fin,
                "à la suite d’une autre personne": seat.succede_a_id is not None,
            }
            for seat in self.membre.sieges.select_related("allie", "territoire")
        ]

    def nominations(self):
        """The spaces that they facilitate, or were named to read."""
        found = Nomination.objects.filter(membre=self.membre).select_related("espace__forum")
        return [
            {
                "espace": one.espace.nom,
                "rôle": one.get_role_display(),
                "depuis": one.depuis,
                "jusqu’à": one.jusqua,
            }
            for one in found
        ]

    def profile(self):
        """What they say of themselves, and to whom."""
        profil = Profil.objects.filter(membre=self.membre).first()
        if profil is None:
            return []
        photo = self._keep("photo.webp", profil.photo) if profil.photo else ""
        return [
            {
                "ce que je peux partager": profil.partage,
                "montré à (partage)": profil.get_partage_visible_display(),
                "ce que je cherche": profil.cherche,
                "montré à (recherche)": profil.get_cherche_visible_display(),
                "comment me joindre": profil.contact,
                "montré à (contact)": profil.get_contact_visible_display(),
                "photo": photo,
                "montré à (photo)": profil.get_photo_visible_display(),
            }
        ]

    def posts(self):
        """What they wrote, each message with its earlier versions and its files."""
        found = Post.objects.filter(poster=self.membre).select_related(
            "topic__sondage", "topic__forum__espace"
        )
        found = found.prefetch_related("versions", "pieces").defer("mots").order_by("created", "pk")
        return [self._post(post) for post in found]

    def _post(self, post):
        topic, opens = post.topic, post.topic.first_post_id == post.pk
        poll = getattr(topic, "sondage", None) if opens else None
        return {
            "espace": topic.forum.name,
            "référence du sujet": topic.reference,
            "titre": (topic.titre_masque or topic.subject) if opens else "",
            "nature": topic.get_nature_display() if opens else "",
            "promesse": topic.get_promesse_display() if opens else "",
            "sondage": poll and [{"réponse": choix.texte} for choix in poll.choix.all()],
            "référence": post.reference,
            "écrit le": post.created,
            "texte": self._own(post.content.raw, topic.pk),
            "modifié le": post.updated_on,
            "versions d’avant": [
                {
                    "écrite le": version.ecrite_le,
                    "titre": version.titre,
                    "texte": self._own(version.texte, topic.pk),
                }
                for version in post.versions.all()
            ],
            "pièces": self._pieces(post.pieces.all()),
            "en attente de relecture": not post.approved and post.retire_le is None,
            "retiré le": post.retire_le,
            "masqué le": post.masque_le,
            "mercis reçus": post.mercis.count(),
        }

    def _pieces(self, pieces):
        return [
            {
                "nom": piece.nom,
                "type": piece.type_mime,
                "octets": piece.taille,
                "jointe le": piece.jointe_le,
                "fichier": self._keep(f"pieces/{piece.reference}-{piece.nom}", piece.fichier),
            }
            for piece in pieces
        ]

    def _keep(self, path, file):
        self.files.append((path, file))
        return Kept(path)

    def summaries(self):
        """The summaries of topics that they wrote."""
        found = Resume.objects.filter(auteur=self.membre).select_related("topic").order_by("pk")
        return [
            {
                "référence du sujet": one.topic.reference,
                "écrit le": one.ecrit_le,
                "texte": self._own(one.texte, one.topic_id),
            }
            for one in found
        ]

    def drafts(self):
        """What they have begun to write."""
        found = Brouillon.objects.filter(membre=self.membre).select_related(
            "espace__forum", "topic", "post__topic"
        )
        return [self._draft(one) for one in found.prefetch_related("pieces").order_by("garde_le")]

    def _draft(self, draft):
        topic = draft.topic or (draft.post and draft.post.topic)
        written = {
            name: self._own(value, topic and topic.pk) if isinstance(value, str) else value
            for name, value in draft.champs.items()
            if name not in ("pieces", "jeton", "envoi", "fenetre")
        }
        return {
            "nouveau sujet dans": draft.espace and draft.espace.nom,
            "référence du sujet": topic and topic.reference,
            "gardé le": draft.garde_le,
            **{f"champ {name}": _flat(value) for name, value in written.items()},
            "pièces": self._pieces(draft.pieces.all()),
        }

    def thanks(self):
        """The messages that they thanked for."""
        found = Merci.objects.filter(membre=self.membre).select_related("post")
        return [{"référence du message": one.post.reference, "dit le": one.dit_le} for one in found]

    def votes(self):
        """What they voted: the place of the answer, and its words where they are theirs."""
        found = Vote.objects.filter(membre=self.membre).select_related("choix__sondage__topic")
        return [
            {
                "référence du sujet": one.choix.sondage.topic.reference,
                "réponse choisie, par son rang": one.choix.ordre,
                "réponse": (
                    one.choix.texte if one.choix.sondage.topic.poster_id == self.membre.pk else ""
                ),
            }
            for one in found.order_by("pk")
        ]

    def meetings(self):
        """What they answered of their coming to meetings, and since when their agenda has an address."""
        said = Presence.objects.filter(membre=self.membre).select_related("rencontre__topic")
        opened = Rencontre.objects.filter(topic__poster=self.membre).select_related("topic")
        agenda = AgendaPersonnel.objects.filter(membre=self.membre)
        answers = [
            {
                "référence du sujet": one.rencontre.topic.reference,
                "ma réponse": one.get_reponse_display(),
                "répondu le": one.repondu_le,
                "sur liste d’attente depuis": one.attend_depuis,
                "noté·e présent·e le": one.present_le,
            }
            for one in said.order_by("pk")
        ]
        proposed = [self._meeting(one) for one in opened.order_by("pk")]
        told = AnnonceRencontre.objects.filter(par=self.membre).order_by("pk")
        announced = [{"annonce publique": one.titre, "parue le": one.parue_le} for one in told]
        opened_on = [{"agenda personnel ouvert le": one.ouvert_le} for one in agenda]
        could = Disponibilite.objects.filter(membre=self.membre)
        could = could.select_related("date__rencontre__topic").order_by("pk")
        available = [
            {
                "référence du sujet": one.date.rencontre.topic.reference,
                "date proposée": one.date.debut,
                "je peux venir": one.get_reponse_display(),
                "répondu le": one.dite_le,
            }
            for one in could
        ]
        return answers + available + proposed + announced + opened_on

    def _meeting(self, rencontre):
        """A meeting that they proposed; its words where no other may have changed them."""
        said = {
            "référence du sujet": rencontre.topic.reference,
            "rencontre proposée pour le": rencontre.debut,
            "jusqu’au": rencontre.fin,
            "annulée le": rencontre.annulee_le,
        }
        if rencontre.revision:
            return said
        programme = "\n".join(f"{un['heure']} {un['texte']}" for un in rencontre.programme)
        return said | {"lieu": rencontre.lieu, "lien": rencontre.lien, "programme": programme}

    def disagreements(self):
        """What they hold, or restated, where a disagreement is put to work, and what they said of how their
        position was.
        """
        positions = Position.objects.filter(auteur=self.membre).select_related("topic")
        held = Tenue.objects.filter(membre=self.membre).select_related("position")
        restated = Reformulation.objects.filter(auteur=self.membre).select_related("position")
        said = Reconnaissance.objects.filter(membre=self.membre).select_related("reformulation")
        return [
            *self._tried(),
            *(
                {
                    "référence du sujet": one.topic.reference,
                    "position": one.reference,
                    "posée le": one.posee_le,
                    "portée par un rôle": "" if one.retiree_le else one.role,
                    "texte": self._own(one.texte, one.topic_id),
                    **self._beneath(one, one.topic_id),
                    "retirée le": one.retiree_le,
                    "masquée le": one.masquee_le,
                }
                for one in positions
            ),
            *(
                {
                    "position tenue aussi": one.position.reference,
                    "le": one.dite_le,
                    **self._beneath(one, one.position.topic_id),
                }
                for one in held
            ),
            *(
                {
                    "position que j’ai redite": one.position.reference,
                    "le": one.dite_le,
                    "texte": self._own(one.texte, one.position.topic_id),
                }
                for one in restated
            ),
            *(
                {
                    "réponse à la reformulation": one.reformulation.reference,
                    "c’est bien ça": one.est_juste,
                    "ce qui manque": one.mot,
                    "le": one.dite_le,
                }
                for one in said
            ),
        ]

    def _beneath(self, one, topic):
        return {
            "ce qui compte, dessous": self._own(one.compte, topic),
            "ce qui me ferait changer d’avis": self._own(one.changerait, topic),
        }

    def _tried(self):
        """What they proposed to try in disagreements, said of it, and said came of it."""
        tried = Essai.objects.filter(par=self.membre).select_related("topic")
        weighed = AvisEssai.objects.filter(membre=self.membre).select_related("essai")
        concluded = Issue.objects.filter(par=self.membre).select_related("topic")
        return [
            *(
                {
                    "référence du sujet": one.topic.reference,
                    "essai proposé": one.reference,
                    "texte": self._own(one.texte, one.topic_id),
                    "qui tranche": one.arbitre,
                    "on en reparle le": one.le,
                    "proposé le": one.propose_le,
                }
                for one in tried
            ),
            *(
                {
                    "avis sur l’essai": one.essai.reference,
                    "cela me va": one.va,
                    "ce qui me gêne": one.mot,
                    "dit le": one.dit_le,
                }
                for one in weighed
            ),
            *(
                {
                    "issue du sujet": one.topic.reference,
                    "où cela en est": one.get_fin_display(),
                    "texte": self._own(one.texte, one.topic_id),
                    "dite le": one.dite_le,
                }
                for one in concluded
            ),
        ]

    def promises(self):
        """What they asked and answered about the promise of topics."""
        asked = DemandePromesse.objects.filter(auteur=self.membre).select_related("topic")
        said = AccordPromesse.objects.filter(membre=self.membre).select_related("demande__topic")
        return [
            {
                "référence du sujet": one.topic.reference,
                "demandé": one.promesse_demandee.label,
                "le": one.demandee_le,
                "obtenue": one.obtenue,
            }
            for one in asked
        ] + [
            {"référence du sujet": one.demande.topic.reference, "réponse : oui": one.oui}
            for one in said
        ]

    def drawn(self):
        """What they opened, handed over and wrote of what is made of exchanges."""
        mises = MiseEnCommun.objects.filter(Q(auteur=self.membre) | Q(remise_par=self.membre))
        versions = VersionPassage.objects.filter(Q(par=self.membre) | Q(de=self.membre))
        versions = versions.select_related("passage__mise_en_commun").prefetch_related(
            "passage__versions", "sources"
        )
        return [
            {
                "mise en commun": one.reference,
                "ouverte par moi": one.auteur_id == self.membre.pk,
                "ouverte le": one.creee_le,
                "abandonnée le": one.abandonnee_le,
                "remise le": one.remise_le,
                "remise par moi": one.remise_par_id == self.membre.pk,
            }
            for one in mises.order_by("pk")
        ] + [self._version(one) for one in versions.order_by("pk")]

    def _version(self, version):
        passage = version.passage
        said = {
            "mise en commun": passage.mise_en_commun.reference,
            "passage": passage.reference,
            "version": version.numero,
            "tirée de ce que je dis": version.de_id == self.membre.pk,
            "écrite par moi": version.par_id == self.membre.pk,
            "écrite le": version.ecrite_le,
        }
        if version.par_id != self.membre.pk:
            return said
        before = [one for one in passage.versions.all() if one.numero < version.numero]
        others = [one for one in before if one.par_id != self.membre.pk]
        cited = {post.poster_id for post in version.sources.all()} - {self.membre.pk}
        is_theirs = version.est_citation and cited
        return said | {
            "titre": "" if version.titre in {one.titre for one in others} else version.titre,
            "texte": NOT_THEIRS if is_theirs else self._first_said(version, others),
        }

    def _first_said(self, version, others):
        """What a version says that no other said in an earlier one."""
        said = citations.Words(one.texte for one in others)
        text = self._own(version.texte, version.passage.mise_en_commun.topic_id)
        return "\n".join(
            NOT_THEIRS if line.strip() and said.say(line, citations.ENOUGH) else line
            for line in text.splitlines()
        )

    def agreements(self):
        """What they were asked of what is made of exchanges, what they answered, and its trail."""
        mise = "version__passage__mise_en_commun"
        asked = Accord.objects.filter(membre=self.membre).select_related(mise)
        trail = PreuveAccord.objects.filter(membre=self.membre).select_related("accord")
        return [
            {
                "demande": one.reference,
                "mise en commun": one.version.passage.mise_en_commun.reference,
                "passage": one.version.passage.reference,
                "version": one.version.numero,
                "demandé le": one.version.demandee_le,
                "ma réponse": one.get_reponse_display(),
                "ma reformulation": one.texte,
                "mon collège peut être dit": one.dit_le_college,
                "répondu le": one.repondu_le,
                "retiré le": one.retire_le,
            }
            for one in asked.order_by("pk")
        ] + [
            {
                "réponse à la demande": one.accord.reference,
                "réponse": one.get_reponse_display(),
                "le": one.le,
                "empreinte du texte": one.empreinte,
            }
            for one in trail
        ]

    def mentions(self):
        """The messages that name them."""
        found = Mention.objects.filter(membre=self.membre).select_related("post")
        return [
            {"référence du message": one.post.reference, "écrit le": one.post.created}
            for one in found.order_by("post__created")
        ]

    def reading(self):
        """What they follow, and up to when they read."""
        spaces = Participation.objects.filter(membre=self.membre).select_related("espace__forum")
        topics = Suivi.objects.filter(membre=self.membre).select_related("topic")
        return [
            {
                "espace": one.espace.nom,
                "suivi": one.get_niveau_display(),
                "entré·e le": one.rejoint_le,
                "tout lu jusqu’à": one.lu_jusqua,
            }
            for one in spaces.order_by("pk")
        ] + [
            {
                "référence du sujet": one.topic.reference,
                "suivi": one.get_niveau_display(),
                "lu jusqu’à": one.lu_jusqua,
            }
            for one in topics.order_by("pk")
        ]

    def charters(self):
        """The charters that they accepted."""
        found = AcceptationCharte.objects.filter(membre=self.membre)
        return [
            {
                "espace": one.charte.espace.nom,
                "version": one.charte.version,
                "acceptée le": one.accepted_at,
            }
            for one in found.select_related("charte__espace__forum").order_by("pk")
        ]

    def invitations(self):
        """Whom they invited, how they were, and whether they asked to join."""
        membre = self.membre
        sent = Invitation.objects.filter(par=membre)
        received = Invitation.objects.filter(Q(membre=membre) | Q(email=membre.email))
        asked = Adhesion.objects.filter(email=membre.email)
        answered = Adhesion.objects.filter(par=membre)
        return [
            *(
                {
                    "invitation envoyée": one.reference,
                    "créée le": one.creee_le,
                    "place": one.place,
                    "état": one.etat.label,
                    "mon mot": one.mot,
                }
                for one in sent.select_related("territoire", "allie")
            ),
            *(
                {
                    "invitation reçue": one.reference,
                    "adresse": one.email,
                    "prénom": one.prenom,
                    "nom": one.nom,
                    "créée le": one.creee_le,
                    "place": one.place,
                    "acceptée le": one.acceptee_le,
                }
                for one in received.select_related("territoire", "allie")
            ),
            *(
                {
                    "demande d’adhésion": one.reference,
                    "reçue le": one.recue_le,
                    "prénom": one.prenom,
                    "nom": one.nom,
                    "adresse": one.email,
                    "fonction": one.fonction,
                    "message": one.message,
                    "réponse": one.get_reponse_display(),
                }
                for one in asked
            ),
            *(
                {
                    "demande à laquelle j’ai répondu": one.reference,
                    "réponse": one.get_reponse_display(),
                    "mon mot": one.mot,
                    "le": one.repondue_le,
                }
                for one in answered
            ),
        ]

    def reports(self):
        """What they reported to the facilitators, and appealed against."""
        reports = Alerte.objects.filter(membre=self.membre).select_related("post")
        appeals = Recours.objects.filter(acte__membre=self.membre).select_related("acte")
        return [
            {
                "alerte sur le message": one.post.reference,
                "motif": one.get_motif_display(),
                "précisions": one.texte,
                "envoyée le": one.recue_le,
                "décidée": one.decision_id is not None,
            }
            for one in reports
        ] + [
            {
                "recours contre la décision": one.acte.reference,
                "texte": one.texte,
                "formé le": one.forme_le,
            }
            for one in appeals
        ]

    def decisions(self):
        """What was decided about them or what they wrote, with its reason, which they are told."""
        acts = ActeModeration.objects.concerning(self.membre).select_related("post")
        suspensions = Suspension.objects.filter(membre=self.membre)
        return [
            {
                "décision": one.get_acte_display(),
                "référence": one.reference,
                "le": one.fait_le,
                "motif": one.motif,
                "référence du message": one.post and one.post.reference,
            }
            for one in acts
        ] + [
            {
                "suspension depuis": one.depuis,
                "jusqu’au": one.jusqua,
                "levée le": one.levee_le,
            }
            for one in suspensions
        ]

    def moderated(self):
        """What they decided as a facilitator, with the reasons that they gave."""
        found = ActeModeration.objects.filter(par=self.membre).select_related("espace__forum")
        return [
            {
                "décision": one.get_acte_display(),
                "référence": one.reference,
                "espace": one.espace.nom,
                "le": one.fait_le,
                "motif": one.motif,
            }
            for one in found
        ]

    def handovers(self):
        """The words that they leave with their seats, and when those that they received were read."""
        left = MotDePassation.objects.filter(siege__membre=self.membre)
        received = MotDePassation.objects.filter(siege__successeur__membre=self.membre)
        return [
            {"laissé avec mon siège, le": one.ecrit_le, "texte": one.texte, "lu le": one.lu_le}
            for one in left
        ] + [{"reçu, écrit le": one.ecrit_le, "lu le": one.lu_le} for one in received]

    def sessions(self):
        """Where their account is open."""
        return [
            {
                "ouvert le": one.created_at,
                "vu le": one.last_seen_at,
                "adresse réseau": one.ip,
                "navigateur": one.user_agent,
            }
            for one in UserSession.objects.filter(user=self.membre).order_by("pk")
        ]

    def factors(self):
        """Their second factors, without what they are proved by."""
        return [
            {
                "second facteur": one.get_type_display(),
                "nom": one.data.get("name", ""),
                "mis en place le": one.created_at,
                "utilisé le": one.last_used_at,
            }
            for one in Authenticator.objects.filter(user=self.membre).order_by("pk")
        ]

    def behind(self, relations):
        """What other rooms than this one remember of them."""
        return [
            {"quoi": nom, **{column: _flat(value) for column, value in row.items()}}
            for relation, (nom, columns) in relations.items()
            for row in self._rows(relation, columns)
        ]

    def _rows(self, relation, columns):
        label, _, field = relation.rpartition(".")
        asked = self.membre.email if field == "email" else self.membre.pk
        found = apps.get_model(label)._base_manager.filter(**{field: asked}).order_by("pk")
        return [
            dict(zip(columns, row, strict=True)) for row in found.values_list(*columns.values())
        ]

    # Whose words are quoted

    def _own(self, text, topic):
        """``text``, which they wrote in the topic of that key, without the words of others that it quotes."""
        return citations.edited(
            text, lambda author, line: self._is_own(author, line, topic), self._named, NOT_THEIRS
        )

    def _is_own(self, author, line, topic):
        mine, theirs = self._said_in(topic)
        if author:
            return fold(author) == self._nom and mine.say(line)
        return mine.say(line) or not theirs.say(line, citations.ENOUGH)

    def _named(self, author):
        return author if fold(author) == self._nom else "Une autre personne"

    @cached_property
    def _nom(self):
        return fold(self.membre.get_full_name())

    def _said_in(self, topic):
        """What they say in a topic, and what others do."""
        if topic not in self._theirs:
            posts = Post.objects.filter(topic=topic)
            mine = posts.filter(poster=self.membre)
            self._theirs[topic] = tuple(
                citations.Words(found.values_list("content", flat=True))
                for found in (mine, posts.exclude(poster=self.membre))
            )
        return self._theirs[topic]
