"""Load the fictional cohort of ``portail/demo``."""

import json
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from wagtail.fields import RichTextField
from wagtail.permissions import policy_registry

from communaute import (
    choix_de_date,
    conversation,
    desaccord,
    gestes,
    mise_en_commun,
    notifications,
    passation,
    profils,
    rencontres,
    repetitions,
)
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Accord,
    Adhesion,
    Allie,
    Cohorte,
    DemandePromesse,
    Espace,
    Invitation,
    Membre,
    Nomination,
    Presence,
    Profil,
    Rencontre,
    Siege,
    Sondage,
    Territoire,
    Visible,
)
from communaute.repetitions import at
from pages.groupes import ANIMATION
from pages.models import (
    AccueilPage,
    AllieIndexPage,
    AlliePage,
    AnalyseSensiblePage,
    Blocage,
    Cadre,
    CadrePage,
    CohortePage,
    ContactPage,
    Demande,
    DispositifIndexPage,
    DispositifPage,
    Echelle,
    EnseignementIndexPage,
    EnseignementPage,
    Etape,
    Fondamental,
    FondamentalPage,
    ModulePage,
    Partenaire,
    PhotoTerritoire,
    PlaidoyerPage,
    PortailDocument,
    PortailImage,
    Preuve,
    ProjetPilotePage,
    Regard,
    RegardsCroisesPage,
    RessourcePage,
    TerritoireIndexPage,
    TerritoirePage,
    Theme,
    TroncCommunPage,
)
from portail import demonstration, paysages

EDITOR = "editeur@demo.example"
FACILITATOR = "animation@demo.example"
ADMIN = "admin@demo.example"
TOLD = 30
"""Days: what was said since then is in everybody's bell."""


class Command(BaseCommand):
    help = (
        "Charge la cohorte de démonstration. Refuse sans DEMO=1, et sur une base qui contient autre "
        "chose ; sans effet si elle est déjà là."
    )

    def handle(self, *args, **options):
        if not settings.DEMO:
            raise CommandError("La cohorte de démonstration ne se charge qu’avec DEMO=1.")
        if not Membre.objects.filter(email=ADMIN).exists():
            if any(
                model.objects.exists() for model in (Membre, Territoire, Espace, EnseignementPage)
            ):
                raise CommandError(
                    "Cette base contient déjà autre chose : la démonstration ne s’y ajoute pas."
                )
            self.stdout.write("Chargement de la cohorte de démonstration…")
            load()
        self.stdout.write(f"\nLe portail : {settings.SITE_URL}/")
        self.stdout.write(f"Comptes de démonstration (mot de passe : {demonstration.PASSWORD}) :")
        for account in demonstration.ACCOUNTS:
            self.stdout.write(f"  {account['email']:24} {account['role']}")


@transaction.atomic
def load():
    """Create the whole demo, or nothing of it."""
    texts = demonstration.read("cohorte")
    Cohorte.objects.update_or_create(pk=Cohorte.load().pk, defaults=texts["cohorte"])
    for entry in texts["fondamental"]:
        Fondamental.objects.filter(code=entry["code"]).update(
            nom=entry["nom"], question=entry["question"]
        )
    _rewrite(AccueilPage, texts["accueil"])
    _rewrite(TerritoireIndexPage, texts["territoires"])
    _rewrite(EnseignementIndexPage, texts["enseignements"])
    _rewrite(PlaidoyerPage, texts["plaidoyer"])
    _rewrite(RegardsCroisesPage, texts["regards"])
    _rewrite(DispositifIndexPage, texts["dispositifs"])
    _rewrite(AllieIndexPage, texts["allies"])
    _rewrite(TroncCommunPage, texts["tronc_commun"])
    _rewrite(CohortePage, texts["la_cohorte"])
    _rewrite(ContactPage, texts["contact"])
    for entry in texts["page_fondamental"]:
        _rewrite(FondamentalPage, entry, fondamental=entry["code"])
    for entry in texts["page_cadre"]:
        _rewrite(CadrePage, entry, cadre=entry["code"])
    ressources = demonstration.read("ressources")
    themes = {entry["slug"]: Theme.objects.create(**entry) for entry in ressources["theme"]}
    dispositifs = _dispositifs(ressources["dispositif"])
    documents = {entry["titre"]: _document(entry) for entry in ressources["document"]}
    _path(ressources["module"], documents)
    territoires = _territoires(demonstration.read("territoires")["territoire"])
    projets = _projets(demonstration.read("projets")["projet"], territoires, themes, dispositifs)
    enseignements = demonstration.read("enseignements")
    found = (territoires, themes, projets)
    for entry in enseignements["enseignement"]:
        _publish(EnseignementIndexPage.objects.get(), _enseignement(entry, *found))
    membres = demonstration.read("membres")
    _allies(membres["allie"], territoires)
    _analyses(ressources["analyse"], territoires)
    _membres(membres["membre"], territoires)
    for entry in enseignements["proposition"]:
        _propose(_enseignement(entry, *found), Membre.objects.get(email=entry["par"]))
    _espaces(demonstration.read("espaces")["espace"])
    _arrivals(membres, territoires)
    for entry in membres["passation"]:
        _pass_on(entry)
    for entry in membres["profil"]:
        _profil(entry)


def _rewrite(model, texts, **lookup):
    """Give the only page of this type (and of these terms) the demo's words, and publish it."""
    page = model.objects.get(**lookup)
    rich = isinstance(model._meta.get_field("introduction"), RichTextField)
    for name, value in texts.items():
        match name:
            case "titre":
                page.title = value
            case "introduction":
                page.introduction = f"<p>{value}</p>" if rich else value
            case "corps":
                page.corps = _corps(value)
            case "code":
                pass
            case _:
                setattr(page, name, value)
    page.save_revision().publish()


def _corps(blocks):
    """A StreamField value from the demo's blocks: rich text as such, other blocks by their fields."""
    return json.dumps(
        [
            {"type": block["type"], "value": block.get("valeur") or _without(block, "type")}
            for block in blocks
        ]
    )


def _without(entry, *names):
    return {key: value for key, value in entry.items() if key not in names}


def _publish(parent, page):
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page


def _page(model, entry, **fields):
    """An unsaved page with the plain fields of ``entry`` and ``fields``."""
    names = {field.name for field in model._meta.get_fields() if field.concrete}
    plain = {
        key: value
        for key, value in entry.items()
        if key in names - set(fields) and not model._meta.get_field(key).many_to_many
    }
    if "corps" in entry:
        plain["corps"] = _corps(entry["corps"])
    return model(title=entry["titre"], **plain | fields)


def _dispositifs(entries):
    index = DispositifIndexPage.objects.get()
    echelles = Echelle.objects.in_bulk()
    return {
        entry["slug"]: _publish(
            index, _page(DispositifPage, entry, echelle=echelles[entry["echelle"]])
        )
        for entry in entries
    }


def _document(entry):
    file = ContentFile(entry["texte"].encode(), name=entry["fichier"])
    return PortailDocument.objects.create(title=entry["titre"], file=file)


def _path(entries, documents):
    index = TroncCommunPage.objects.get()
    cadres = Cadre.objects.in_bulk()
    for entry in entries:
        module = _publish(index, _page(ModulePage, entry, cadre=cadres[entry["cadre"]]))
        for ressource in entry["ressource"]:
            document = documents.get(ressource.get("document"))
            _publish(module, _page(RessourcePage, ressource, document=document))


def _territoires(entries):
    index = TerritoireIndexPage.objects.get()
    territoires = {}
    for entry in entries:
        territoire = territoires[entry["slug"]] = Territoire.objects.create(
            nom=entry["nom"],
            forme=entry["forme"],
            longitude=entry["lon"],
            latitude=entry["lat"],
            population_fictive=entry["population"],
            communes_fictives=entry["communes"],
        )
        page = _page(TerritoirePage, entry | {"titre": entry["nom"]}, territoire=territoire)
        page.photos = [
            PhotoTerritoire(
                image=PortailImage.objects.create(
                    title=f"Paysage de {entry['nom']}",
                    file=ContentFile(paysages.draw(entry["slug"]), name=f"{entry['slug']}.jpg"),
                ),
                alt="Des collines l’une derrière l’autre, sous un soleil pâle.",
                legende="Paysage dessiné pour l’exemple",
            )
        ]
        _publish(index, page)
    return territoires


def _projets(entries, territoires, themes, dispositifs):
    cadres, echelles = Cadre.objects.in_bulk(), Echelle.objects.in_bulk()
    projets = {}
    for entry in entries:
        page = _page(ProjetPilotePage, entry)
        territoire = territoires[entry["territoire"]].page
        page.contact_nom, page.contact_email = territoire.contact_nom, territoire.contact_email
        page.themes = [themes[slug] for slug in entry["themes"]]
        page.dispositifs = [dispositifs[slug] for slug in entry["dispositifs"]]
        page.etapes = [Etape(**row | {"cadre": cadres[row["cadre"]]}) for row in entry["etape"]]
        page.preuves = [Preuve(**row) for row in entry["preuve"]]
        page.partenaires = [Partenaire(**row) for row in entry["partenaire"]]
        page.blocages = [
            Blocage(**row | {"echelle": echelles[row["echelle"]]}) for row in entry["blocage"]
        ]
        projets[entry["slug"]] = _publish(territoire, page)
    return projets


def _enseignement(entry, territoires, themes, projets):
    echelles = Echelle.objects.in_bulk()
    page = _page(EnseignementPage, entry)
    page.fondamentaux = Fondamental.objects.filter(code__in=entry["fondamentaux"])
    page.cadres = Cadre.objects.filter(code__in=entry["cadres"])
    page.echelles = Echelle.objects.filter(code__in=entry["echelles"])
    page.themes = [themes[slug] for slug in entry["themes"]]
    page.territoires = [territoires[slug] for slug in entry["territoires"]]
    page.projets = [projets[slug] for slug in entry["projets"]]
    page.demandes = [
        Demande(**row | {"echelle": echelles[row["echelle"]]}) for row in entry.get("demande", [])
    ]
    page.regards = [
        Regard(**row | {"territoire": territoires[row["territoire"]]})
        for row in entry.get("regard", [])
    ]
    return page


def _propose(page, membre):
    """A draft of ``membre``'s, which waits for the facilitators to read it."""
    page.live, page.owner = False, membre
    EnseignementIndexPage.objects.get().add_child(instance=page)
    page.save_revision(user=membre)
    page.get_workflow().start(page, membre)


def _allies(entries, territoires):
    index = AllieIndexPage.objects.get()
    for entry in entries:
        allie = Allie.objects.create(**_without(entry, "page"))
        page = _page(AlliePage, entry["page"] | {"titre": entry["nom"]}, allie=allie)
        page.territoires = [territoires[slug] for slug in entry["page"]["territoires"]]
        _publish(index, page)


def _analyses(entries, territoires):
    for entry in entries:
        page = _page(AnalyseSensiblePage, entry, allie=Allie.objects.get(nom=entry["allie"]))
        _publish(territoires[entry["territoire"]].page, page)


def _membres(entries, territoires):
    allies = {allie.nom: allie for allie in Allie.objects.all()}
    passwords = _passwords()
    for entry in entries:
        membre = Membre.objects.create(
            email=entry["email"],
            first_name=entry["prenom"],
            last_name=entry["nom"],
            password=passwords.get(entry["email"], make_password(None)),
            is_superuser=entry["email"] == ADMIN,
            nomme_publiquement=entry.get("nomme_publiquement", False),
        )
        territoire = territoires.get(entry["territoire"])
        if entry["college"] or entry["allie"]:
            Siege.objects.create(
                membre=membre,
                college=entry["college"],
                allie=allies.get(entry["allie"]),
                territoire=territoire,
                fonction=entry["fonction"],
                debut=timezone.localdate() - timedelta(days=200),
            )
        if entry["email"] == EDITOR:
            membre.groups.add(territoire.page.editors())
            _give_pictures(membre, territoire.page)
        if entry["email"] == FACILITATOR:
            membre.groups.add(Group.objects.get(name=ANIMATION))


def _give_pictures(membre, page):
    """Keep the pictures of ``page`` where ``membre``, who writes it, keeps their own."""
    policy = policy_registry.get_by_type(PortailImage)
    own = policy.collections_user_has_permission_for(membre, "add").get()
    PortailImage.objects.filter(pk__in=page.photos.values("image")).update(collection=own)


def _passwords():
    return dict.fromkeys(
        (account["email"] for account in demonstration.ACCOUNTS),
        make_password(demonstration.PASSWORD),
    )


def _pass_on(entry):
    """Give a seat to who comes after, with the word of who left, and let them in where it opens."""
    before = Siege.objects.get(membre__email=entry["de"])
    passation.write(before.membre, before, entry["mot"])
    membre = Membre.objects.create(
        email=entry["email"],
        first_name=entry["prenom"],
        last_name=entry["nom"],
        password=_passwords()[entry["email"]],
    )
    arrival = timezone.localdate() - timedelta(days=entry["jours"])
    before.pass_on(membre, before.fonction, fin=arrival - timedelta(days=1), debut=arrival)
    for espace in Espace.objects.readable_by(membre):
        espace.charte.accept(membre)


def _profil(entry):
    """What a member says of themselves; their photo is a landscape, since nobody of them exists."""
    membre = Membre.objects.get(email=entry["email"])
    profil = Profil(membre=membre, **_without(entry, "email", "photo"))
    drawn = None
    if "photo" in entry:
        profil.photo_visible = Visible.MEMBRES
        drawn = profils.photo(ContentFile(paysages.draw(entry["photo"]), name="paysage.jpg"))
    profils.save(profil, drawn, nomme_publiquement=membre.nomme_publiquement)


def _espaces(entries):
    for entry in entries:
        espace = Espace(slug=entry["slug"], audience=entry["audience"], college=entry["college"])
        espace.name_forum(entry["nom"], entry["objet"])
        espace.save()
        espace.nominate(
            Nomination.Role.ANIMATION, Membre.objects.filter(email__in=entry["animateurs"])
        )
        charte = espace.adopt_charte(entry["charte"])
        emails = {email for sujet in entry["sujet"] for email in _involved(sujet)}
        membres = {m.email: m for m in Membre.objects.filter(email__in=emails)}
        for membre in membres.values():
            charte.accept(membre)
        for sujet in entry["sujet"]:
            _sujet(espace, sujet, membres)


def _arrivals(entries, territoires):
    """Who asks to join, and who is awaited."""
    facilitator = Membre.objects.get(email=FACILITATOR)
    notifications.spread_past(_ago(TOLD))
    for entry in entries["adhesion"]:
        Adhesion.objects.create(**entry | {"territoire": territoires[entry["territoire"]]})
    for entry in entries["invitation"]:
        Invitation.objects.create(
            **entry | {"territoire": territoires[entry["territoire"]]},
            par=facilitator,
            envoyee_le=timezone.now(),
        )


def _involved(sujet):
    """The addresses of all who speak, thank, sum up or vote in a topic."""
    for message in sujet["message"]:
        yield message["auteur"]
        yield from message.get("mercis", [])
    if "resume" in sujet:
        yield sujet["resume"]["auteur"]
    for voters in sujet.get("sondage", {}).get("votes", []):
        yield from voters
    for reponse in (*Presence.Reponse, "presents"):
        yield from sujet.get("rencontre", {}).get(reponse, [])
    yield from sujet.get("rencontre", {}).get("disponibilites", {})
    for position in sujet.get("position", []):
        yield position["auteur"]
        yield from position["tenue"]


def _sujet(espace, entry, membres):
    topic = None
    for message in entry["message"]:
        author = membres[message["auteur"]]
        at = _ago(message["jours"])
        if topic is None:
            kind = {name: entry[name] for name in ("nature", "promesse")}
            if rencontre := entry.get("rencontre"):
                kind |= _recherche(rencontre) if "dates" in rencontre else _rencontres(rencontre)
            topic = conversation.start_topic(
                author, espace, entry["titre"], message["texte"], at, **kind
            )
            post = Post.objects.readable_by(Membre.objects.by_key(author.pk)).get(topic=topic)
        else:
            post = conversation.reply(author, topic, message["texte"], at)
        for email in message.get("mercis", []):
            gestes.thank(membres[email], post, on=True)
        if message.get("retenue"):
            gestes.keep_answer(topic.poster, post, on=True)
        if message.get("retire"):
            conversation.withdraw(author, post)
            post.retire_le = at + timedelta(hours=5)
            post.save(update_fields=["retire_le"])
    if resume := entry.get("resume"):
        gestes.summarise(membres[resume["auteur"]], topic, resume["texte"], base=0)
        topic.resumes.update(ecrit_le=_ago(resume["jours"]))
    if sondage := entry.get("sondage"):
        _sondage(topic, sondage, membres)
    if rencontre := entry.get("rencontre"):
        _reponses(topic, rencontre, membres)
    if demande := entry.get("demande"):
        _demande(topic, demande, membres)
    _desaccord(topic, entry.get("position", []), membres)
    if essai := entry.get("essai"):
        _essai(topic, essai, membres)
    for mise in entry.get("mise", []):
        _mise_en_commun(topic, mise, membres)
    if entry["epingle"]:
        Topic.objects.readable_by(author).filter(pk=topic.pk).update(type=Topic.TOPIC_STICKY)
    if entry.get("accueil"):
        espace.accueil = topic
        espace.save(update_fields=["accueil"])


def _sondage(topic, entry, membres):
    closes = timezone.localtime(_ago(-entry["jours"])).replace(hour=23, minute=59, second=59)
    sondage = Sondage(topic=topic, plusieurs=entry["plusieurs"], ferme_le=closes)
    sondage.save()
    for ordre, texte in enumerate(entry["choix"]):
        sondage.choix.create(texte=texte, ordre=ordre)
    for ordre, voters in enumerate(entry["votes"]):
        for email in voters:
            gestes.vote(membres[email], topic, [ordre])


def _reponses(topic, entry, membres):
    """Who comes to the first date of a meeting, or was there and what they noted; what the public is told."""
    found = Rencontre.objects.readable_by(Membre.objects.by_key(topic.poster_id))
    first = found.filter(topic=topic).first()
    proposed = first.dates_proposees.readable_by(Membre.objects.by_key(topic.poster_id))
    for email, said in entry.get("disponibilites", {}).items():
        by_date = dict(zip(proposed.values_list("pk", flat=True), said, strict=True))
        choix_de_date.answer(membres[email], first, by_date)
    for reponse in Presence.Reponse:
        for email in entry.get(reponse, []):
            rencontres.answer(membres[email], first, reponse)
    for email in entry.get("presents", []):
        there = {"reponse": Presence.Reponse.OUI, "present_le": first.debut}
        first.presences.create(membre=membres[email], **there)
    for noted in entry.get("notes", []):
        first.notes.create(**noted)
    if annonce := entry.get("annonce"):
        rencontres.announce(membres[annonce["par"]], first, _without(annonce, "par"))


def _rencontres(entry):
    """The dates of a meeting in so many days, or so many ago, on the clock of the cohort; of one that is
    repeated, those of half a year.
    """
    day = timezone.localdate(_ago(-entry["dans"]))
    days = [day]
    if repetition := entry.get("repete"):
        days = repetitions.days(day, repetition, day + timedelta(days=183))
    names = ("lieu", "lien", "capacite", "reservees")
    said = {name: entry[name] for name in names if name in entry}
    programme = [
        {"heure": f"{un['heure']:%H:%M}", "texte": un["texte"]} for un in entry.get("programme", [])
    ]
    said["programme"] = programme
    hours = [{"debut": at(day, entry["de"]), "fin": at(day, entry["a"])} for day in days]
    return {"rencontres": [said | one for one in hours]}


def _recherche(entry):
    """A meeting whose date is searched for, among those in so many days."""
    days = [timezone.localdate(_ago(-after)) for after in entry["dates"]]
    dates = [(at(day, entry["de"]), at(day, entry["a"])) for day in days]
    return {"rencontres": [{"lieu": entry["lieu"]}], "dates": dates}


def _desaccord(topic, entries, membres):
    """What each holds where a disagreement is put to work, and how others restated it."""
    taken = []
    for entry in entries:
        said = membres[entry["auteur"]], topic, entry["texte"], entry["role"]
        taken.append(desaccord.take_position(*said))
        for email in entry["tenue"]:
            desaccord.hold(membres[email], taken[-1], on=True)
        beneath = entry.get("compte", ""), entry.get("changerait", "")
        desaccord.say_beneath(membres[entry["auteur"]], taken[-1], *beneath)
    for entry, position in zip(entries, taken, strict=True):
        for redite in entry.get("redite", []):
            restated = desaccord.restate(membres[redite["auteur"]], position, redite["texte"])
            if "juste" in redite:
                said = redite["juste"], redite.get("mot", "")
                desaccord.recognise(membres[entry["auteur"]], restated, *said)


def _essai(topic, entry, membres):
    """What is tried in a disagreement, and what each says of it."""
    le = timezone.localdate(_ago(-entry["jours"]))
    said = membres[entry["auteur"]], topic, entry["texte"], le
    tried = desaccord.try_out(*said)
    for email, mot in entry["avis"].items():
        desaccord.weigh(membres[email], tried, not mot, mot)


def _demande(topic, entry, membres):
    """A looser promise was asked for, to which not everyone said yes in time."""
    demande = DemandePromesse(
        topic=topic, promesse=entry["promesse"], auteur=membres[entry["auteur"]]
    )
    demande.save()
    demande.demandee_le = _ago(entry["jours"])
    demande.close_le = demande.jusquau
    demande.save()


def _mise_en_commun(topic, entry, membres):
    """A learning drawn from the topic: public since all said yes to it, or still asked for."""
    author = Membre.objects.by_key(membres[entry["auteur"]].pk)
    posts = list(Post.objects.readable_by(author).filter(topic=topic))
    drawn_on = [posts[rank] for rank in entry["messages"]]
    at, said = _ago(entry["jours"]), (entry["titre"], entry["introduction"])
    mise = mise_en_commun.propose(author, topic, *said, drawn_on, at)
    for passage in entry["passage"]:
        sources = [posts[rank] for rank in passage["sources"]]
        said = {"texte": passage["texte"], "est_citation": False, "sources": sources}
        mise_en_commun.add(author, mise, said)
    mise_en_commun.ask(author, mise)
    answering = membres.values() if entry["publiee"] else [membres[one] for one in entry["oui"]]
    for membre in answering:
        for accord in Accord.objects.readable_by(membre).awaited():
            mise_en_commun.answer(membre, accord, Accord.Reponse.SANS_NOM, dit_le_college=True)
    if entry["publiee"]:
        mise_en_commun.hand_over(Membre.objects.get(email=FACILITATOR), mise)
        mise.refresh_from_db()
        page = mise.page.specific
        page.date = timezone.localdate(_ago(1))
        page.fondamentaux = Fondamental.objects.filter(code__in=entry["fondamentaux"])
        page.save_revision(user=Membre.objects.get(email=EDITOR)).publish()


def _ago(days):
    return timezone.now() - timedelta(days=days)
