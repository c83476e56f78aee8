"""A cohort where each thing said in the space of the élu·es holds a canary of its own."""

import itertools
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page

from communaute import conversation, desaccord, mise_en_commun, moderation
from communaute.forum_conversation.models import Nature, Post, Promesse, Topic
from communaute.models import (
    Abonnement,
    Accord,
    AccordPromesse,
    Acte,
    ActeModeration,
    Adhesion,
    AgendaPersonnel,
    Alerte,
    AnnonceRencontre,
    Archive,
    Brouillon,
    Choix,
    Cohorte,
    DateProposee,
    DemandePromesse,
    Envoi,
    Espace,
    Essai,
    Evenement,
    Invitation,
    Issue,
    Membre,
    Mention,
    Merci,
    MiseEnCommun,
    MotDePassation,
    Motif,
    Niveau,
    Notification,
    Participation,
    Passage,
    PieceJointe,
    Presence,
    Profil,
    Recours,
    Rencontre,
    Resume,
    Sondage,
    Suivi,
    Suspension,
    Version,
    VersionPassage,
    Visible,
    Vote,
)
from pages.groupes import ANIMATION
from pages.models import Signalement, TerritoirePage
from tests.confidentialite.donnees import in_space
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    entered,
    in_group,
    un_allie,
    un_document,
    un_enseignement,
    un_membre,
    un_projet,
    un_sujet,
    un_theme,
    une_analyse,
    une_image,
    une_page_territoire,
    une_ressource,
)

CANARY = "canari7q4x"
"""How what no outsider may ever be shown begins: in what is private, wherever it is."""

FIELDS = (
    "titre",
    "texte",
    "titre d’avant",
    "texte d’avant",
    "résumé d’avant",
    "résumé",
    "nom de pièce",
    "contenu de pièce",
    "nom de pièce masquée",
    "contenu de pièce masquée",
    "choix",
    "titre en attente",
    "texte en attente",
    "réponse en attente",
    "réponse d’un sujet en attente",
    "titre d’avant parution",
    "texte d’avant parution",
    "texte masqué",
    "titre masqué",
    "résumé masqué",
    "texte retiré",
    "brouillon",
    "pièce de brouillon",
    "contenu de brouillon",
    "alerte",
    "alerte sur l’animation",
    "motif",
    "recours",
    "motif de lecture",
    "motif d’une lecture ailleurs",
    "motif de suspension",
    "adresse invitée",
    "demande d’adhésion",
    "adresse abonnée",
    "mot reçu",
    "mot à laisser",
    "partage",
    "contact tu",
    "contenu de l’archive",
    "titre mis en commun",
    "introduction",
    "passage",
    "passage d’avant",
    "passage refusé",
    "passage remis",
    "reformulation",
    "reformulation de l’animation",
    "lieu",
    "lien",
    "programme",
    "suites qui ne se disent plus",
    "note à trier",
    "note gardée",
    "note jamais triée",
    "position",
    "rôle",
    "position d’une autre",
    "position redite",
    "ce qui manque",
    "position masquée",
    "motif de mise de côté",
    "ce qui compte",
    "ce qui ferait changer d’avis",
    "ce qui compte aussi",
    "essai",
    "arbitre",
    "ce qui gêne",
    "issue",
)
CANARIES = {field: f"{CANARY}{number:02}" for number, field in enumerate(FIELDS)}
"""The canary of each private field: it ends in figures, so that no stem shortens it."""


def seen_in(text):
    """The names of the private fields that ``text`` says something of."""
    if CANARY not in text:
        return set()
    return {field for field, canary in CANARIES.items() if canary in text} or {"une racine"}


class Monde:
    """The cohort, its people by what they are, and what they said."""

    def __init__(self):
        self.elus = EspaceFactory(slug="elus", nom="Salon des chênes", college="elus")
        self.agents = EspaceFactory(slug="agents", nom="Salon des ormes", college="agents")
        self.commun = EspaceFactory(slug="commun", audience=Espace.Audience.TOUS, college="")
        self.territoire = TerritoireFactory()
        self.delegation = EspaceFactory(
            slug="vallee",
            audience=Espace.Audience.DELEGATION,
            college="",
            territoire=self.territoire,
        )
        # The charters in force are the second here, the third there, the first elsewhere.
        self.elus.adopt_charte("Ce qui s’écrit ici reste entre nous.")
        for texte in ("Chacun·e écoute.", "Chacun·e écoute, puis parle."):
            self.commun.adopt_charte(texte)
        self.people = {**self._readers(), **self._outsiders()}
        self.key = Authenticator.objects.create(
            user=self.people["author"], type="webauthn", data={"name": "Clé 1", "credential": {}}
        )
        Archive.objects.create(
            membre=self.people["author"],
            prete_le=timezone.now(),
            fichier=ContentFile(CANARIES["contenu de l’archive"].encode(), "archive"),
        )
        self._say()
        self._invite()
        self._publish()

    def member(self, what):
        """The member who is ``what``, whose rights were not read yet; the visitor is nobody."""
        if what == "visitor":
            return AnonymousUser()
        return Membre.objects.get(pk=self.people[what].pk)

    def members(self, whats):
        """Each of them by what they are."""
        return {what: self.member(what) for what in whats}

    def keys(self, espace):
        """The keys of what is in ``espace``, under every name that an address or a form gives them."""
        topic = in_space(Topic, espace).first()
        post = in_space(Post, espace).first()
        return {
            "espace": espace.slug,
            "topic": topic.reference,
            "sujet": topic.reference,
            "post": post.reference,
            "message": post.reference,
        }

    def form(self, espace):
        """What is sent: every field that a form has, with the keys of what is in ``espace``."""
        poll = in_space(Choix, espace).first()
        return {
            "content": "Bonjour",
            "subject": "Un titre",
            "texte": "Bonjour",
            "q": "bonjour",
            "oui": "1",
            "acte": "resserrer",
            "promesse": "reste_ici",
            "motif": "ton",
            "juste": "1",
            "va": "1",
            "fin": "pause",
            "choix": poll.pk if poll else 0,
            "accord": self.awaited.reference,
            "reponse": "oui",
            f"{self.awaited.reference}-reponse": "sans_nom",
            **self.keys(espace),
        }

    def _readers(self):
        people = {
            "author": un_membre("elus", territoire=self.territoire, membre__last_name="Autrice"),
            "peer": un_membre("elus"),
            "facilitator": MembreFactory(last_name="Animatrice"),
            "facilitator who decided": MembreFactory(),
            "named reader": un_membre("socio_economiques"),
            "successor": self._successor(),
        }
        self.elus.nominate("animation", [people["facilitator"], people["facilitator who decided"]])
        self.elus.nominate("lecture", [people["named reader"]])
        for what in people:
            entered(people[what], self.elus, self.commun)
        # They read no other space, and nobody meets them but here.
        Profil.objects.create(
            membre=people["facilitator"],
            partage=CANARIES["partage"],
            contact=CANARIES["contact tu"],
            contact_visible=Visible.PERSONNE,
        )
        mine = people["author"].sieges.get()
        MotDePassation.objects.create(siege=mine, texte=CANARIES["mot à laisser"])
        self.delegation.nominate("animation", [people["peer"]])
        for what in ("author", "peer"):
            entered(people[what], self.delegation)
        return people

    def _successor(self):
        """Who holds since today the seat that somebody held until yesterday."""
        today = timezone.localdate()
        before = SiegeFactory(debut=today - timedelta(days=99))
        yesterday = today - timedelta(days=1)
        MotDePassation.objects.create(siege=before, texte=CANARIES["mot reçu"])
        return before.pass_on(MembreFactory(), "Maire", fin=yesterday, debut=today).membre

    def _outsiders(self):
        people = {
            "peer before the charter": un_membre("elus"),
            "facilitator before the charter": MembreFactory(),
            "inactive": un_membre("elus"),
            "agent": un_membre("agents", territoire=self.territoire),
            "state": un_membre("etat", territoire=TerritoireFactory()),
            "socio-economic": un_membre("socio_economiques", territoire=self.territoire),
            "ally": un_allie(),
            "ex-member": MembreFactory(),
            "suspended": un_membre("elus"),
            "former reader": un_membre("agents"),
            "facilitator of another space": in_group(ANIMATION),
            "editor": un_membre("agents"),
            "administrator": MembreFactory(is_superuser=True),
            "référent·e": un_membre("etat"),
            "without seat": MembreFactory(),
        }
        today = timezone.localdate()
        SiegeFactory(membre=people["ex-member"], college="agents", debut=today - timedelta(days=20))
        people["ally"].sieges.update(territoire=self.territoire)
        people["ally"].user_permissions.set(self._near_the_back_office())
        self.elus.nominations.create(
            membre=people["facilitator before the charter"], role="animation"
        )
        self.elus.chartes.get(version=1).accept(people["peer before the charter"])
        self.agents.nominate("animation", [people["facilitator of another space"]])
        people["editor"].groups.add(une_page_territoire().editors())
        cohorte = Cohorte.load()
        cohorte.referent = people["référent·e"]
        cohorte.save()
        for what in (
            "agent",
            "former reader",
            "facilitator of another space",
            "editor",
            "ex-member",
        ):
            entered(people[what], self.agents)
        for what in set(people) - {"without seat", "administrator"}:
            self.commun.charte.accept(people[what])
        return people

    def _near_the_back_office(self):
        """Permissions that look like that of entering the back office, and are not."""
        entry = Permission.objects.get(
            content_type__app_label="wagtailadmin", codename="access_admin"
        )
        elsewhere = ContentType.objects.get_for_model(Espace)
        return [
            Permission.objects.create(name="Autre", content_type=kind, codename=codename)
            for kind, codename in (
                (entry.content_type, "access_nothing"),
                (elsewhere, "access_admin"),
            )
        ]

    def _say(self):
        """What is said in the space of the élu·es, and beside it in the others."""
        author, peer = self.people["author"], self.people["peer"]
        aside = self.agents, self.people["agent"], "Un sujet d’à côté", "Un texte d’à côté."
        debut = timezone.now() + timedelta(days=9)
        Rencontre.objects.create(
            topic=un_sujet(*aside), debut=debut, fin=debut + timedelta(hours=1)
        )
        un_sujet(self.commun, self.people["state"], "Un sujet commun", "Un texte commun.")
        self.elus.nominate("lecture", [self.people["named reader"], self.people["former reader"]])
        entered(self.people["former reader"], self.elus)
        seat = SiegeFactory(membre=self.people["ex-member"])
        left = [
            self._leave_behind(entered(self.people[what], self.elus))
            for what in ("inactive", "ex-member", "suspended", "successor")
        ]
        self.topic = self._open_topic(author)
        self._answer_and_thank(peer, left)
        self._draw(author, left)
        self._meet(author)
        self._note(author, peer)
        self._disagree(author)
        self._wait(author)
        self._draft(author)
        self._moderate(author)
        self._end_rights(seat)
        # All of it was opened before the successor arrived; one more topic is not.
        earlier = timezone.now() - timedelta(days=3)
        Topic.objects.filter(forum=self.elus.forum).update(created=earlier)
        self.topic.created = earlier
        self.new_topic = un_sujet(self.elus, author, "Un sujet neuf", "Un texte neuf.")
        self._tell()
        # Nobody else follows a space so.
        Participation.objects.choose(author, self.elus, Niveau.MENTIONS)

    def _tell(self):
        """All of it was told to everyone: also to those who may not read it any more, or never could."""
        Evenement.objects.exclude(mise=None).delete()
        of_mises = [*Evenement.ASKING, Evenement.Quoi.RESOLUE, Evenement.Quoi.PARUE]
        Evenement.objects.bulk_create(
            [
                *(
                    Evenement(topic=post.topic, post=post)
                    for post in in_space(Post, self.elus).filter(evenements=None)
                ),
                *(
                    Evenement(topic=demande.topic, demande=demande)
                    for demande in in_space(DemandePromesse, self.elus)
                ),
                *(
                    Evenement(topic=mise.topic, mise=mise, quoi=quoi)
                    for mise in in_space(MiseEnCommun, self.elus)
                    for quoi in of_mises
                ),
                *(
                    Evenement(topic=rencontre.topic, rencontre=rencontre, quoi=quoi)
                    for rencontre in in_space(Rencontre, self.elus)
                    for quoi in set(Evenement.Quoi) - {*of_mises, Evenement.Quoi.REVOIR}
                ),
                *(
                    Evenement(topic=essai.topic, essai=essai, quoi=Evenement.Quoi.REVOIR)
                    for essai in in_space(Essai, self.elus)
                ),
            ]
        )
        Evenement.objects.update(diffuse_le=timezone.now())
        Notification.objects.bulk_create(
            Notification(
                evenement=evenement,
                membre=membre,
                motif=Motif.DEMANDE if evenement.demande or evenement.mise else Motif.CITE,
            )
            for evenement in in_space(Evenement, self.elus)
            for membre in self.people.values()
        )
        Envoi.objects.create(membre=self.people["peer"], etat=Envoi.Etat.ECHEC)
        self.abonnement = Abonnement.objects.create(
            email=f"{CANARIES['adresse abonnée']}@exemple.fr", confirme_le=timezone.now()
        )
        Envoi.objects.create(abonnement=self.abonnement, etat=Envoi.Etat.ECHEC)

    def _leave_behind(self, membre):
        """What someone wrote and chose while they could read: a reply, one that waits, a draft."""
        topic = conversation.start_topic(membre, self.elus, CANARIES["titre"], "Un mot.")
        choix = Choix.objects.create(
            sondage=Sondage.objects.create(topic=topic), texte="Partir", ordre=1
        )
        Vote.objects.create(choix=choix, membre=membre)
        past, _ = (
            DemandePromesse.objects.create(
                topic=topic, promesse="a_partager", auteur=membre, close_le=close
            )
            for close in (timezone.now(), None)
        )
        AccordPromesse.objects.create(demande=past, membre=membre, oui=True)
        Post.objects.create(topic=topic, poster=membre, content="J’attends.", approved=False)
        Brouillon.objects.create(membre=membre, topic=topic, champs={"content": "Presque."})
        return topic

    def _open_topic(self, author):
        topic = un_sujet(
            self.elus, author, CANARIES["titre d’avant"], f"Dit {CANARIES['texte d’avant']}"
        )
        self.post = topic.first_post or Post.objects.get(topic=topic)
        conversation.edit(
            author, self.post, f"Dit {CANARIES['texte']}", subject=f"Sur {CANARIES['titre']}"
        )
        Resume.objects.create(topic=topic, texte=CANARIES["résumé d’avant"], auteur=author)
        resume = Resume.objects.create(
            topic=topic, texte=CANARIES["résumé"], auteur=author, version=2
        )
        closes = timezone.now() + timedelta(days=7)
        sondage = Sondage.objects.create(topic=topic, ferme_le=closes)
        for ordre in (1, 2):
            Choix.objects.create(sondage=sondage, texte=f"{CANARIES['choix']} {ordre}", ordre=ordre)
        Topic.objects.filter(pk=topic.pk).update(resume=resume, nature=Nature.SONDAGE)
        self._attach("nom de pièce", "contenu de pièce", post=self.post, auteur=author)
        Post.objects.filter(pk=self.post.pk).update(pieces_count=1)
        demande = DemandePromesse.objects.create(topic=topic, promesse="a_partager", auteur=author)
        AccordPromesse.objects.create(demande=demande, membre=author, oui=True)
        return Topic.objects.get(pk=topic.pk)

    def _attach(self, nom, contenu, **fields):
        contents = f"%PDF-1.7 {CANARIES[contenu]}".encode()
        return PieceJointe.objects.create(
            fichier=ContentFile(contents, "piece"),
            nom=f"{CANARIES[nom]}.pdf",
            type_mime="application/pdf",
            taille=len(contents),
            **fields,
        )

    def _answer_and_thank(self, peer, left):
        reader = Membre.objects.get(pk=peer.pk)
        for topic in left:
            answer = conversation.reply(reader, topic, "Restez donc.")
            Mention.objects.create(post=answer, membre=topic.poster)
        self.reply = conversation.reply(reader, self.topic, "Merci de ce récit.")
        Merci.objects.create(post=self.post, membre=peer)
        Mention.objects.create(post=self.post, membre=peer)
        Vote.objects.create(choix=self.topic.sondage.choix.first(), membre=peer)

    def _draw(self, author, left):
        """What is drawn from two exchanges: one that is asked for, and one that was handed over, which draws
        on somebody who may not read it any more.
        """
        facilitator, peer = self.member("facilitator"), self.member("peer")
        topic = un_sujet(self.elus, peer, "Un échange", "Un récit.")
        posts = [topic.first_post or topic.posts.get()]
        posts += [conversation.reply(membre, topic, "De même.") for membre in (author, facilitator)]
        _, _, suspended, _ = left
        for one in (topic, suspended):
            Topic.objects.filter(pk=one.pk).update(promesse=Promesse.A_PARTAGER)
        said = [CANARIES[name] for name in ("titre mis en commun", "introduction")]
        self.mise = mise_en_commun.propose(author, topic, *said, posts)
        self._part(self.mise, "passage refusé", posts[:1])
        VersionPassage.objects.filter(passage__mise_en_commun=self.mise, passage__ordre=1).update(
            demandee_le=timezone.now(), close_le=timezone.now()
        )
        self.mise.passages.filter(ordre=1).update(retire_le=timezone.now())
        passage = self._part(self.mise, "passage d’avant", posts)
        text = {"texte": CANARIES["passage"], "sources": posts}
        mise_en_commun.change(author, passage, text, base=1)
        mise_en_commun.ask(author, self.mise)
        titled = Accord.objects.get(version__passage=self.mise.chapeau)
        mise_en_commun.answer(author, titled, Accord.Reponse.SANS_NOM)
        asked = Accord.objects.filter(version__passage=passage)
        for membre, field in (
            (author, "reformulation"),
            (facilitator, "reformulation de l’animation"),
        ):
            accord = asked.get(membre=membre)
            mise_en_commun.answer(membre, accord, Accord.Reponse.REFORMULE, CANARIES[field])
        self.awaited = asked.get(membre=peer)
        self.handed_over = mise_en_commun.propose(
            author, suspended, "Une leçon", "En bref.", [suspended.posts.first()]
        )
        self._part(self.handed_over, "passage remis", [suspended.posts.first()])
        mise_en_commun.ask(author, self.handed_over)
        asked = Accord.objects.filter(version__passage__mise_en_commun=self.handed_over)
        # Who is suspended since changed their mind.
        for name, reponse in (
            ("suspended", Accord.Reponse.NON),
            ("suspended", Accord.Reponse.SANS_NOM),
            ("author", Accord.Reponse.SANS_NOM),
        ):
            accord = asked.get(membre=self.people[name])
            mise_en_commun.answer(self.people[name], accord, reponse)
        MiseEnCommun.objects.filter(pk=self.handed_over.pk).update(remise_le=timezone.now())

    def _meet(self, author):
        """A meeting with two seats: who comes, who may, who waits, and who is kept a seat."""
        debut = timezone.now() + timedelta(days=9)
        topic = un_sujet(self.elus, author, "Se retrouver", "Pour se parler.")
        self.rencontre = Rencontre.objects.create(
            topic=topic,
            debut=debut,
            fin=debut + timedelta(hours=2),
            lieu=CANARIES["lieu"],
            lien=f"https://exemple.fr/{CANARIES['lien']}",
            programme=[{"heure": "09:00", "texte": CANARIES["programme"]}],
            capacite=2,
        )
        told = {"nature": Nature.RENCONTRE, "promesse": Promesse.SANS_ATTRIBUTION}
        Topic.objects.filter(pk=topic.pk).update(**told)
        self.annonce = AnnonceRencontre.objects.create(
            rencontre=self.rencontre,
            titre="Portes ouvertes",
            presentation="Venez voir.",
            lieu="Place du marché",
            par=self.people["facilitator"],
        )
        now = timezone.now()
        waits = {"reponse": "oui", "attend_depuis": now}
        for what, said in {
            "peer": {"reponse": "oui"},
            "suspended": {"reponse": "oui"},
            "facilitator": {"reponse": "peut_etre"},
            "facilitator who decided": {"reponse": "non"},
            "author": waits | {"offerte_jusqua": now + timedelta(days=1)},
            "ex-member": waits,
            "inactive": waits | {"offerte_jusqua": now + timedelta(days=1)},
        }.items():
            Presence.objects.create(rencontre=self.rencontre, membre=self.people[what], **said)
        found = Rencontre.objects.select_related("topic__forum__espace")
        self.rencontre = found.get(pk=self.rencontre.pk)
        self._met(author)
        self.agenda = AgendaPersonnel.objects.create(membre=author)
        self._search(author)

    def _search(self, author):
        """A meeting whose date is searched for: who said when they could come, and who has not."""
        debut = timezone.now() + timedelta(days=20)
        topic = un_sujet(self.elus, author, "Trouver un jour", "Pour se parler.")
        Topic.objects.filter(pk=topic.pk).update(nature=Nature.RENCONTRE)
        searched = Rencontre.objects.create(topic=topic, lieu=CANARIES["lieu"])
        for day in range(2):
            begins = debut + timedelta(days=day)
            date = DateProposee.objects.create(
                rencontre=searched, debut=begins, fin=begins + timedelta(hours=1)
            )
            for what in ("peer", "suspended", "ex-member", "inactive"):
                date.disponibilites.create(membre=self.people[what], reponse="si_besoin")
        self.searched = Rencontre.objects.select_related("topic__forum__espace").get(pk=searched.pk)

    def _met(self, author):
        """A meeting that took place, of which the public was told before all of it had to stay here."""
        topic = un_sujet(self.elus, author, "Retrouvés", "Pour s’être parlé.")
        Topic.objects.filter(pk=topic.pk).update(nature=Nature.RENCONTRE)
        fin = timezone.now() - timedelta(days=2)
        debut = fin - timedelta(hours=2)
        self.passee = Rencontre.objects.create(topic=topic, debut=debut, fin=fin)
        AnnonceRencontre.objects.create(
            rencontre=self.passee,
            titre="Portes refermées",
            presentation="Venez voir.",
            lieu="Place du marché",
            par=self.people["facilitator"],
            suites=CANARIES["suites qui ne se disent plus"],
        )

    def _note(self, author, peer):
        """Two meetings that took place: one whose notes are sorted still, by those who were there, and one
        whose minutes are there.
        """
        left = [self.people[what] for what in ("suspended", "ex-member", "inactive")]
        self.rooms = []
        for ago, there, said in (
            # Whoever was there says so for an hour more: what is tried for long finds it so still.
            (timedelta(minutes=1), [peer, *left], {"note à trier": ""}),
            (timedelta(days=3), [author], {"note gardée": "besoin", "note jamais triée": ""}),
        ):
            fin = timezone.now() - ago
            topic = un_sujet(self.elus, author, "On s’est vu", "Pour se parler.")
            room = Rencontre.objects.create(topic=topic, debut=fin - timedelta(hours=1), fin=fin)
            Topic.objects.filter(pk=topic.pk).update(nature=Nature.RENCONTRE)
            for membre in there:
                Presence.objects.create(
                    rencontre=room, membre=membre, reponse="oui", present_le=fin
                )
            for field, suite in said.items():
                room.notes.create(texte=CANARIES[field], suite=suite)
            self.rooms.append(
                Rencontre.objects.select_related("topic__forum__espace").get(pk=room.pk)
            )

    def _part(self, mise, field, posts):
        """A part of it, by its author, that draws on these messages."""
        said = {"texte": CANARIES[field], "sources": posts}
        return Passage.objects.get(pk=mise_en_commun.add(mise.auteur, mise, said).pk)

    def _disagree(self, author):
        """A disagreement put to work: what one holds under a role, another under their name, and a third
        besides; how it was restated; what is hidden.
        """
        peer, facilitator = self.member("peer"), self.member("facilitator")
        self.disagreement = conversation.start_topic(
            author, self.elus, "Un désaccord", "Qui décide ?", nature=Nature.DESACCORD
        )
        said = CANARIES["position"], CANARIES["rôle"]
        self.position = desaccord.take_position(author, self.disagreement, *said)
        self.other = desaccord.take_position(
            peer, self.disagreement, CANARIES["position d’une autre"]
        )
        hidden = desaccord.take_position(peer, self.disagreement, CANARIES["position masquée"])
        desaccord.hide_position(facilitator, hidden, CANARIES["motif de mise de côté"])
        desaccord.hold(facilitator, self.position, on=True)
        self.restated = desaccord.restate(peer, self.position, CANARIES["position redite"])
        desaccord.recognise(author, self.restated, False, CANARIES["ce qui manque"])
        desaccord.restate(author, self.other, "Vous voulez décider vite.")
        self._try_out(author, peer, facilitator)

    def _try_out(self, author, peer, facilitator):
        """What matters to those who disagree, what came of it once, and what is tried since, until today."""
        said = CANARIES["ce qui compte"], CANARIES["ce qui ferait changer d’avis"]
        desaccord.say_beneath(author, self.position, *said)
        desaccord.say_beneath(facilitator, self.position, CANARIES["ce qui compte aussi"], "")
        desaccord.conclude(author, self.disagreement, Issue.Fin.PAUSE, CANARIES["issue"])
        said = CANARIES["essai"], timezone.localdate(), CANARIES["arbitre"]
        self.tried = desaccord.try_out(author, self.disagreement, *said)
        desaccord.weigh(peer, self.tried, False, CANARIES["ce qui gêne"])

    def _wait(self, author):
        """What awaits approval, whole or in part, what was hidden, what was withdrawn."""
        waiting = Topic.objects.create(
            forum=self.elus.forum,
            poster=author,
            subject=CANARIES["titre en attente"],
            approved=False,
        )
        first = self._post(waiting, author, "texte en attente", approved=False)
        Topic.objects.filter(pk=waiting.pk).update(first_post=first)
        Suivi.objects.follow(self.people["peer"], waiting)
        in_waiting = self._post(waiting, self.people["peer"], "réponse d’un sujet en attente")
        waiting_reply = self._post(self.topic, author, "réponse en attente", approved=False)
        self._accept_rewritten(author)
        now = timezone.now()
        self.hidden = self._post(self.topic, author, "texte masqué", masque_le=now)
        untitled = Topic.objects.create(
            forum=self.elus.forum,
            poster=author,
            subject=conversation.HIDDEN_TITLE,
            titre_masque=CANARIES["titre masqué"],
        )
        self.hidden_first = self._post(untitled, author, "texte masqué", masque_le=now)
        resume = Resume.objects.create(
            topic=untitled,
            texte=CANARIES["résumé masqué"],
            auteur=author,
            ecrit_le=now - timedelta(minutes=1),
        )
        Topic.objects.filter(pk=untitled.pk).update(first_post=self.hidden_first, resume=resume)
        self._attach(
            "nom de pièce masquée", "contenu de pièce masquée", post=self.hidden, auteur=author
        )
        withdrawn = self._post(self.topic, author, "texte retiré", retire_le=now)
        Version.objects.create(
            post=withdrawn, texte=CANARIES["texte retiré"], auteur=author, ecrite_le=now
        )
        self.not_referred = [waiting_reply, in_waiting, withdrawn]

    def _accept_rewritten(self, author):
        """A topic that its author wrote anew while it waited."""
        Espace.objects.filter(pk=self.elus.pk).update(premoderation=True)
        said = CANARIES["titre d’avant parution"], CANARIES["texte d’avant parution"]
        topic = conversation.start_topic(author, self.elus, *said)
        post = Post.objects.get(topic=topic)
        conversation.edit(author, post, "Un texte relu.", subject="Un titre relu")
        moderation.decide(self.member("facilitator"), post, Acte.APPROUVER)
        Espace.objects.filter(pk=self.elus.pk).update(premoderation=False)

    def _post(self, topic, poster, field, **fields):
        post = Post.objects.create(topic=topic, poster=poster, content=CANARIES[field], **fields)
        if post.approved:
            held = Topic.objects.select_related("forum").get(pk=topic.pk)
            conversation.publish(post, held, held.forum)
        return post

    def _draft(self, author):
        draft = Brouillon.objects.create(
            membre=author, topic=self.topic, champs={"content": CANARIES["brouillon"]}
        )
        self._attach("pièce de brouillon", "contenu de brouillon", brouillon=draft, auteur=author)

    def _moderate(self, author):
        decided = {"espace": self.elus, "par": self.people["facilitator who decided"]}
        self._report(self.post, self.people["peer"], Alerte.Motif.TON, texte=CANARIES["alerte"])
        for post in (self.reply, *self.not_referred):
            self._report(post, self.people["named reader"], Alerte.Motif.ILLICITE)
        hidden, _ = (
            ActeModeration.objects.create(
                **decided,
                acte=Acte.MASQUER,
                topic=post.topic,
                post=post,
                membre=author,
                motif=CANARIES["motif"],
            )
            for post in (self.hidden, self.hidden_first)
        )
        Recours.objects.create(acte=hidden, texte=CANARIES["recours"])
        self._judge_a_facilitator(decided)
        gone = self.people["ex-member"]
        ActeModeration.objects.create(
            **decided,
            acte=Acte.MASQUER,
            post=Post.objects.filter(poster=gone, approved=True).first(),
            membre=gone,
            motif="Hors de propos.",
        )
        self.suspended = self._suspend(self.elus, "suspended", CANARIES["motif de suspension"])
        now = timezone.now()
        self.ended = [
            self._suspend(self.elus, "peer", "Levée.", levee_le=now),
            self._suspend(self.elus, "author", "Passée.", jusqua=now - timedelta(days=1)),
        ]
        self._suspend(self.commun, "peer", "Ailleurs.")
        self._suspend(self.delegation, "socio-economic", "Ailleurs aussi.")
        # The second one took place before the message was moved here.
        for espace, field in (
            (self.elus, "motif de lecture"),
            (self.delegation, "motif d’une lecture ailleurs"),
        ):
            ActeModeration.objects.create(
                espace=espace,
                acte=Acte.LIRE,
                par=self.people["référent·e"],
                post=self.post,
                membre=author,
                motif=CANARIES[field],
            )

    def _report(self, post, membre, motif, **fields):
        Alerte.objects.create(espace=self.elus, post=post, membre=membre, motif=motif, **fields)

    def _judge_a_facilitator(self, decided):
        """A facilitator’s own message, reported, hidden by another, about which they appeal."""
        facilitator, now = self.people["facilitator"], timezone.now()
        post = conversation.reply(self.member("facilitator"), self.topic, "À mon avis.")
        Post.objects.filter(pk=post.pk).update(masque_le=now)
        texte = CANARIES["alerte sur l’animation"]
        self._report(post, self.people["peer"], Alerte.Motif.TON, texte=texte)
        acte = ActeModeration.objects.create(
            **decided,
            acte=Acte.MASQUER,
            topic=self.topic,
            post=post,
            membre=facilitator,
            motif="Un ton.",
            fait_le=now,
        )
        Recours.objects.create(acte=acte, texte="Je conteste.")

    def _suspend(self, espace, what, motif, **ended):
        """The act that closed a space to someone, who was given it back when ``ended`` says so."""
        acte = ActeModeration.objects.create(
            espace=espace,
            par=self.people["facilitator who decided"],
            acte=Acte.SUSPENDRE,
            membre=self.people[what],
            motif=motif,
        )
        Suspension.objects.create(espace=espace, membre=acte.membre, acte=acte, **ended)
        return acte

    def _publish(self):
        """What the public reads, so that each of its addresses has something to say."""
        territoire = TerritoirePage.objects.get()
        un_projet(parent=territoire)
        une_analyse(parent=territoire, visibilite="membres")
        un_enseignement(themes=[un_theme()])
        une_ressource()
        self.image, self.document = une_image(), un_document()
        attached = PieceJointe.objects.values_list("reference", "fichier")
        self.files = [self.image.picture["url"].rpartition("/")[2], *itertools.chain(*attached)]
        one_of_each = {page.content_type_id: page for page in Page.objects.filter(depth__gt=2)}
        self.pages = ["", *(page.url.strip("/") + "/" for page in one_of_each.values())]
        Signalement.objects.create(objet="question", message="Une coquille.")

    def _invite(self):
        """Whom the facilitators of the élu·es invite, and who asks to join them."""
        self.invitation = Invitation.objects.create(
            email=f"{CANARIES['adresse invitée']}@exemple.fr",
            college="elus",
            fonction="Maire",
            par=self.people["facilitator"],
            envoyee_le=timezone.now(),
        )
        self.adhesion = Adhesion.objects.create(
            prenom="Lise",
            nom="Faure",
            email="lise@exemple.fr",
            college="elus",
            message=CANARIES["demande d’adhésion"],
        )

    def _end_rights(self, seat):
        today = timezone.localdate()
        seat.debut, seat.fin = today - timedelta(days=9), today - timedelta(days=1)
        seat.territoire = self.territoire
        seat.save()
        SiegeFactory(membre=seat.membre, debut=today + timedelta(days=1))
        self.elus.nominate("lecture", [self.people["named reader"]])
        Membre.objects.filter(pk=self.people["inactive"].pk).update(is_active=False)
