"""The path of a mise en commun through the pages of its space."""

import re
from datetime import timedelta
from itertools import product
from random import Random
from string import ascii_uppercase
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from communaute import conversation, indices, mise_en_commun, notifications
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import (
    Accord,
    Cohorte,
    Espace,
    Evenement,
    Membre,
    MiseEnCommun,
    Nomination,
    Notification,
    Passage,
    PreuveAccord,
    Siege,
    VersionPassage,
)
from portail.templatetags.dates import moment
from tests.factories import (
    MembreFactory,
    TerritoireFactory,
    entered,
    un_membre,
    un_sujet,
    une_mise_en_commun,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def membres(espace):
    """Four peers, of whom the last facilitates."""
    names = ("Nadia", "Omar", "Lea", "Anna")
    found = [entered(un_membre("elus", membre__first_name=name), espace) for name in names]
    espace.nominations.create(membre=found[-1], role=Nomination.Role.ANIMATION)
    return found


@pytest.fixture
def sujet(espace, membres):
    """A topic where the first two spoke, and that may be drawn on."""
    topic = un_sujet(espace, author=membres[0], content="Nous avons demandé d’abord.")
    conversation.reply(membres[1], topic, "Nous aussi, et tard.")
    Topic.objects.filter(pk=topic.pk).update(promesse=Promesse.A_PARTAGER)
    topic.refresh_from_db()
    return topic


@pytest.fixture
def go(client):
    """``go(membre, name, *args)`` asks a page; with data, sends its form and follows where it leads."""

    def do(membre, name, *args, status=200, **data):
        client.force_login(membre)
        address = reverse(f"communaute:{name}", args=args)
        response = client.post(address, data, follow=True) if data else client.get(address)
        assert response.status_code == status, response.content.decode()[-2000:]
        return response.content.decode()

    return do


def everyone_answers(mise, reponse):
    """All that is to ask is asked, and all say the same."""
    mise_en_commun.ask(mise.auteur, mise)
    for accord in Accord.objects.awaited():
        mise_en_commun.answer(accord.membre, accord, reponse)


def one_part_asked(membres, sujet, texte="Un passage."):
    """What is drawn of the first message alone, and the yes that is awaited for it."""
    nadia, omar = membres[:2]
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    mise_en_commun.add(omar, mise, {"texte": texte, "sources": [sujet.posts.first()]})
    mise_en_commun.ask(omar, mise)
    return mise, Accord.objects.get(membre=nadia)


def opened(go, membre, sujet, posts):
    """A mise en commun opened by the form, of these messages."""
    go(
        membre,
        "mettre_en_commun",
        sujet.reference,
        titre="Demander tôt",
        introduction="On y gagne du temps.",
        messages=[post.reference for post in posts],
    )
    return MiseEnCommun.objects.get()


def test_the_whole_path_from_the_topic_to_the_draft_of_a_page(go, membres, sujet):
    nadia, omar, _, anna = membres
    first, second = sujet.posts.all()
    assert "Mettre en commun" in go(omar, "sujet", sujet.reference)
    mise = opened(go, omar, sujet, [first, second])
    page = go(
        omar,
        "ajouter_passage",
        mise.reference,
        texte="Nous avons posé la question avant d’écrire.",
        sources=[first.reference, second.reference],
    )
    assert "Nous avons posé la question" in page
    assert "Pas encore demandé" in page
    assert "On le demande à Nadia" in go(omar, "demander", mise.reference)
    go(omar, "demander", mise.reference, compris="1")
    assert "Une partie de ce texte vient de vous" in go(nadia, "mise_en_commun", mise.reference)
    page = ""
    for membre in (nadia, omar):
        assert "Toutes les réponses sont là" not in page
        for accord in Accord.objects.filter(membre=membre):
            said = {f"{accord.reference}-reponse": "nom"}
            page = go(membre, "repondre", mise.reference, **said)
    assert "Toutes les réponses sont là" in page
    assert "personne d’autre ne voit votre réponse" not in page
    assert "Chaque personne a dit oui" in go(anna, "mise_en_commun", mise.reference)
    assert "Nous avons posé la question" in go(anna, "remettre", mise.reference)
    assert "C’est remis" in go(anna, "remettre", mise.reference, oui="1")
    mise.refresh_from_db()
    assert not mise.page.live


def test_a_topic_whose_promise_is_that_all_stays_there_cannot_be_drawn_on(go, membres, sujet):
    Topic.objects.filter(pk=sujet.pk).update(promesse=Promesse.RESTE_ICI)
    assert "Mettre en commun" not in go(membres[0], "sujet", sujet.reference)
    go(membres[0], "mettre_en_commun", sujet.reference, status=404)


def test_a_form_sent_twice_opens_one_and_adds_one_part(go, membres, sujet):
    omar = membres[1]
    said = {"titre": "Demander tôt", "introduction": "On y gagne.", "envoi": str(uuid4())}
    said["messages"] = [sujet.first_post.reference]
    for _ in range(2):
        go(omar, "mettre_en_commun", sujet.reference, **said)
    mise = MiseEnCommun.objects.get()
    for _ in range(2):
        go(omar, "ajouter_passage", mise.reference, texte="Un seul.")
    assert mise.passages.count() == 2


def test_a_no_and_a_silence_look_the_same(go, membres, sujet):
    nadia, omar, _, anna = membres
    first, second = sujet.posts.all()
    pages = []
    for is_silent in (False, True):
        mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first, second])
        said = {"texte": "Un passage à deux.", "est_citation": False, "sources": [first, second]}
        mise_en_commun.add(omar, mise, said)
        mise_en_commun.ask(omar, mise)
        for accord in Accord.objects.filter(version__passage__mise_en_commun=mise):
            if accord.membre_id == omar.pk:
                mise_en_commun.answer(omar, accord, "sans_nom")
            elif not is_silent:
                mise_en_commun.answer(nadia, accord, "non")
        sealed = go(anna, "mise_en_commun", mise.reference)
        if is_silent:
            VersionPassage.objects.asked().update(demandee_le=timezone.now() - timedelta(days=14))
            mise_en_commun.resolve_due()
        page = go(anna, "mise_en_commun", mise.reference)
        pages.append(
            re.sub(
                r"csrf[^>]*>|<time.*?</time>|/mises-en-commun/\w+|/sujets/\w+|passages/\w+",
                "",
                page,
            )
        )
        assert "Un passage à deux" not in page
        assert ("Un passage à deux" in sealed) == is_silent
    assert pages[0] == pages[1]


@pytest.mark.parametrize("reponse", ["", "nom", "sans_nom", "reformule", "non"])
def test_nobody_else_sees_that_one_answered_before_all_is_known(go, membres, sujet, reponse):
    nadia, omar, lea, anna = membres
    first, second = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first, second])
    said = {"texte": "Un passage à deux.", "est_citation": False, "sources": [first, second]}
    mise_en_commun.add(omar, mise, said)
    mise_en_commun.ask(omar, mise)
    others = (omar, lea, anna)
    before = [go(other, "mise_en_commun", mise.reference) for other in others]
    if reponse:
        accord = Accord.objects.get(membre=nadia)
        mise_en_commun.answer(nadia, accord, reponse, "Autrement.")
    after = [go(other, "mise_en_commun", mise.reference) for other in others]
    strip = re.compile(r"csrfmiddlewaretoken[^>]*>")
    assert [strip.sub("", page) for page in before] == [strip.sub("", page) for page in after]


def test_what_may_tell_who_is_spoken_of_must_be_confirmed(go, membres, sujet):
    omar = membres[1]
    first, second = sujet.posts.all()
    mise = opened(go, omar, sujet, [first, second])
    texte = f"La maire et {membres[0].get_full_name()} ont trouvé 12 000 € : omar@exemple.fr."
    go(omar, "ajouter_passage", mise.reference, texte=texte, sources=[first.reference])
    page = go(omar, "demander", mise.reference)
    for told in ("maire", membres[0].get_full_name(), "12 000 €", "omar@exemple.fr"):
        assert f"<strong>{told}</strong>" in page
    refused = go(omar, "demander", mise.reference, status=422, sans="mot")
    assert "Rien n’est parti" in refused
    [box] = BeautifulSoup(refused, "html.parser").select("#compris")
    assert box["aria-invalid"] == "true"
    [error] = BeautifulSoup(refused, "html.parser").select(f"#{box['aria-describedby']}")
    assert error.get_text() == "Cochez pour confirmer, ou dites autrement."
    assert "aria-invalid" not in page
    assert not Accord.objects.exists()
    go(omar, "demander", mise.reference, compris="1")
    assert Accord.objects.exists()


def test_the_address_of_what_is_said_in_a_space_is_warned_of(membres):
    said = "/communaute/sujets/abc/"
    [found] = indices.found_in([f"Voyez <https://portail.example{said}>, ou [là]({said})."])
    assert [one.mots for one in found] == [said]


@pytest.mark.parametrize(
    ("nom", "said"),
    [
        ("Cardelonne Agglomération", "À Cardelonne, le directeur du site a dit non."),
        ("Communauté de communes des Hautes Sérines", "Chez nous, les Hautes Sérines en ont ri."),
        ("Parc naturel régional des Monts d’Oursanne", "Dans les Monts d’Oursanne, on attend."),
        ("Communauté de communes des Coteaux de Malevigne", "À Malevigne, on attend."),
        ("Syndicat mixte du Pays d’Amblourde", "Celle d’Amblourde le sait."),
    ],
)
def test_a_territory_is_warned_of_as_people_say_it(nom, said):
    TerritoireFactory(nom=nom)
    [name] = {"Cardelonne", "Hautes Sérines", "Monts d’Oursanne", "Malevigne", "Amblourde"} & {
        one.mots for one in indices.found_in([said])[0] if one.sorte == indices.Sorte.LIEU
    }
    assert name in nom


def test_what_only_says_of_which_kind_a_territory_is_warns_of_nothing():
    TerritoireFactory(nom="Communauté d’agglomération du Pays de l’Or")
    TerritoireFactory(nom="Coteaux de Malevigne Métropole")
    said = "Or, la Métropole attend. Le Pays aussi. Communauté, Agglomération, Coteaux : De quoi ?"
    assert indices.found_in([said]) == [[]]


def test_a_long_text_all_in_capitals_is_read_as_any(membres):
    words = ["".join(pair) for pair in product(ascii_uppercase, repeat=2)]
    texts = [" ".join(Random(seed).sample(words, len(words))) for seed in range(9)]
    name = f"AZ{membres[0].last_name}"
    Membre.objects.filter(pk=membres[0].pk).update(last_name=name)
    assert indices.Indice("personne", name) in indices.found_in([*texts, name])[-1]


def test_where_few_could_have_said_it_each_of_them_must_agree(membres, sujet, espace):
    omar = membres[1]
    first, _ = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first])
    for membre, nom in ((membres[2], "Lodévois"), (membres[3], "Coteaux de Malevigne")):
        territoire = TerritoireFactory(nom=nom)
        Siege.objects.filter(membre=membre).update(territoire=territoire)
    here, there = membres[0].pk, membres[3].pk
    texts = {
        "En Lodévois, on a demandé d’abord.": {here, membres[2].pk},
        "En Lodévois comme à Malevigne, on a demandé d’abord.": {here, membres[2].pk, there},
        "À Malevigne, on a demandé d’abord.": {here, there},
    }
    for texte in texts:
        mise_en_commun.add(omar, mise, {"texte": texte, "est_citation": False, "sources": [first]})
    mise_en_commun.ask(omar, mise)
    for texte, expected in texts.items():
        asked = Accord.objects.filter(version__texte=texte).values_list("membre", flat=True)
        assert set(asked) - {omar.pk} == expected - {omar.pk}


def test_a_sentence_copied_from_a_message_is_asked_of_who_wrote_it_whoever_is_said_to(
    membres, sujet
):
    nadia, omar, lea, _ = membres
    conversation.reply(lea, sujet, "> Nous avons demandé d’abord.\n\nBien vu.")
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    for texte in ("Disons-le : « nous avons **demandé** d’abord ». Rien d’autre.", "Bien vu."):
        mise_en_commun.add(omar, mise, {"texte": texte})
    versions = mise_en_commun.ask(omar, mise)
    assert [one.asked for one in versions] == [[omar], sorted_by_name(nadia, omar), [omar]]


def sorted_by_name(*membres):
    return sorted(membres, key=lambda one: (one.last_name, one.first_name, one.pk))


def test_a_name_is_not_offered_where_nothing_is_attributed(go, membres, sujet):
    Topic.objects.filter(pk=sujet.pk).update(promesse=Promesse.SANS_ATTRIBUTION)
    omar = membres[1]
    first, _ = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first])
    mise_en_commun.ask(omar, mise)
    accord = Accord.objects.get()
    page = go(omar, "repondre", mise.reference)
    assert "Oui, sans mon nom" in page
    assert "Oui, avec mon nom" not in page
    said = {f"{accord.reference}-reponse": "nom"}
    go(omar, "repondre", mise.reference, status=422, **said)
    accord.refresh_from_db()
    assert accord.reponse == ""


def test_where_no_college_is_said_nobody_is_asked_whether_it_may_be(go, membres, sujet):
    omar = membres[1]
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    mise_en_commun.ask(omar, mise)
    assert "de quel collège" in go(omar, "repondre", mise.reference)
    Espace.objects.update(college="", audience=Espace.Audience.TOUS)
    assert "de quel collège" not in go(omar, "repondre", mise.reference)
    accord = Accord.objects.get(membre=omar).reference
    go(omar, "repondre", mise.reference, **{f"{accord}-reponse": "sans_nom"})
    assert Accord.objects.get(reference=accord).reponse == "sans_nom"


def test_ones_own_wording_takes_the_place_of_a_part_that_draws_on_oneself_alone(go, membres, sujet):
    nadia, omar, _, anna = membres
    mise, accord = one_part_asked(membres, sujet, "Mal dit.")
    page = go(nadia, "repondre", mise.reference)
    assert "Vous êtes la seule personne" in page
    said = {f"{accord.reference}-reponse": "reformule", f"{accord.reference}-texte": "Mal dit."}
    kept = go(nadia, "repondre", mise.reference, status=422, **said)
    assert "changez-le, ou dites oui" in kept
    said[f"{accord.reference}-texte"] = "Bien mieux dit."
    go(nadia, "repondre", mise.reference, **said)
    mise_en_commun.answer(omar, Accord.objects.get(membre=omar), "sans_nom")
    page = go(anna, "mise_en_commun", mise.reference)
    assert "Bien mieux dit." in page
    assert "Mal dit." not in page


def test_a_yes_is_taken_back_once_told_what_that_does(go, membres):
    mise = une_mise_en_commun()
    pair = mise.pairs[0]
    page = go(pair, "mes_accords")
    assert "Nous avons posé la question." in page
    [button] = BeautifulSoup(page, "html.parser").select("details button[name=accord]")
    assert "il faudra redemander l’accord" in button.find_parent("details").get_text()
    accord = Accord.objects.get(membre=pair)
    page = go(pair, "mes_accords", accord=accord.reference)
    assert "C’est retiré" in page
    assert "Nous avons posé la question." not in page
    assert "Oui retiré" in page
    texts = Passage.objects.public().values_list("accorde__texte", flat=True)
    assert "Nous avons posé la question." not in texts
    go(pair, "mes_accords", status=404, accord=accord.reference)


def test_nobody_takes_back_the_yes_of_another(go, membres):
    mise = une_mise_en_commun()
    accord = Accord.objects.get(membre=mise.pairs[0])
    go(mise.pairs[1], "mes_accords", status=404, accord=accord.reference)
    go(mise.animatrice, "mes_accords", status=404, accord=accord.reference)
    accord.refresh_from_db()
    assert accord.retire_le is None


def test_a_yes_that_no_form_holds_is_not_found(go, membres):
    go(membres[0], "mes_accords", status=404, accord="\0")


def test_who_comes_late_from_a_mail_is_told_that_it_is_over(client, membres, sujet):
    omar, lea, *_ = membres[1:]
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    everyone_answers(mise, Accord.Reponse.SANS_NOM)
    address = reverse("communaute:repondre", args=[mise.reference])
    client.force_login(omar)
    assert "Cette demande est close" in client.get(address, follow=True).content.decode()
    client.force_login(lea)
    assert client.get(address).status_code == 404


def test_what_was_typed_too_late_is_given_back(go, membres, sujet):
    nadia, omar, *_ = membres
    mise, accord = one_part_asked(membres, sujet)
    mise_en_commun.abandon(omar, mise)
    assert "Plus tôt encore." in go(
        omar, "ajouter_passage", mise.reference, status=404, texte="Plus tôt encore."
    )
    late = {
        f"{accord.reference}-reponse": "reformule",
        f"{accord.reference}-texte": "Dit à ma façon.",
    }
    shown = go(nadia, "repondre", mise.reference, status=409, **late)
    assert "Dit à ma façon." in shown
    late[f"{accord.reference}-reponse"] = "sans_nom"
    assert "Cette demande est close" in go(nadia, "repondre", mise.reference, **late)
    Topic.objects.filter(pk=sujet.pk).update(promesse=Promesse.RESTE_ICI)
    late = {"titre": "Un titre tardif", "introduction": "Deux phrases tardives."}
    shown = go(omar, "mettre_en_commun", sujet.reference, status=404, **late)
    assert all(said in shown for said in late.values())


def test_who_answers_reads_what_would_be_published_and_by_when(go, membres, sujet):
    nadia, omar, *_ = membres
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    sources = {"est_citation": False, "sources": [sujet.posts.first()]}
    passage = mise_en_commun.add(omar, mise, {"texte": "Accepté.", **sources})
    everyone_answers(mise, Accord.Reponse.SANS_NOM)
    mise_en_commun.change(omar, passage, {"texte": "Refusé ensuite.", **sources}, base=1)
    everyone_answers(mise, Accord.Reponse.NON)
    for texte in ("Plus ancien.", "Plus récent."):
        mise_en_commun.add(omar, mise, {"texte": texte, **sources})
        mise_en_commun.ask(omar, mise)
    older = VersionPassage.objects.filter(texte="Plus ancien.")
    older.update(demandee_le=timezone.now() - timedelta(days=9))
    earliest, latest = (
        one.jusquau for one in VersionPassage.objects.asked().order_by("demandee_le")
    )
    page = go(nadia, "repondre", mise.reference)
    assert "Accepté." in page
    assert "Refusé ensuite." not in page
    assert moment(earliest) in page
    assert moment(latest) not in page
    assert moment(latest) in go(omar, "mise_en_commun", mise.reference)


def test_a_yes_sent_with_another_text_asks_which(go, membres, sujet):
    nadia = membres[0]
    mise, accord = one_part_asked(membres, sujet)
    form = {
        f"{accord.reference}-reponse": "sans_nom",
        f"{accord.reference}-texte": "Un autre passage.",
    }
    shown = go(nadia, "repondre", mise.reference, status=422, **form)
    assert "Vous avez changé le texte" in shown
    assert "Un autre passage." in shown
    form[f"{accord.reference}-texte"] = "Un passage.\r\n"
    go(nadia, "repondre", mise.reference, **form)
    assert Accord.objects.get(pk=accord.pk).reponse == Accord.Reponse.SANS_NOM


def test_ones_own_wording_that_few_could_say_is_asked_of_them_and_read_again(
    membres, sujet, espace
):
    nadia, omar, *_ = membres
    nadia.sieges.update(territoire=TerritoireFactory(nom="Lodévois"))
    for said in ("Chez nous, en Lodévois.", "Comme le dit le maire."):
        mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
        part = {"texte": "Un passage.", "est_citation": False, "sources": [sujet.posts.last()]}
        passage = mise_en_commun.add(omar, mise, part)
        mise_en_commun.ask(omar, mise)
        titled, drawn = Accord.objects.awaited().filter(membre=omar).order_by("pk")
        mise_en_commun.answer(omar, drawn, Accord.Reponse.REFORMULE, said)
        mise_en_commun.answer(omar, titled, Accord.Reponse.SANS_NOM)
        passage.refresh_from_db()
        assert passage.derniere.texte == said
        assert passage.accorde is None
        assert passage.is_to_ask


def test_a_change_meanwhile_shows_both_texts(go, membres, sujet):
    omar, anna = membres[1], membres[3]
    first, _ = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first])
    said = {"texte": "Au départ.", "est_citation": False, "sources": [first]}
    part = mise_en_commun.add(omar, mise, said)
    mise_en_commun.change(anna, part, said | {"texte": "D’Anna."}, base=1)
    args = ("modifier_passage", mise.reference, part.reference)
    page = go(omar, *args, status=409, texte="D’Omar.", sources=[first.reference], base=1)
    assert "D’Anna." in page
    assert "D’Omar." in page
    page = go(omar, *args, texte="Des deux.", sources=[first.reference], base=2)
    assert "Des deux." in page
    history = go(membres[2], "versions_passage", mise.reference, part.reference)
    assert all(text in history for text in ("Au départ.", "D’Anna.", "Des deux."))


def test_one_part_changed_asks_again_for_that_part_alone_and_shows_what_changed(go, membres, sujet):
    omar = membres[1]
    mise = une_mise_en_commun(sujet.espace, remise=False)
    part = mise.passages.get(ordre=1)
    said = {"texte": "Dit autrement.", "est_citation": False, "sources": part.accorde.sources.all()}
    mise_en_commun.change(mise.auteur, part, said, base=1)
    mise_en_commun.ask(mise.auteur, mise)
    awaited = Accord.objects.awaited()
    assert {accord.version.texte for accord in awaited} == {"Dit autrement."}
    assert omar not in {accord.membre for accord in awaited}
    asked = awaited[0].membre
    page = go(asked, "repondre", mise.reference)
    assert "Ce qui a changé depuis la version à laquelle vous aviez répondu" in page
    assert f"<del>{part.accorde.texte}</del> <ins>Dit autrement.</ins>" in page


def test_only_who_opened_it_and_who_facilitates_write_it(go, membres, sujet):
    nadia, omar, lea, anna = membres
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", sujet.posts.all())
    for membre, status in ((nadia, 404), (lea, 404), (omar, 200), (anna, 200)):
        for name in ("ajouter_passage", "demander", "abandonner"):
            go(membre, name, mise.reference, status=status)
    go(omar, "remettre", mise.reference, status=404)


def test_giving_it_up_ends_what_is_asked(go, membres, sujet):
    nadia, omar = membres[:2]
    mise, _ = one_part_asked(membres, sujet)
    go(omar, "abandonner", mise.reference, oui="1")
    go(nadia, "repondre", mise.reference, status=302)
    assert "Abandonnée" in go(nadia, "mise_en_commun", mise.reference)
    assert "propose d’en mettre" not in go(nadia, "sujet", sujet.reference)


def test_the_proof_of_a_yes_is_read_by_its_author_and_the_referent_alone(go, membres):
    mise = une_mise_en_commun(refuses=("Trois mots refusés.",))
    referent = MembreFactory()
    cohorte = Cohorte.load()
    cohorte.referent = referent
    cohorte.save()
    page = go(referent, "preuves")
    assert "Nous avons posé la question." in page
    assert mise.pairs[0].get_full_name() in page
    assert "Trois mots refusés." not in page
    assert mise.pairs[2].get_full_name() not in page
    for other in (mise.animatrice, mise.auteur, mise.pairs[0]):
        go(other, "preuves", status=404)
        assert PreuveAccord.objects.readable_by(other).exclude(membre=other).count() == 0


def test_the_proof_of_a_yes_that_became_a_no_is_shown_to_its_author_alone(membres, sujet):
    nadia, omar, _, anna = membres
    first, _ = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first])
    for texte, sources in (("De Nadia.", [first]), ("D’Omar.", [])):
        said = {"texte": texte, "est_citation": False, "sources": sources}
        mise_en_commun.add(omar, mise, said)
    mise_en_commun.ask(omar, mise)
    accord = Accord.objects.get(membre=nadia)
    for reponse in ("sans_nom", "non"):
        mise_en_commun.answer(nadia, accord, reponse)
    for accord in Accord.objects.filter(membre=omar):
        mise_en_commun.answer(omar, accord, "sans_nom")
    mise_en_commun.hand_over(Membre.objects.get(pk=anna.pk), mise)
    cohorte = Cohorte.load()
    cohorte.referent = anna
    cohorte.save()
    assert set(PreuveAccord.objects.readable_by(anna).values_list("membre", flat=True)) == {omar.pk}
    assert PreuveAccord.objects.readable_by(nadia).count() == 2


def test_what_one_is_told_of_it_is_seen_once_it_is_looked_at(go, membres):
    mise = une_mise_en_commun()
    told = Notification.objects.filter(membre=mise.animatrice, motif="connu", vue_le=None)
    for evenement in Evenement.objects.filter(diffuse_le=None):
        notifications.spread(evenement)
    assert told.exists()
    go(mise.animatrice, "mise_en_commun", mise.reference)
    assert not told.exists()


def test_the_queries_of_its_pages_do_not_grow_with_its_parts(client, membres, sujet, queries):
    omar = membres[1]
    first, second = sujet.posts.all()
    mise = mise_en_commun.propose(omar, sujet, "Demander tôt", "On y gagne.", [first, second])
    counts = {}
    for parts in (2, 12):
        for number in range(mise.passages.count(), parts):
            said = {"texte": f"Un passage{'.' * number}", "sources": [first, second]}
            mise_en_commun.add(omar, mise, said)
        client.force_login(omar)
        for name in ("mise_en_commun", "demander", "ajouter_passage"):
            address = reverse(f"communaute:{name}", args=[mise.reference])
            counts.setdefault(name, []).append(queries(address))
    mise_en_commun.ask(omar, mise)
    counts["repondre"] = [queries(reverse("communaute:repondre", args=[mise.reference]))] * 2
    assert all(few == many for few, many in counts.values())
    assert max(map(max, counts.values())) <= 12
