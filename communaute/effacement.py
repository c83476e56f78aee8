"""Leaving: a member becomes nobody in particular, and what others built on what they said stays.

They are never deleted: what is decided of each relation to a member is said in ``RELATIONS``, and of each
column that holds an address in ``ADDRESSES``. A journal, kept apart from the database, remembers who left:
``replay`` erases them again where older data was brought back.
"""

import re
from datetime import timedelta
from functools import cached_property, partial

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Least
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry, PageLogEntry

from communaute import (
    account,
    citations,
    conversation,
    desaccord,
    markdown,
    mentions,
    mise_en_commun,
    permissions,
)
from communaute.forum.models import Forum
from communaute.forum_conversation.models import Post, Topic
from communaute.journal_des_effacements import Journal, noting
from communaute.models import (
    FORMER,
    Abonnement,
    Accord,
    ActeModeration,
    Alerte,
    AnnonceRencontre,
    AvisEssai,
    Brouillon,
    Espace,
    Essai,
    Issue,
    Membre,
    Mention,
    MiseEnCommun,
    MotDePassation,
    Nomination,
    NoteDeRencontre,
    PieceJointe,
    Position,
    Reconnaissance,
    Recours,
    Reformulation,
    Rencontre,
    Resume,
    Siege,
    Tenue,
    Version,
    VersionPassage,
)
from communaute.pieces import delete_after
from communaute.search import indexed, wanted
from communaute.text import fold

LEFT = "communaute.parti"
"""What the journal of the back office names it when somebody leaves."""
WITHDRAWN_QUOTE = "[Citation retirée avec le message de son auteur·rice.]"
WITHDRAWN_HEADING = "Titre retiré par son auteur·rice"
WITHDRAWN_ADDRESS = "[adresse retirée]"


ABOUT_THEM = {
    (ActeModeration, "motif"): "membre",
    (Recours, "texte"): "acte__membre",
    (Alerte, "texte"): "post__poster",
}
"""What those who care for a space write, and the path to whom it is about."""


# --- Leaving


def anonymise(membre, withdraw, at=None, *, asleep=False):
    """Make ``membre`` nobody in particular, for good; their messages stay unsigned, or are withdrawn with all
    that they wrote. Twice is as good as once. ``asleep`` says that they did not ask for it.

    Given the time ``at`` when they left, it is done again, and they are not told. Else ``PermissionDenied``
    says that nobody else could set the cohort up. Files are removed once all of it is kept; the journal is
    written just before: what stops between the two leaves in it who asked to leave, never the contrary.
    """
    with noting() as journal, transaction.atomic():
        if left := _leave(membre, withdraw, at, asleep):
            journal.write(membre.reference, withdraw, left)


def _leave(membre, withdraw, at, asleep):
    """All of it, in the caller's transaction; the time that is noted, or None where all of it was done."""
    administers = permissions.administers(Membre.objects.by_key(membre.pk))
    if administers:
        # All of them, in one order: two who administer do not leave it to one another.
        list(Membre.objects.administrators().order_by("pk").select_for_update(no_key=True))
    membre = Membre.objects.held(membre.pk)
    if membre.parti_le:
        return None
    if at is None and administers and not permissions.can_leave(membre):
        raise PermissionDenied
    leaving = Leaving(membre, withdraw, at or timezone.now())
    leaving.forget_names()
    for relation, decide in {**RELATIONS, **ADDRESSES}.items():
        label, _, field = relation.rpartition(".")
        asked = {f"{field}__iexact": membre.email} if relation in ADDRESSES else {field: membre.pk}
        decide(apps.get_model(label)._base_manager.filter(**asked), field, leaving)
    leaving.forget_traces()
    if at is None:
        told = {"nom": membre.get_full_name(), "retires": withdraw, "endormi": asleep}
        account.tell([membre.email], "account/email/parti_message.txt", told)
    _become_nobody(membre, leaving.at)
    log(membre, LEFT, data={"messages": "retirés" if withdraw else "gardés"})
    return leaving.at


def _become_nobody(membre, at):
    membre.email = f"{membre.reference}@parti.invalid"
    membre.first_name = membre.last_name = ""
    membre.is_active = membre.is_superuser = membre.nomme_publiquement = False
    membre.rythme = Membre._meta.get_field("rythme").default
    membre.jours, membre.pause_jusqu_au, membre.courriel_refuse_le = [], None, None
    membre.lettre = False
    membre.last_login = membre.vu_le = membre.prevenu_le = membre.decisions_vues_le = None
    membre.date_joined = membre.parti_le = at
    membre.set_unusable_password()
    membre.save()


def spaces_left_alone(membre):
    """The spaces that ``membre`` facilitates, and nobody else: somebody should be named there first."""
    active = Nomination.objects.active().filter(role=Nomination.Role.ANIMATION)
    others = active.exclude(membre=membre).filter(membre__is_active=True)
    return (
        Espace.objects.filter(pk__in=active.filter(membre=membre).values("espace"))
        .exclude(pk__in=others.values("espace"))
        .select_related("forum")
    )


class Leaving:
    """One who leaves: who they are, what they chose, and how their name is found in what others wrote."""

    def __init__(self, membre, withdraw, at):
        self.membre, self.withdraw, self.at = membre, withdraw, at
        self._nom = fold(membre.get_full_name())
        self._called = mentions.Names([membre])
        self._named = mentions.Names([membre], sign="")
        self._words = {}

    # What was said, by them and of them

    def forget_names(self):
        """Take their name, and their words where they withdraw them, out of what others said."""
        self._hold()
        for post in self._posts_naming().filter(topic__in=self._held).defer("mots"):
            self._rewrite_post(post)
        for topic in Topic.objects.filter(pk__in=self._took_part):
            subject, hidden = self.unnamed(topic.subject), self.unnamed(topic.titre_masque)
            if (subject, hidden) != (topic.subject, topic.titre_masque):
                conversation.retitle(topic, subject, hidden)
        for version in self._naming(Version, "texte", "titre", topic="post__topic"):
            changed = {
                "texte": self.reworded(version.texte, version.post.topic_id),
                "titre": self.unnamed(version.titre),
            }
            Version.objects.filter(pk=version.pk).update(**changed)
        for resume in self._naming(Resume, "texte", topic="topic"):
            texte = self.reworded(resume.texte, resume.topic_id)
            if texte != resume.texte:
                changed = {"texte": texte, "rendu": markdown.render(texte)}
                Resume.objects.filter(pk=resume.pk).update(**changed)
        for rencontre in Rencontre.objects.filter(topic__in=self._took_part):
            self._forget_in_meeting(rencontre)
        notes = self._naming(NoteDeRencontre, "texte")
        for noted in notes.filter(rencontre__topic__in=self._took_part):
            NoteDeRencontre.objects.filter(pk=noted.pk).update(texte=self.unnamed(noted.texte))
        self._forget_in_mises_en_commun()
        self._forget_in_desaccords()
        for draft in Brouillon.objects.exclude(membre=self.membre).select_related("post"):
            topic = draft.topic_id or (draft.post and draft.post.topic_id)
            fields = {
                name: self.reworded(value, topic) if isinstance(value, str) else value
                for name, value in draft.champs.items()
            }
            if fields != draft.champs:
                Brouillon.objects.filter(pk=draft.pk).update(champs=fields)
        for (model, field), about in ABOUT_THEM.items():
            rows = self._naming(model, field)
            if self._homonyms:
                rows = rows.filter(**{about: self.membre})
            for row in rows:
                model.objects.filter(pk=row.pk).update(**{field: self.unnamed(getattr(row, field))})

    def _forget_in_meeting(self, rencontre):
        """Take their name out of what was said of when and where one meets."""
        said = {name: self.unnamed(getattr(rencontre, name)) for name in ("lieu", "motif")}
        said["programme"] = self._forgotten_in(rencontre.programme)
        Rencontre.objects.filter(pk=rencontre.pk).update(**said)
        for annonce in AnnonceRencontre.objects.filter(rencontre=rencontre):
            names = ("titre", "presentation", "lieu", "suites")
            said = {name: self.unnamed(getattr(annonce, name)) for name in names}
            AnnonceRencontre.objects.filter(pk=annonce.pk).update(**said)

    def _forget_in_mises_en_commun(self):
        """The same of what is made of an exchange, and of how others would have it said. What is drawn from
        their own words goes with these.
        """
        topic = "passage__mise_en_commun__topic"
        mine = Q(de=self.membre) | Q(est_citation=True, sources__poster=self.membre)
        mine = set(VersionPassage.objects.filter(mine).values_list("pk", flat=True))
        found = self._naming(VersionPassage, "texte", "titre", topic=topic)
        found |= VersionPassage.objects.filter(pk__in=mine if self.withdraw else ())
        concerned = set(found.values_list("passage__mise_en_commun", flat=True))
        held = MiseEnCommun.objects.filter(pk__in=concerned).order_by("pk")
        list(held.select_for_update(of=("self",), no_key=True))
        for version in found.select_related("passage__mise_en_commun"):
            is_withdrawn = self.withdraw and version.pk in mine
            texte = self.reworded(version.texte, version.passage.mise_en_commun.topic_id)
            changed = {
                "texte": WITHDRAWN_QUOTE if is_withdrawn else texte,
                "titre": WITHDRAWN_HEADING
                if is_withdrawn and version.titre
                else self.unnamed(version.titre),
            }
            VersionPassage.objects.filter(pk=version.pk).update(**changed)
        held.tell_of_change()
        for accord in self._naming(Accord, "texte", topic=f"version__{topic}").select_related(
            "version__passage__mise_en_commun"
        ):
            said_in = accord.version.passage.mise_en_commun.topic_id
            texte = self.reworded(accord.texte, said_in)
            Accord.objects.filter(pk=accord.pk).update(texte=texte)

    def _forget_in_desaccords(self):
        """The same of what is said where a disagreement is put to work."""
        for model, topic, fields in (
            (Position, "topic", ("texte", "role", "motif", "compte", "changerait")),
            (Tenue, "position__topic", ("compte", "changerait")),
            (Essai, "topic", ("texte", "arbitre")),
            (AvisEssai, "essai__topic", ("mot",)),
            (Issue, "topic", ("texte",)),
            (Reformulation, "position__topic", ("texte",)),
            (Reconnaissance, "reformulation__position__topic", ("mot",)),
        ):
            for row in self._naming(model, *fields, topic=topic).annotate(said_in=F(topic)):
                said = {name: self.reworded(getattr(row, name), row.said_in) for name in fields}
                model.objects.filter(pk=row.pk).update(**said)

    def _hold(self):
        """Hold what changes: their topics and those where they are named, then the forums of these."""
        own = Post.objects.filter(poster=self.membre)
        self._took_part = set(own.values_list("topic", flat=True)) | set(
            Mention.objects.filter(membre=self.membre).values_list("post__topic", flat=True)
        )
        for rows, topic in (
            (Position.objects.filter(auteur=self.membre), "topic"),
            (Tenue.objects.filter(membre=self.membre), "position__topic"),
            (Reformulation.objects.filter(auteur=self.membre), "position__topic"),
        ):
            self._took_part |= set(rows.values_list(topic, flat=True))
        concerned = self._took_part | set(self._posts_naming().values_list("topic", flat=True))
        topics = Topic.objects.filter(pk__in=concerned).order_by("pk")
        held = list(topics.select_for_update(of=("self",), no_key=True))
        self._held = {topic.pk for topic in held}
        forums = {topic.forum_id for topic in held}
        list(Forum.objects.filter(pk__in=forums).order_by("pk").select_for_update(no_key=True))
        homonyms = Membre.objects.filter(parti_le=None).exclude(pk=self.membre.pk)
        self._homonyms = [
            other.pk for other in homonyms if fold(other.get_full_name()) == self._nom
        ]
        if self._homonyms:
            # Where another of the same name spoke or is named, the name is left: it is theirs too.
            posts = Post.objects.filter(
                Q(poster__in=self._homonyms) | Q(mentions__membre__in=self._homonyms)
            )
            self._shared = set(posts.values_list("topic", flat=True))
        else:
            self._shared = set()

    def _posts_naming(self):
        """The messages where their name, their address or what they said may be found."""
        named = Q(mots__says=self._wanted) if self._wanted else Q()
        quoting = Q(topic__in=Post.objects.filter(poster=self.membre).values("topic"))
        return (
            Post.objects.filter(
                named
                | Q(content__icontains=self.membre.email)
                | Q(mentions__membre=self.membre)
                | quoting & Q(content__contains=">")
            )
            .order_by("pk")
            .distinct()
        )

    @cached_property
    def _wanted(self):
        return wanted(self.membre.get_full_name())

    def _naming(self, model, *fields, topic=None):
        """The rows of ``model`` where their name or address is, or that quote where they took part."""
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__iregex": self._pattern})
        if topic:
            found |= Q(**{f"{topic}__in": self._took_part, f"{fields[0]}__contains": ">"})
        return model.objects.filter(found)

    @cached_property
    def _pattern(self):
        """What finds their name, accents forgiven, or their address: more than these, never less."""
        words = [
            "".join(f"{'.' if letter in 'aceinouy' else letter}.{{0,6}}" for letter in word)
            for word in self._nom.split()
        ]
        return rf"{re.escape(self.membre.email)}|{'.{0,3}'.join(words)}"

    def _rewrite_post(self, post):
        raw = post.content.raw
        texte = self.reworded(raw, post.topic_id)
        if texte == raw:
            return
        named = Membre.objects.filter(pk__in=post.mentions.values("membre"))
        rendered = markdown.render(texte, mentions.Names(named.exclude(pk=self.membre.pk)).split)
        changed = {"content": texte, "_content_rendered": rendered, "mots": indexed(texte)}
        Post.objects.filter(pk=post.pk).update(**changed)

    def reworded(self, text, topic):
        """``text``, said in the topic of that key, without their name, nor what they withdraw."""
        is_shared = topic in self._shared
        text = citations.edited(
            text,
            partial(self._keeps, topic),
            (lambda author: author) if is_shared else self._renamed,
            WITHDRAWN_QUOTE,
        )
        if not is_shared:
            text = _replaced(self._called, text)
            if topic in self._took_part:
                text = _replaced(self._named, text)
        return self._without_address(text)

    def _keeps(self, topic, author, line):
        if not self.withdraw:
            return True
        if author and topic not in self._shared:
            return fold(author) != self._nom
        return not self._said_in(topic).say(line, citations.ENOUGH)

    def _said_in(self, topic):
        if topic not in self._words:
            own = Post.objects.filter(topic=topic, poster=self.membre)
            self._words[topic] = citations.Words(own.values_list("content", flat=True))
        return self._words[topic]

    def _renamed(self, author):
        return FORMER if fold(author) == self._nom else author

    def unnamed(self, text):
        """``text``, which is about them, without their name nor their address."""
        return self._without_address(_replaced(self._named, text))

    def _without_address(self, text):
        return re.sub(re.escape(self.membre.email), WITHDRAWN_ADDRESS, text, flags=re.IGNORECASE)

    # What the back office and the queue of jobs remember

    def forget_traces(self):
        """Take their name and their address out of journals, and of jobs that are done."""
        seats = [str(pk) for pk in self.membre.sieges.values_list("pk", flat=True)]
        for model, keys in ((Membre, [str(self.membre.pk)]), (Siege, seats)):
            about = ContentType.objects.get_for_model(model)
            entries = ModelLogEntry.objects.filter(content_type=about, object_id__in=keys)
            entries.update(label=FORMER, data={})
        for model in () if self._homonyms else (ModelLogEntry, PageLogEntry):
            told = model.objects.annotate(said=Cast("data", TextField()))
            named = Q(label__iregex=self._pattern) | Q(said__iregex=self._pattern)
            for entry in told.filter(named):
                model.objects.filter(pk=entry.pk).update(
                    label=self.unnamed(entry.label), data=self._forgotten_in(entry.data)
                )
        jobs = DBTaskResult.objects.annotate(said=Cast("args_kwargs", TextField()))
        jobs.filter(said__icontains=self.membre.email).delete()

    def _forgotten_in(self, data):
        if isinstance(data, dict):
            return {name: self._forgotten_in(value) for name, value in data.items()}
        if isinstance(data, list):
            return [self._forgotten_in(value) for value in data]
        return self.unnamed(data) if isinstance(data, str) else data


def _replaced(names, text):
    return "".join(FORMER if is_name else part for part, is_name in names.split(text))


# --- What is decided of each relation to a member


def kept(rows, field, leaving):
    """They stay, said or done by nobody in particular."""


def deleted(rows, field, leaving):
    """They are about this person alone, or only they used them."""
    rows.delete()


def cleared(rows, field, leaving):
    """They stay, and no longer say who."""
    rows.update(**{field: None})


def _seats(rows, field, leaving):
    """They end, and stay: a seat outlives its holder. The function goes: it tells who it was. The word
    that is left with a seat is something that they wrote.
    """
    yesterday = timezone.localdate() - timedelta(days=1)
    open_ones = rows.filter(Q(fin=None) | Q(fin__gt=yesterday))
    open_ones.update(debut=Least(F("debut"), yesterday), fin=yesterday)
    rows.update(fonction="")
    words = MotDePassation.objects.filter(siege__membre=leaving.membre)
    if leaving.withdraw:
        words.delete()
    for mot in words:
        words.filter(pk=mot.pk).update(texte=leaving.unnamed(mot.texte))


def _nominations(rows, field, leaving):
    """They end, and stay on record for those who were read."""
    rows.filter(jusqua=None).update(jusqua=leaving.at)


def _suspensions(rows, field, leaving):
    """They end with what they closed; the decision stays on record."""
    rows.filter(levee_le=None).update(levee_le=leaving.at)


def _posts(rows, field, leaving):
    """They are withdrawn, or stay as they read last, without what they said before."""
    for post in Post.objects.filter(poster=leaving.membre).order_by("pk"):
        Version.objects.filter(post=post).delete()
        if leaving.withdraw and post.retire_le is None:
            conversation.erase(post, Topic.objects.get(pk=post.topic_id))
    rows.filter(retire_le=None).update(updates_count=0, updated_by=None)


def _summaries(rows, field, leaving):
    """They go with what was withdrawn, or stay: others build on them."""
    if leaving.withdraw:
        Resume.objects.filter(auteur=leaving.membre).delete()


def _positions(rows, field, leaving):
    """They are withdrawn, or stay under the role they were held by, or under nobody's name."""
    for position in rows.filter(retiree_le=None) if leaving.withdraw else ():
        position.topic = Topic.objects.get(pk=position.topic_id)
        desaccord.erase(position)


def _holdings(rows, field, leaving):
    """They end; what was said of the position with them stays, or goes with what is withdrawn."""
    gone = rows if leaving.withdraw else rows.filter(compte="", changerait="")
    gone.delete()


def _trials(rows, field, leaving):
    """What is withdrawn is tried no more; or it stays: others go by it."""
    if leaving.withdraw:
        rows.filter(clos_le=None).update(clos_le=leaving.at)
        rows.update(texte="", arbitre="")


def _said_of_positions(rows, field, leaving):
    """It goes with what is withdrawn, or stays: others answered it."""
    if leaving.withdraw:
        rows.delete()


def _files(rows, field, leaving):
    """They go with the messages they are joined to; their names may say whose they were."""
    for piece in PieceJointe.objects.filter(auteur=leaving.membre):
        rows.filter(pk=piece.pk).update(nom=leaving.unnamed(piece.nom))


def _votes(rows, field, leaving):
    """A poll that is closed keeps its result; in one that is open, they no longer vote."""
    rows.filter(choix__sondage__ferme_le__gt=leaving.at).delete()


def _answers(rows, field, leaving):
    """A yes that was acted on is kept; silence is a no."""
    rows.filter(demande__obtenue=False).delete()


def _agreements(rows, field, leaving):
    """Each yes is taken back, and what is not answered is a no; how they would have it said goes."""
    mise_en_commun.withdraw_all(leaving.membre, leaving.at)
    rows.update(texte="")


def _reports(rows, field, leaving):
    """What is reported still waits for those who decide; what they added goes."""
    rows.update(texte="")


def _decisions(rows, field, leaving):
    """They stay on record; what the person answered to them goes."""
    Recours.objects.filter(acte__membre=leaving.membre).update(texte="")


def _sent_invitations(rows, field, leaving):
    """They stand; the personal word goes."""
    rows.update(mot="")


def _own_invitations(rows, field, leaving):
    """They say that somebody came in, not who; one that is open opens nothing any more."""
    rows.filter(acceptee_le=None, revoquee_le=None).update(revoquee_le=leaving.at)
    nobody = f"{leaving.membre.reference}@parti.invalid"
    rows.update(email=nobody, prenom="", nom="", fonction="", mot="")


def _answered_requests(rows, field, leaving):
    """They stand; the personal word goes."""
    rows.update(mot="")


def _profile(rows, field, leaving):
    """It goes, with its photo."""
    for profil in rows:
        delete_after(profil.photo)
    rows.delete()


def _preferences(rows, field, leaving):
    """They go, with the picture that the back office shows."""
    for profile in rows:
        delete_after(profile.avatar)
    rows.delete()


def _uploads(rows, field, leaving):
    """What was sent and not kept goes, with its file."""
    for upload in rows:
        delete_after(upload.file)
    rows.delete()


def _sessions(rows, field, leaving):
    """They end at once."""
    Session.objects.filter(pk__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()


def _locks(rows, field, leaving):
    """A page that they kept for themselves is free again."""
    rows.update(locked=False, locked_at=None, locked_by=None)


def _messages_to_the_team(rows, field, leaving):
    """They are answered and kept as long as any; they no longer say who wrote."""
    for row in rows:
        said = {name: leaving.unnamed(getattr(row, name)) for name in ("message", "suite")}
        rows.model.objects.filter(pk=row.pk).update(nom="", email="", **said)


RELATIONS = {
    # What they are in the cohort.
    "communaute.Siege.membre": _seats,
    "communaute.Nomination.membre": _nominations,
    "communaute.Suspension.membre": _suspensions,
    "communaute.Cohorte.referent": cleared,
    "communaute.Membre_groups.membre": deleted,
    "communaute.Membre_user_permissions.membre": deleted,
    # What they said.
    "communaute.Brouillon.membre": deleted,
    "communaute.Resume.auteur": _summaries,
    "communaute.PieceJointe.auteur": _files,
    "forum_conversation.Post.poster": _posts,
    "forum_conversation.Post.updated_by": kept,
    "forum_conversation.Topic.poster": kept,
    "communaute.Version.auteur": kept,
    "communaute.Mention.membre": deleted,
    "communaute.Merci.membre": deleted,
    "communaute.Vote.membre": _votes,
    "communaute.Position.auteur": _positions,
    "communaute.Tenue.membre": _holdings,
    "communaute.Reformulation.auteur": _said_of_positions,
    "communaute.Reconnaissance.membre": _said_of_positions,
    "communaute.Essai.par": _trials,
    "communaute.AvisEssai.membre": _said_of_positions,
    "communaute.Issue.par": _said_of_positions,
    "communaute.DemandePromesse.auteur": kept,
    "communaute.AccordPromesse.membre": _answers,
    "communaute.MiseEnCommun.auteur": kept,
    "communaute.MiseEnCommun.remise_par": kept,
    "communaute.VersionPassage.de": kept,
    "communaute.VersionPassage.par": kept,
    "communaute.Accord.membre": _agreements,
    "communaute.PreuveAccord.membre": kept,
    "communaute.Presence.membre": deleted,
    "communaute.Disponibilite.membre": deleted,
    "communaute.AgendaPersonnel.membre": deleted,
    "communaute.AnnonceRencontre.par": kept,
    "communaute.Alerte.membre": _reports,
    "communaute.ActeModeration.membre": _decisions,
    "communaute.ActeModeration.par": kept,
    # What they were told, and what they looked at.
    "communaute.AcceptationCharte.membre": kept,
    "communaute.Participation.membre": deleted,
    "communaute.Suivi.membre": deleted,
    "communaute.Notification.membre": deleted,
    "communaute.Envoi.membre": deleted,
    "communaute.CourrielRecu.membre": deleted,
    "communaute.Archive.membre": deleted,
    "communaute.Profil.membre": _profile,
    "pages.Parcours.membre": deleted,
    # How they came in, and whom they let in.
    "communaute.Invitation.membre": _own_invitations,
    "communaute.Invitation.par": _sent_invitations,
    "communaute.Adhesion.par": _answered_requests,
    "account.EmailAddress.user": deleted,
    "mfa.Authenticator.user": deleted,
    "socialaccount.SocialAccount.user": deleted,
    "usersessions.UserSession.user": _sessions,
    # What they did in the back office: pages are the cohort's.
    "pages.PortailImage.uploaded_by_user": cleared,
    "pages.PortailDocument.uploaded_by_user": cleared,
    "wagtailimages.Image.uploaded_by_user": cleared,
    "wagtaildocs.Document.uploaded_by_user": cleared,
    "wagtailcore.UploadedFile.uploaded_by_user": _uploads,
    "wagtailcore.Page.owner": cleared,
    "wagtailcore.Page.locked_by": _locks,
    "wagtailcore.PageSubscription.user": deleted,
    "wagtailcore.Revision.user": cleared,
    "wagtailcore.WorkflowState.requested_by": cleared,
    "wagtailcore.TaskState.finished_by": cleared,
    "wagtailcore.Comment.user": kept,
    "wagtailcore.Comment.resolved_by": cleared,
    "wagtailcore.CommentReply.user": kept,
    "wagtailcore.PageLogEntry.user": kept,
    "wagtailcore.ModelLogEntry.user": kept,
    "wagtailcore.APIToken.user": deleted,
    "wagtailadmin.EditingSession.user": deleted,
    "wagtailadmin.FormState.user": deleted,
    "wagtailusers.UserProfile.user": _preferences,
}
"""What is done with the rows of each relation to a member, in this order. A new relation makes the suite fail
until it is decided here."""
ADDRESSES = {
    # The member's own is changed last.
    "communaute.Membre.email": kept,
    "account.EmailAddress.email": deleted,
    "communaute.Invitation.email": _own_invitations,
    "communaute.Adhesion.email": deleted,
    "communaute.Abonnement.email": deleted,
    "pages.Signalement.email": _messages_to_the_team,
    # What editors chose to show the public: they change it.
    "communaute.Cohorte.email_contact": kept,
    "pages.TerritoirePage.contact_email": kept,
    "pages.ProjetPilotePage.contact_email": kept,
    "pages.AlliePage.contact_email": kept,
}
"""The same of each column of addresses."""


# --- Again, where older data was brought back


def replay():
    """Erase again all those whom the journal knows and this database does not know to have left, and those
    who ended the letter of the week; take back again each yes that was.

    For data brought back from a backup; returns how many members and how many a yes there were. Twice is as
    good as once.
    """
    journal = Journal()
    gone = journal.references()
    Abonnement.objects.filter(reference__in=gone).delete()
    erased = mise_en_commun.withdraw_again(journal, gone)
    for membre in Membre.objects.filter(reference__in=gone, parti_le=None):
        if entry := journal.read(membre.reference):
            at, withdraw = entry
            anonymise(membre, withdraw, at=at)
            erased += 1
    return erased
