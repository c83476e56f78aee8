"""Small makers of what the tests talk about."""

import json
import time
from datetime import date, timedelta
from io import BytesIO

import factory
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image
from wagtail.models import PageViewRestriction

from communaute import conversation, mise_en_commun
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import (
    Accord,
    Allie,
    Commune,
    Departement,
    Epci,
    Espace,
    Membre,
    Nomination,
    PerimetreCommune,
    PerimetreEpci,
    Referentiel,
    Siege,
    Territoire,
)
from communaute.text import fold
from pages.models import (
    AccueilPage,
    AllieIndexPage,
    AlliePage,
    AnalyseSensiblePage,
    Cadre,
    Demande,
    DispositifIndexPage,
    DispositifPage,
    Echelle,
    EnseignementIndexPage,
    EnseignementPage,
    Etape,
    Fondamental,
    ModulePage,
    PortailDocument,
    PortailImage,
    ProjetPilotePage,
    RessourcePage,
    StandardPage,
    TerritoireIndexPage,
    TerritoirePage,
    Theme,
    TroncCommunPage,
)


class MembreFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membre

    email = factory.Sequence("membre{}@exemple.fr".format)
    first_name = "Camille"
    last_name = factory.Sequence("Nom{}".format)
    vu_le = factory.LazyFunction(timezone.localdate)


class TerritoireFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Territoire

    nom = factory.Sequence("Territoire {}".format)
    forme = Territoire.Forme.EPCI


class AllieFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Allie

    nom = factory.Sequence("Alliance {}".format)


class SiegeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Siege

    membre = factory.SubFactory(MembreFactory)
    college = "elus"
    fonction = "Maire"
    debut = factory.LazyFunction(timezone.localdate)


def un_membre(college="elus", **siege):
    """A member who holds an active seat of ``college``."""
    return SiegeFactory(college=college, **siege).membre


def in_group(group, **fields):
    """A member in ``group``, a group of the back office or its name."""
    membre = MembreFactory(**fields)
    membre.groups.add(group if isinstance(group, Group) else Group.objects.get(name=group))
    return membre


def un_allie():
    """A member seated for an allied organisation."""
    return SiegeFactory(college="", allie=AllieFactory(), fonction="Consultante").membre


class EspaceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Espace

    nom = factory.Sequence("Espace {}".format)
    slug = factory.Sequence("espace-{}".format)
    audience = Espace.Audience.COLLEGE
    college = "elus"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        nom = kwargs.pop("nom")
        espace = model_class(**kwargs)
        espace.name_forum(nom, "Parler entre pairs.")
        espace.save()
        espace.adopt_charte("Ce qui s’écrit ici reste ici.")
        return espace


def entered(membre, *espaces):
    """``membre`` after accepting the charter of these spaces, with rights read afresh."""
    for espace in espaces:
        espace.charte.accept(membre)
    return Membre.objects.get(pk=membre.pk)


def un_sujet(espace, author=None, subject="Un titre secret", content="Une phrase secrète."):
    """A topic of ``espace``, by a peer of it."""
    author = author or un_membre(espace.college or "elus", territoire=espace.territoire)
    return conversation.start_topic(entered(author, espace), espace, subject, content)


def une_mise_en_commun(
    espace=None,
    titre="Décider tôt",
    introduction="On gagne à demander avant d’écrire le plan.",
    passages=("Nous avons posé la question.", "Nous avons attendu les réponses."),
    *,
    citations=(),
    refuses=(),
    reponse=Accord.Reponse.SANS_NOM,
    dit_le_college=False,
    promesse=Promesse.A_PARTAGER,
    remise=True,
):
    """A mise en commun to whose ``passages``, and ``citations`` after them, all said yes; handed over, unless
    ``remise`` says otherwise. The author of each of ``refuses`` said no.

    It knows its people: ``auteur`` wrote its title and introduction, each of ``pairs`` the message that the
    part of the same rank draws on, and ``animatrice`` hands over.
    """
    espace = espace or EspaceFactory()
    auteur, animatrice, *pairs = (
        entered(un_membre(espace.college or "elus", territoire=espace.territoire), espace)
        for _ in range(2 + len(passages) + len(citations) + len(refuses))
    )
    espace.nominations.create(membre=animatrice, role=Nomination.Role.ANIMATION)
    topic = un_sujet(espace, pairs[0])
    posts = [topic.first_post]
    posts += [conversation.reply(pair, topic, "Chez nous aussi.") for pair in pairs[1:]]
    Topic.objects.filter(pk=topic.pk).update(promesse=promesse)
    topic.refresh_from_db()
    mise = mise_en_commun.propose(auteur, topic, titre, introduction, posts)
    for post, texte in zip(posts, (*passages, *citations, *refuses), strict=True):
        said = {"texte": texte, "est_citation": texte in citations, "sources": [post]}
        mise_en_commun.add(auteur, mise, said)
    mise_en_commun.ask(auteur, mise)
    for accord in Accord.objects.filter(version__passage__mise_en_commun=mise):
        said = Accord.Reponse.NON if accord.version.texte in refuses else reponse
        mise_en_commun.answer(accord.membre, accord, said, dit_le_college=dit_le_college)
    animatrice = Membre.objects.get(pk=animatrice.pk)
    if remise:
        mise_en_commun.hand_over(animatrice, mise)
    mise.refresh_from_db()
    mise.pairs, mise.animatrice = pairs, animatrice
    return mise


def un_epci(siren="200000001", nom="CC des Essais", population=1000, communes=0, **fields):
    """An EPCI of the official lists, with its département and this vintage."""
    departement, _ = Departement.objects.get_or_create(code="31", defaults={"nom": "Haute-Garonne"})
    Referentiel.objects.get_or_create(
        millesime=2026,
        defaults={"source": "INSEE", "licence": "Licence Ouverte", "annee_population": 2023},
    )
    epci = Epci.objects.create(
        siren=siren,
        nom=nom,
        nom_plie=fold(nom),
        forme="Communauté de communes",
        population=population,
        communes_total=communes,
        longitude=1.44,
        latitude=43.6,
        **fields,
    )
    epci.departements.add(departement)
    return epci


def une_commune(insee, nom, population=100, epci=None):
    """A commune of the official lists."""
    departement, _ = Departement.objects.get_or_create(code="31", defaults={"nom": "Haute-Garonne"})
    return Commune.objects.create(
        insee=insee,
        nom=nom,
        nom_plie=fold(nom),
        population=population,
        departement=departement,
        epci=epci,
    )


def un_territoire(epcis=(), communes=(), **fields):
    """A territory made of these EPCI and communes."""
    territoire = TerritoireFactory(**fields)
    for epci in epcis:
        PerimetreEpci.objects.create(territoire=territoire, epci=epci)
    for commune in communes:
        PerimetreCommune.objects.create(territoire=territoire, commune=commune)
    return Territoire.objects.get(pk=territoire.pk)


def _publish(parent, page):
    """``page`` live below ``parent``, without the revision that the back office would keep: it is slow."""
    parent.add_child(instance=page)
    page.refresh_from_db()
    return page


def corps(*blocks):
    """A body: ``corps(("texte", "<p>Bonjour</p>"), …)``."""
    return json.dumps([{"type": kind, "value": value} for kind, value in blocks])


def une_page_territoire(title="Vallée des Essais", territoire=None, **fields):
    """A published territory page (ask for the ``tree`` fixture first)."""
    fields = {"introduction": "Une vallée.", "engagement": "Nous essayons.", **fields}
    territoire = territoire or TerritoireFactory(nom=title)
    page = TerritoirePage(title=title, territoire=territoire, **fields)
    return _publish(TerritoireIndexPage.objects.get(), page)


def un_theme(nom="Logement"):
    """The theme of that name."""
    return Theme.objects.get_or_create(slug=slugify(nom), defaults={"nom": nom})[0]


def un_dispositif(title="Plan régional de l’habitat", **fields):
    """A published programme (ask for the ``tree`` fixture first)."""
    fields = {
        "introduction": "Un plan pour rénover.",
        "porteur": "La Région",
        "echelle": Echelle.objects.get(code="regionale"),
        **fields,
    }
    return _publish(DispositifIndexPage.objects.get(), DispositifPage(title=title, **fields))


def un_projet(
    title="Rouvrir des maisons",
    parent=None,
    etapes=("pensee",),
    themes=(),
    dispositifs=(),
    **fields,
):
    """A published pilot project, whose moves are a month apart, the last one in January 2026
    (ask for the ``tree`` fixture first)."""
    fields = {
        "question": "Comment rouvrir des maisons ?",
        "introduction": "Un projet.",
        **fields,
    }
    page = ProjetPilotePage(title=title, **fields)
    page.themes = themes
    page.dispositifs = dispositifs
    cadres = Cadre.objects.in_bulk()
    page.etapes = [
        Etape(cadre=cadres[code], date=date(2026, 1, 1) - timedelta(days=30 * months))
        for months, code in zip(reversed(range(len(etapes))), etapes, strict=True)
    ]
    return _publish(parent or une_page_territoire(), page)


def une_analyse(title="Ce que dit la vallée", parent=None, **fields):
    """A published sensitive analysis, public unless ``visibilite`` says otherwise (ask for the
    ``tree`` fixture first)."""
    fields = {
        "allie": fields.pop("allie", None) or AllieFactory(),
        "introduction": "Nous avons écouté.",
        "methode": "<p>Des marches.</p>",
        "ecoute": "<p>Trente personnes.</p>",
        **fields,
    }
    return _publish(parent or une_page_territoire(), AnalyseSensiblePage(title=title, **fields))


def une_page_allie(title="L’Atelier", territoires=(), **fields):
    """A published page of an ally (ask for the ``tree`` fixture first)."""
    fields = {"introduction": "Un atelier.", "apports": "<p>De l’écoute.</p>", **fields}
    page = AlliePage(title=title, allie=fields.pop("allie", None) or AllieFactory(), **fields)
    page.territoires = territoires
    return _publish(AllieIndexPage.objects.get(), page)


def un_module(title="Premier pas", **fields):
    """A published module of the common path (ask for the ``tree`` fixture first)."""
    fields = {"introduction": "Pour commencer.", **fields}
    return _publish(TroncCommunPage.objects.get(), ModulePage(title=title, **fields))


def une_ressource(title="Fiche d’écoute", parent=None, **fields):
    """A published resource, public unless ``visibilite`` says otherwise (ask for the ``tree``
    fixture first)."""
    fields = {"introduction": "Une fiche.", **fields}
    return _publish(parent or un_module(), RessourcePage(title=title, **fields))


def un_enseignement(
    title="Écouter d’abord",
    fondamentaux=("cooperation",),
    territoires=(),
    cadres=(),
    echelles=(),
    themes=(),
    projets=(),
    demandes=(),
    **fields,
):
    """A published learning (ask for the ``tree`` fixture first).

    Terms are given by their codes, ``demandes`` as pairs (code of the scale, text).
    """
    fields = {
        "introduction": "Nous avons appris à écouter.",
        "corps": corps(("texte", "<p>Rénover les écoles ensemble.</p>")),
        **fields,
    }
    page = EnseignementPage(title=title, **fields)
    page.fondamentaux = Fondamental.objects.filter(code__in=fondamentaux)
    page.cadres = Cadre.objects.filter(code__in=cadres)
    page.echelles = Echelle.objects.filter(code__in=echelles)
    page.themes = themes
    page.territoires = territoires
    page.projets = projets
    scales = Echelle.objects.in_bulk()
    page.demandes = [Demande(echelle=scales[echelle], texte=texte) for echelle, texte in demandes]
    EnseignementIndexPage.objects.get().add_child(instance=page)
    return page


def une_page_libre(title="Mentions légales", **fields):
    """A published page of its own under the home page (ask for the ``tree`` fixture first)."""
    return _publish(AccueilPage.objects.get(), StandardPage(title=title, **fields))


def une_image(title="Un lavoir", size=(640, 480), **fields):
    """A picture of one colour, with the sizes that its upload makes."""
    content = BytesIO()
    Image.new("RGB", size, "#96341a").save(content, "JPEG")
    file = ContentFile(content.getvalue(), f"{slugify(title)}.jpg")
    return PortailImage.objects.create(title=title, file=file, **fields)


def un_document(title="Compte rendu", name="compte-rendu.pdf", content=b"%PDF-1.7", **fields):
    """A file to read."""
    return PortailDocument.objects.create(title=title, file=ContentFile(content, name), **fields)


def restrict(page):
    """Reserve ``page`` and those below it for signed-in people, as an editor can in the back office."""
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    return page


def confirmed(client, address, data):
    """The answer to a form of the back office that asks, before it saves, whether that is what is meant."""
    answer = client.post(address, data)
    assert answer.context["form"].to_confirm
    return client.post(address, data | {"annonce": answer.context["form"]["annonce"].value()})


def just_proved(client, membre):
    """``client``, where ``membre`` is signed in, as if they had come in a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
    session["account_authentication_methods_user"] = str(membre.pk)
    session.save()
    return client
