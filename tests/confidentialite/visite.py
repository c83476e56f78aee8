"""Everyone who looks, what each is shown in all, and how one of them asks for every address in turn."""

import re
from urllib.parse import urlencode

from communaute import permissions
from communaute.forum_conversation.models import Nature, Post, Topic, new_reference
from communaute.models import (
    Accord,
    AccordPromesse,
    Espace,
    Essai,
    Membre,
    MiseEnCommun,
    Niveau,
    NoteDeRencontre,
    Passage,
    PieceJointe,
    Position,
    Presence,
    Recours,
    Reformulation,
    Rencontre,
    Suivi,
)
from tests.confidentialite.adresses import ARRIVALS, COLLECTIONS, addresses, samples
from tests.confidentialite.donnees import in_space
from tests.confidentialite.lecteur import Lecteur, state_of
from tests.confidentialite.monde import seen_in

READERS = (
    *("author", "peer", "facilitator", "facilitator who decided", "named reader"),
    "successor",
)
OUTSIDERS = (
    "visitor",
    "inactive",
    "peer before the charter",
    "facilitator before the charter",
    "agent",
    "state",
    "socio-economic",
    "ally",
    "ex-member",
    "suspended",
    "former reader",
    "facilitator of another space",
    "editor",
    "administrator",
    "référent·e",
    "without seat",
)
FOLLOWING = {"facilitator", "facilitator who decided", "administrator"}
"""Who invites to the space of the élu·es."""

BEFORE_THE_CHARTER = {"peer before the charter", "facilitator before the charter"}
"""Who may enter the space of the élu·es, and has yet to accept its charter."""

BEFORE_ENTERING = {"communaute:charte", "communaute:lecteurs"}
"""What opens to them: the charter, and who can read."""

SIGNED_OUT = {"visitor", "inactive"}
"""Whom any address of the members leads to sign-in."""

WELCOME_BEHIND = {
    *("editor", "administrator", "facilitator of another space"),
    *("visitor", "inactive"),
}
"""Who has something to do in the back office, or is led to sign-in from it."""

OTHER_METHODS = ("HEAD", "PUT", "DELETE", "OPTIONS")

TO_ALL_READERS = {
    *("titre", "texte", "titre d’avant", "texte d’avant", "résumé", "résumé d’avant", "choix"),
    *("nom de pièce", "contenu de pièce", "partage"),
    *("motif de lecture", "motif d’une lecture ailleurs"),
    *("titre mis en commun", "introduction", "passage", "passage d’avant", "passage refusé"),
    *("passage remis", "lieu", "programme", "note gardée"),
    *("position", "rôle", "position d’une autre", "position redite", "ce qui manque"),
    *("motif de mise de côté", "ce qui compte", "ce qui ferait changer d’avis"),
    *("ce qui compte aussi", "essai", "arbitre", "ce qui gêne", "issue"),
}
WAITING = {
    *("titre en attente", "texte en attente", "réponse en attente"),
    "réponse d’un sujet en attente",
}
OWN = {
    *("brouillon", "pièce de brouillon", "contenu de brouillon"),
    *("motif", "recours", "texte masqué", "titre masqué", "mot à laisser", "reformulation"),
    "lien",
}
ARRIVING = {"adresse invitée", "demande d’adhésion"}
DECIDED = {
    *("alerte", "motif", "motif de suspension", "texte masqué", "titre masqué"),
    "résumé masqué",
}
SHOWN = {
    "author": TO_ALL_READERS | WAITING | OWN | {"note jamais triée"},
    "peer": TO_ALL_READERS | {"lien", "note à trier"},
    "facilitator": (
        TO_ALL_READERS
        | {*WAITING, *DECIDED, *ARRIVING, "recours", "contact tu"}
        | {"reformulation de l’animation", "lien", "position masquée"}
    ),
    "facilitator who decided": (
        TO_ALL_READERS
        | {*WAITING, *DECIDED, *ARRIVING, "alerte sur l’animation", "lien", "position masquée"}
    ),
    "named reader": TO_ALL_READERS,
    "successor": {"mot reçu", "partage"},
    "suspended": {"motif de suspension", "passage remis"},
    "référent·e": {"passage remis"},
    "visitor": {"adresse invitée"},
    "inactive": {"adresse invitée"},
    "administrator": ARRIVING,
}
"""Which private fields each reader of the space is shown, all addresses together: no more, no less; and
what the suspended are told of it; whom one invites, and who asks to join; to what one said yes, and the
proof of it. Whoever holds the link of an invitation reads there for which address it is."""


def was_there(membre, rencontre):
    """Whether they were noted to be there."""
    there = Presence.objects.filter(rencontre=rencontre, membre=membre)
    return there.filter(present_le__isnull=False).exists()


PAGES = {
    "nouveau_sujet": permissions.can_speak,
    "modifier_message": permissions.can_edit,
    "retirer_message": permissions.can_withdraw,
    "alerter": permissions.can_report,
    "moderer_message": permissions.can_decide,
    "faire_recours": lambda membre, acte: (
        permissions.can_appeal(membre, acte) or hasattr(acte, "recours")
    ),
    "historique": lambda membre, post: post.is_shown,
    "vote": lambda membre, topic: hasattr(topic, "sondage"),
    **dict.fromkeys(("annuler_rencontre", "choisir_date"), permissions.can_organise),
    "modifier_rencontre": lambda membre, rencontre: (
        not rencontre.is_searching and permissions.can_organise(membre, rencontre)
    ),
    "rencontre_ics": lambda membre, rencontre: rencontre.debut is not None,
    "disponibilites": lambda membre, rencontre: (
        permissions.can_say_when(membre, rencontre) or permissions.can_attend(membre, rencontre)
    ),
    **dict.fromkeys(("proposer_dates", "relancer"), permissions.can_choose_date),
    "mettre_en_commun": permissions.can_draw_on,
    "repondre": lambda membre, mise: Accord.objects.filter(
        membre=membre, version__passage__mise_en_commun=mise
    ).exists(),
    "remettre": lambda membre, mise: False,
    "prendre_position": permissions.can_take_position,
    "reformuler": permissions.can_restate,
    "reconnaitre": permissions.can_recognise,
    "dessous": permissions.can_say_beneath,
    **dict.fromkeys(("proposer_essai", "conclure"), permissions.can_steer),
    "retirer_position": permissions.can_withdraw_position,
    "masquer_position": permissions.can_hide_position,
    **dict.fromkeys(
        ("ajouter_passage", "modifier_passage", "demander", "abandonner"), permissions.can_write_out
    ),
    "annoncer_rencontre": permissions.can_announce,
    "venir_a_tout": lambda membre, topic: topic.nature == Nature.RENCONTRE,
    "ajouter_date": permissions.can_add_date,
    "presents": lambda membre, rencontre: (
        permissions.can_sign(membre, rencontre) or permissions.can_call_roll(membre, rencontre)
    ),
    "salle": was_there,
    "effacer_note": lambda membre, note: (
        note.suite and permissions.can_moderate(membre, note.rencontre.topic.espace)
    ),
    "deplacer_sujet": lambda membre, topic: permissions.can_moderate(membre, topic.espace),
    **dict.fromkeys(("moderation", "suspensions", "sante"), permissions.can_moderate),
}
"""The pages that ask for more than to read what they are about, and what they ask for."""

ASKED = {
    "nouveau_sujet": (
        "nature=annonce",
        lambda membre, espace: permissions.can_open(membre, espace, Nature.ANNONCE),
    ),
    "resume": (
        "effacer=1",
        lambda membre, topic: (
            permissions.can_moderate(membre, topic.espace)
            and topic.resumes.filter(version=1).exists()
        ),
    ),
}
"""What an address may ask for besides, and to whom that opens."""

ALONE = {
    "communaute:referent": permissions.is_referent,
    "communaute:invitations": permissions.invites,
    "communaute:inviter": permissions.invites,
    "communaute:inviter_une_liste": permissions.invites,
    "communaute:annuaire": permissions.can_meet,
    "communaute:preuves": permissions.is_referent,
}
"""The pages about nothing in particular that are not everyone’s, and whose they are."""

ANSWERED = re.compile(r'name="oui"[^>]*\bchecked')
"""How the page of a promise shows what one answered."""

DISAGREEING = (Position, Reformulation, Essai)
"""What is addressed of a disagreement put to work."""

MEETING = (Rencontre, NoteDeRencontre)
"""What is addressed of a meeting."""

NAMING = (
    *("/communaute/decisions/", "/communaute/referent/"),
    *("/communaute/invitations/", "/communaute/adhesions/"),
)
"""The addresses that name a space to who does not read it: of what was decided, of what is reported, of
what an administrator gives to facilitate."""

OFFERED = re.compile(r'\shref="(/communaute/[^"?#]*)')
"""The addresses that a page leads to."""

LEVEL_OF_THE_AUTHOR = re.compile(r'value="mentions"[^>]*aria-pressed="true"')

ACTS = {
    "resume": permissions.can_summarise,
    "animer_sujet": lambda membre, topic: permissions.can_moderate(membre, topic.espace),
    "promesse": lambda membre, topic: False,
    **PAGES,
    "repondre": lambda membre, mise: True,
    "remettre": permissions.can_hand_over,
    "tenir": permissions.can_hold,
    "essai": permissions.can_weigh,
}
"""What is asked of who sends a form there; one that says neither what to do nor why does nothing."""


class Walk:
    """All that one person is answered, and what was wrong with it."""

    def __init__(self, monde, what):
        self.monde, self.what = monde, what
        self.membre = monde.member(what)
        self.is_reader = what in READERS
        self.not_theirs = monde.agents if self.is_reader else monde.elus
        self.lecteur = Lecteur(self.membre, self.not_theirs)
        self.before = state_of(self.not_theirs)
        self.untold = set(self.not_to_tell())
        self.seen, self.wrong, self.asked = set(), [], 0
        self.offered, self.statuses = {}, {}
        self.sent = monde.form(self.not_theirs)
        self.turn = (READERS + OUTSIDERS).index(what)

    def ask(self, method, path, data=None):
        """The answer, once it was looked through."""
        self.asked += 1
        answer, written = self.lecteur.ask(method, path, data)
        if method == "GET":
            self.statuses[path] = answer.status
            self.offered |= dict.fromkeys(OFFERED.findall(answer.body), path)
        seen = seen_in(answer.text)
        self.seen |= seen
        if leak := seen - SHOWN.get(self.what, set()):
            self.note(method, path, f"shows {sorted(leak)}")
        if written.elsewhere:
            self.note(method, path, f"writes private text in {written.elsewhere}")
        appeals = self.what == "suspended" and path.startswith("/communaute/decisions/")
        changed = {model for model, rows in self.before.items() if written.changes(model, rows)}
        if changed - ({Recours} if appeals else set()):
            self.note(method, path, "changes what is said in a space they do not read")
        if not path.startswith("/gestion/"):
            told = {a for a in self.untold if a in answer.text and a not in f"{path} {data}"}
            if path.startswith(NAMING):
                told -= {self.monde.elus.nom, self.monde.agents.nom}
            if path.startswith("/agenda/personnel/"):
                # By which a calendar knows a date again, whoever was given the address of their agenda.
                told -= {one.reference for one in in_space(Rencontre, self.monde.elus)}
            if told:
                self.note(method, path, f"leads to {sorted(told)}")
        if answer.status >= 500 and not path.startswith("/gestion/"):
            self.note(method, path, f"fails with {answer.status}")
        if path.startswith("/communaute/"):
            kept = answer.headers.get("Cache-Control", "")
            if not ("private" in kept and "no-store" in kept):
                self.note(method, path, f"may be kept: {kept}")
        return answer

    def note(self, method, path, fault):
        """Add what was wrong with an answer."""
        self.wrong.append(f"{method} {path} {fault}")

    def not_to_tell(self):
        """What would lead to what they may not read, or say that it is there: parts of its addresses."""
        for espace in (self.monde.elus, self.monde.agents):
            if not Espace.objects.readable_by(self.membre).filter(pk=espace.pk):
                yield from (f"/espaces/{espace.slug}/", espace.nom)
            if not permissions.can_moderate(self.membre, espace):
                yield f"/espaces/{espace.slug}/moderation/"
            for model in (Topic, Post, PieceJointe, MiseEnCommun, Passage, *DISAGREEING, *MEETING):
                rows = in_space(model, espace)
                for row in set(rows) - set(rows.readable_by(self.membre)):
                    if not (self.what == "référent·e" and row == self.monde.reply):
                        yield row.reference
            appeals = in_space(Recours, espace)
            for recours in set(appeals) - set(appeals.readable_by(self.membre)):
                yield f"/recours/{recours.acte.reference}/"

    def members_addresses(self, view=""):
        """Every address about what members say, or those of a view: what is not theirs is answered as
        what is not."""
        for address in addresses():
            if address.room != "communaute" or not address.view.startswith(view):
                continue
            if not address.keys:
                self.lone_address(address)
                continue
            kind = address.path.split("/")[1]
            if kind in ARRIVALS:
                self.arrivals(address, ARRIVALS[kind])
                continue
            collection, ways_in = COLLECTIONS[kind]
            missing = {}
            for row in self.rows(collection):
                self.against_missing(address, row, missing, self.reaches(row, ways_in))
            self.own_addresses(address, collection, ways_in)

    def what_is_offered(self):
        """Every address that a page led to: none is answered as what is not."""
        for path, page in list(self.offered.items()):
            if (self.statuses.get(path) or self.ask("GET", path).status) == 404:
                self.note("GET", page, f"offers {path}, which is closed")

    def against_missing(self, address, row, missing, reached):
        """An address about ``row``: where it is not ``reached``, it is answered as what is not (kept, by
        method, in ``missing``).
        """
        for method in self.methods():
            if method not in missing:
                path = self.path(address, None)
                missing[method] = self.ask(method, path, self.form(method)).but_for(path)
            path = self.path(address, row)
            answer = self.ask(method, path, self.form(method))
            if not reached and answer.but_for(path) != missing[method]:
                self.note(method, path, f"({answer.status}) is not answered as what is not")
            of_space = self.what in BEFORE_THE_CHARTER and not isinstance(row, Membre)
            if of_space and answer.status == 200 and address.name not in BEFORE_ENTERING:
                self.note(method, path, "opens before its charter is accepted")

    def lone_address(self, address):
        """An address about nothing in particular."""
        path, asks = f"/{address.path}", ALONE.get(address.name, self.reads)
        closed = self.what not in SIGNED_OUT and not asks(self.membre)
        for method in self.methods():
            status = self.ask(method, path, self.form(method)).status
            if closed and status not in (404, 405):
                self.note(method, path, f"({status}) opens to another than whose it is")
        if address.name == "communaute:suivi" and self.is_reader:
            self.followed(path)

    def arrivals(self, address, model):
        """An address about whom one invites: to who does not follow it, it is answered as what is not."""
        missing = {}
        for row in model.objects.all():
            self.against_missing(address, row, missing, self.what in FOLLOWING)

    def own_addresses(self, address, collection, ways_in):
        """An address about each thing that they may read: it opens to who has the right that it asks."""
        rows, name = self.own(collection, ways_in), address.name.removeprefix("communaute:")
        closed = [row for row in rows if not PAGES.get(name, self.reads)(self.membre, row)]
        asked = [(self.paths(address, row), row) for row in rows]
        for path, row in [(path, one) for paths, one in asked for path in paths]:
            answer = self.ask("GET", path)
            if self.is_reader and row in closed and answer.status != 404:
                self.note("GET", path, f"({answer.status}) opens without the right to it")
            if self.is_reader:
                self.particulars(name, path, row, answer)
        if rows:
            self.ask("GET", f"{path}?{urlencode(self.monde.keys(self.not_theirs))}")
            self.ask("POST", path, self.form("POST"))
        refused = [row for row in rows if name in ACTS and not ACTS[name](self.membre, row)]
        for row in refused[:1] if self.is_reader else ():
            path = self.path(address, row)
            for form in ({}, self.form("POST")):
                if (answer := self.ask("POST", path, form)).status not in (404, 405):
                    self.note("POST", path, f"({answer.status}) is taken without the right to it")

    def particulars(self, name, path, row, answer):
        """What some pages are asked besides, and what they should not show."""
        if name in ASKED:
            query, opens_to = ASKED[name]
            status = self.ask("GET", f"{path}?{query}").status
            if status != (200 if opens_to(self.membre, row) else 404):
                self.note("GET", f"{path}?{query}", f"is answered {status}")
        if name == "sujet":
            for post in row.posts.all():
                self.ask("GET", f"{path}?citer={post.reference}")
        if name in ("nouveau_sujet", "mettre_en_commun"):
            for note in in_space(NoteDeRencontre, self.monde.elus):
                asked = {"nature": Nature.QUESTION, "note": note.reference}
                self.ask("GET", f"{path}?{urlencode(asked)}")
        if name == "espace":
            self.followed(f"{path}?voir=suivis")
        if name == "promesse" and ANSWERED.search(answer.body):
            answers = AccordPromesse.objects.filter(demande__topic=row)
            if not answers.filter(membre=self.membre.pk):
                self.note("GET", path, "shows what another answered")

    def followed(self, path):
        """Ask for the topics that they follow, among which no other is."""
        answer = self.ask("GET", path)
        own = Suivi.objects.filter(membre=self.membre.pk, niveau=Niveau.TOUT)
        followed = set(own.values_list("topic__reference", flat=True))
        topics = in_space(Topic, self.monde.elus)
        read = set(topics.readable_by(self.membre).values_list("reference", flat=True))
        shown = {topic.reference for topic in topics if topic.reference in answer.body}
        if (self.what == "author") != bool(LEVEL_OF_THE_AUTHOR.search(answer.body)):
            self.note("GET", path, "shows at what level another follows")
        if shown != followed & read:
            self.note("GET", path, "shows what others follow")

    def reads(self, membre, row=None):
        """What most pages ask for."""
        return True

    def methods(self):
        """GET, POST and one of the others, each in its turn."""
        self.turn += 1
        return ("GET", "POST", OTHER_METHODS[self.turn % len(OTHER_METHODS)])

    def form(self, method):
        """What is sent: every field that a form has, with the keys of what is not theirs."""
        return self.sent if method == "POST" else None

    def rows(self, model):
        """The rows asked for where they may not read: one, and those that are about themselves; and in
        the space of the élu·es, those that a reader of it does not read, as the notes of a room.
        """
        rows = list(in_space(model, self.not_theirs))
        about = [row for row in rows if self.membre.pk in _people_of(row)]
        unread = in_space(model, self.monde.elus)[:2] if self.what == "successor" else ()
        if model is NoteDeRencontre and self.is_reader:
            here = in_space(model, self.monde.elus)
            unread = here.exclude(pk__in=here.readable_by(self.membre).values("pk"))
        return list(dict.fromkeys([*rows[:1], *about, *unread]))

    def own(self, model, ways_in):
        """The rows asked for where they may read: all of them in the space of the élu·es."""
        if self.is_reader:
            return list(in_space(model, self.monde.elus))
        rows = in_space(model, self.monde.agents)
        way = ways_in[0] if model is Membre else "readable_by"
        return list(getattr(rows, way)(self.membre)[:1])

    def path(self, address, row):
        """``address`` with the key of ``row``, or with one that does not exist."""
        if row is None:
            keys = {key: "rien" if key == "slug" else new_reference() for key in address.keys}
            return "/" + address.path % keys
        return self.paths(address, row)[0]

    def paths(self, address, row):
        """``address`` with the key of ``row``, and of each of its parts where it takes one."""
        key, *inner = address.keys
        values = {key: row.slug if key == "slug" else row.reference}
        parts = row.passages.values_list("reference", flat=True) if inner else [None]
        return ["/" + address.path % (values | dict.fromkeys(inner, part)) for part in parts]

    def reaches(self, row, ways_in):
        """Whether the person may be answered about ``row``, or is led to its charter."""
        if self.what in BEFORE_THE_CHARTER:
            return True
        found = row._meta.model._default_manager
        return any(getattr(found, w)(self.membre).filter(pk=row.pk).exists() for w in ways_in)

    def other_addresses(self):
        """Every other address of the project."""
        for address in addresses():
            if address.room == "communaute":
                continue
            if address.room == "gestion" and self.what not in WELCOME_BEHIND:
                continue
            for path in samples(self.monde, address):
                if self.what == "visitor":
                    methods = self.methods()
                elif self.what == "administrator":
                    methods = ("GET", self.methods()[1 + self.turn % 3 // 2])
                else:
                    methods = ("GET",)
                for method in methods:
                    self.ask(method, path, self.form(method))

    def closed_addresses(self):
        """The back office, for who has nothing to do there: each address is closed before it is looked
        up. One method each, all of them among all."""
        for address in addresses():
            for path in samples(self.monde, address) if address.room == "gestion" else ():
                method = self.methods()[self.turn % 3]
                answer = self.ask(method, path, self.form(method))
                leads_out = answer.headers.get("Location", "").startswith("/compte/")
                if answer.status != 404 and not leads_out:
                    self.note(method, path, "is not closed")


def _people_of(row):
    return {getattr(row, name, None) for name in ("poster_id", "membre_id", "auteur_id")}
