"""Load the fictional cohort of ``portail/demo``."""

import json
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from communaute import conversation
from communaute.forum_conversation.models import Topic
from communaute.models import (
    Allie,
    Cohorte,
    Espace,
    Membre,
    Nomination,
    Siege,
    Territoire,
)
from pages.models import (
    AccueilPage,
    EnseignementIndexPage,
    EnseignementPage,
    Fondamental,
    StandardPage,
    TerritoireIndexPage,
    TerritoirePage,
)
from portail import demonstration

EDITOR = "editeur@demo.example"
ADMIN = "admin@demo.example"


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
                model.objects.exists()
                for model in (Membre, Territoire, Espace, EnseignementPage, StandardPage)
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
    _standard_pages(texts["page"])
    territoires = _territoires(demonstration.read("territoires")["territoire"])
    _enseignements(demonstration.read("enseignements")["enseignement"], territoires)
    _membres(demonstration.read("membres"), territoires)
    _espaces(demonstration.read("espaces")["espace"])


def _rewrite(model, texts):
    page = model.objects.get()
    page.title = texts["titre"]
    page.introduction = f"<p>{texts['introduction']}</p>"
    page.save_revision().publish()


def _corps(blocks):
    """A StreamField value from the demo's blocks: rich text as such, other blocks by their fields."""
    return json.dumps(
        [
            {"type": block["type"], "value": block.get("valeur") or _without_type(block)}
            for block in blocks
        ]
    )


def _without_type(block):
    return {key: value for key, value in block.items() if key != "type"}


def _publish(parent, page):
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page


def _standard_pages(entries):
    home = AccueilPage.objects.get()
    for entry in entries:
        page = StandardPage(
            title=entry["titre"],
            slug=entry["slug"],
            introduction=entry["introduction"],
            corps=_corps(entry["corps"]),
            show_in_menus=entry["menu"],
            show_in_footer=entry["pied"],
        )
        _publish(home, page)
        if entry["menu"]:
            page.move(home, pos="first-child")
            home.refresh_from_db()


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
        fields = ("introduction", "engagement", "contact_nom", "contact_email")
        page = TerritoirePage(
            title=entry["nom"],
            slug=entry["slug"],
            territoire=territoire,
            corps=_corps(entry["corps"]),
            **{field: entry[field] for field in fields},
        )
        _publish(index, page)
    return territoires


def _enseignements(entries, territoires):
    index = EnseignementIndexPage.objects.get()
    for entry in entries:
        page = EnseignementPage(
            title=entry["titre"],
            slug=entry["slug"],
            date=entry["date"],
            nature=entry["nature"],
            introduction=entry["introduction"],
            corps=_corps(entry["corps"]),
        )
        index.add_child(instance=page)
        page.fondamentaux = Fondamental.objects.filter(code__in=entry["fondamentaux"])
        page.territoires = [territoires[slug] for slug in entry["territoires"]]
        page.save_revision().publish()


def _membres(texts, territoires):
    allies = {entry["nom"]: Allie.objects.create(**entry) for entry in texts["allie"]}
    passwords = dict.fromkeys(
        (account["email"] for account in demonstration.ACCOUNTS),
        make_password(demonstration.PASSWORD),
    )
    for entry in texts["membre"]:
        membre = Membre.objects.create(
            email=entry["email"],
            first_name=entry["prenom"],
            last_name=entry["nom"],
            password=passwords.get(entry["email"], make_password(None)),
            is_superuser=entry["email"] == ADMIN,
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


def _espaces(entries):
    for entry in entries:
        espace = Espace(slug=entry["slug"], audience=entry["audience"], college=entry["college"])
        espace.name_forum(entry["nom"], entry["objet"])
        espace.save()
        espace.nominate(
            Nomination.Role.ANIMATION, Membre.objects.filter(email__in=entry["animateurs"])
        )
        charte = espace.adopt_charte(entry["charte"])
        authors = {message["auteur"] for sujet in entry["sujet"] for message in sujet["message"]}
        for membre in Membre.objects.filter(email__in=authors):
            charte.accept(membre)
        authors = {m.email: m for m in Membre.objects.filter(email__in=authors)}
        for sujet in entry["sujet"]:
            _sujet(espace, sujet, authors)


def _sujet(espace, entry, authors):
    topic = None
    for message in entry["message"]:
        author = authors[message["auteur"]]
        at = timezone.now() - timedelta(days=message["jours"])
        if topic is None:
            topic = conversation.start_topic(author, espace, entry["titre"], message["texte"], at)
        else:
            conversation.reply(author, topic, message["texte"], at)
    if entry["epingle"]:
        Topic.objects.readable_by(author).filter(pk=topic.pk).update(type=Topic.TOPIC_STICKY)
