"""A cohort where each thing said in the space of the élu·es holds a canary of its own."""

import itertools
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page

from communaute import conversation
from communaute.forum_conversation.models import Nature, Post, Topic
from communaute.models import (
    AccordPromesse,
    Acte,
    ActeModeration,
    Alerte,
    Brouillon,
    Choix,
    Cohorte,
    DemandePromesse,
    Espace,
    Membre,
    Mention,
    Merci,
    PieceJointe,
    Recours,
    Resume,
    Sondage,
    Suspension,
    Version,
    Vote,
)
from pages.groupes import ANIMATION
from pages.models import Signalement, TerritoirePage
from tests.confidentialite.donnees import in_space
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
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
    "choix",
    "titre en attente",
    "texte en attente",
    "réponse en attente",
    "texte masqué",
    "titre masqué",
    "texte retiré",
    "brouillon",
    "pièce de brouillon",
    "contenu de brouillon",
    "alerte",
    "motif",
    "recours",
    "motif de lecture",
    "motif de suspension",
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
        self.elus = EspaceFactory(slug="elus", college="elus")
        self.agents = EspaceFactory(slug="agents", college="agents")
        self.commun = EspaceFactory(slug="commun", audience=Espace.Audience.TOUS, college="")
        self.people = {**self._readers(), **self._outsiders()}
        self._say()
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
            "choix": poll.pk if poll else 0,
            **self.keys(espace),
        }

    def _readers(self):
        people = {
            "author": un_membre("elus", membre__last_name="Autrice"),
            "peer": un_membre("elus"),
            "facilitator": MembreFactory(last_name="Animatrice"),
            "facilitator who decided": MembreFactory(),
            "named reader": un_membre("socio_economiques"),
        }
        self.elus.nominate("animation", [people["facilitator"], people["facilitator who decided"]])
        self.elus.nominate("lecture", [people["named reader"]])
        for what in ("author", "peer", "facilitator", "facilitator who decided", "named reader"):
            entered(people[what], self.elus, self.commun)
        return people

    def _outsiders(self):
        people = {
            "peer before the charter": un_membre("elus"),
            "inactive": un_membre("elus"),
            "agent": un_membre("agents"),
            "state": un_membre("etat"),
            "socio-economic": un_membre("socio_economiques"),
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
        SiegeFactory(membre=people["ex-member"], college="agents")
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
        for what in set(people) - {"without seat", "administrator", "peer before the charter"}:
            self.commun.charte.accept(people[what])
        return people

    def _say(self):
        """What is said in the space of the élu·es, and beside it in the others."""
        author, peer = self.people["author"], self.people["peer"]
        un_sujet(self.agents, self.people["agent"], "Un sujet d’à côté", "Un texte d’à côté.")
        un_sujet(self.commun, self.people["state"], "Un sujet commun", "Un texte commun.")
        self.elus.nominate("lecture", [self.people["named reader"], self.people["former reader"]])
        entered(self.people["former reader"], self.elus)
        seat = SiegeFactory(membre=self.people["ex-member"])
        for what in ("inactive", "ex-member", "suspended"):
            self._leave_behind(entered(self.people[what], self.elus))
        self.topic = self._open_topic(author)
        self._answer_and_thank(peer)
        self._wait(author)
        self._draft(author)
        self._moderate(author)
        self._end_rights(seat)

    def _leave_behind(self, membre):
        """What someone wrote while they could read: a reply, one that waits, a draft."""
        topic = conversation.start_topic(membre, self.elus, "Avant de partir", "Un mot.")
        Post.objects.create(topic=topic, poster=membre, content="J’attends.", approved=False)
        Brouillon.objects.create(membre=membre, topic=topic, champs={"content": "Presque."})

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
        sondage = Sondage.objects.create(topic=topic)
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

    def _answer_and_thank(self, peer):
        reader = Membre.objects.get(pk=peer.pk)
        conversation.reply(reader, self.topic, "Merci de ce récit.")
        Merci.objects.create(post=self.post, membre=peer)
        Mention.objects.create(post=self.post, membre=peer)
        Vote.objects.create(choix=self.topic.sondage.choix.first(), membre=peer)

    def _wait(self, author):
        """What awaits approval, what was hidden, what was withdrawn."""
        waiting = Topic.objects.create(
            forum=self.elus.forum,
            poster=author,
            subject=CANARIES["titre en attente"],
            approved=False,
        )
        first = self._post(waiting, author, "texte en attente", approved=False)
        Topic.objects.filter(pk=waiting.pk).update(first_post=first)
        self._post(self.topic, author, "réponse en attente", approved=False)
        now = timezone.now()
        self.hidden = self._post(self.topic, author, "texte masqué", masque_le=now)
        untitled = Topic.objects.create(
            forum=self.elus.forum,
            poster=author,
            subject=conversation.HIDDEN_TITLE,
            titre_masque=CANARIES["titre masqué"],
        )
        self.hidden_first = self._post(untitled, author, "texte masqué", masque_le=now)
        Topic.objects.filter(pk=untitled.pk).update(first_post=self.hidden_first)
        withdrawn = self._post(self.topic, author, "texte retiré", retire_le=now)
        Version.objects.create(
            post=withdrawn, texte=CANARIES["texte retiré"], auteur=author, ecrite_le=now
        )

    def _post(self, topic, poster, field, **fields):
        return Post.objects.create(topic=topic, poster=poster, content=CANARIES[field], **fields)

    def _draft(self, author):
        draft = Brouillon.objects.create(
            membre=author, topic=self.topic, champs={"content": CANARIES["brouillon"]}
        )
        self._attach("pièce de brouillon", "contenu de brouillon", brouillon=draft, auteur=author)

    def _moderate(self, author):
        decided = {"espace": self.elus, "par": self.people["facilitator who decided"]}
        Alerte.objects.create(
            espace=self.elus,
            post=self.post,
            membre=self.people["peer"],
            motif=Alerte.Motif.TON,
            texte=CANARIES["alerte"],
        )
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
        suspended = ActeModeration.objects.create(
            **decided,
            acte=Acte.SUSPENDRE,
            membre=self.people["suspended"],
            motif=CANARIES["motif de suspension"],
        )
        Suspension.objects.create(espace=self.elus, membre=self.people["suspended"], acte=suspended)
        ActeModeration.objects.create(
            espace=self.elus,
            acte=Acte.LIRE,
            par=self.people["référent·e"],
            post=self.post,
            membre=author,
            motif=CANARIES["motif de lecture"],
        )

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

    def _end_rights(self, seat):
        seat.debut = timezone.localdate() - timedelta(days=9)
        seat.fin = timezone.localdate() - timedelta(days=1)
        seat.save()
        self.elus.nominate("lecture", [self.people["named reader"]])
        Membre.objects.filter(pk=self.people["inactive"].pk).update(is_active=False)
