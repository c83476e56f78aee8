"""Writing: the kinds of topics, drafts, versions, mentions, quotes; nothing typed is lost."""

import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from communaute import brouillons, conversation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Brouillon, Mention
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db

NEW = "/communaute/espaces/elus/nouveau-sujet/"


@pytest.fixture
def en_elue(client, elue):
    client.force_login(elue)
    return client


@pytest.fixture
def sujet(espace, elue):
    return un_sujet(espace, author=elue)


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def drafts(membre):
    return list(Brouillon.objects.filter(membre=membre))


def opened(client, nature, **fields):
    """The topic that a form of this nature opens."""
    data = {"nature": nature, "subject": "Un titre", "content": "Un texte.", **fields}
    response = client.post(f"{NEW}?nature={nature}", data)
    assert response.status_code == 302, response.content.decode()
    return Topic.objects.get(reference=response.url.strip("/").split("/")[-1])


def test_whoever_answers_or_corrects_is_told_that_it_is_done(en_elue, espace, sujet):
    answer = {"content": "Nous aussi."}
    page = html(en_elue.post(sujet.get_absolute_url(), answer, follow=True))
    assert "Votre réponse est publiée." in page
    post = sujet.posts.last()
    address = f"/communaute/messages/{post.reference}/modifier/"
    corrected = {"content": "Nous aussi, tôt.", "base": post.updates_count}
    assert "Votre message est enregistré." in html(en_elue.post(address, corrected, follow=True))
    type(espace).objects.update(premoderation=True)
    newcomer = entered(un_membre("elus"), espace)
    en_elue.force_login(newcomer)
    page = html(en_elue.post(sujet.get_absolute_url(), answer, follow=True))
    assert "Votre réponse paraîtra dès que l’animation l’aura lue." in page


# --- The kinds of topics ------------------------------------------------------------------------


def test_one_first_chooses_what_one_brings(en_elue):
    page = html(en_elue.get(NEW))
    for nature in ("question", "retour", "ressource", "sondage"):
        assert f'href="?nature={nature}"' in page
    assert "annonce" not in page


def test_an_announcement_is_for_those_who_facilitate(client, espace, en_elue):
    assert en_elue.get(f"{NEW}?nature=annonce").status_code == 404
    data = {"nature": "annonce", "subject": "Un titre", "content": "Un texte."}
    assert en_elue.post(NEW, data).status_code == 404
    animatrice = MembreFactory()
    espace.nominate("animation", [animatrice])
    client.force_login(entered(animatrice, espace))
    assert "?nature=annonce" in html(client.get(NEW))
    assert opened(client, "annonce").nature == "annonce"


def test_a_question_says_what_was_tried_already(en_elue):
    topic = opened(en_elue, "question", essais="Un **courrier**.")
    page = html(en_elue.get(topic.get_absolute_url()))
    assert topic.nature == "question"
    assert "<h3>Ce que j’ai déjà essayé</h3>" in page
    assert "Un <strong>courrier</strong>." in page


def test_a_question_without_trials_has_no_heading_for_them(en_elue):
    assert "essayé" not in opened(en_elue, "question").first_post.content.raw


def test_an_experience_is_told_under_its_headings(en_elue):
    topic = opened(en_elue, "retour", content="Un marché.", marche="Le samedi.", retenu="Tôt.")
    assert topic.first_post.content.raw == (
        "## Ce que nous avons fait\n\nUn marché.\n\n## Ce qui a marché\n\nLe samedi.\n\n"
        "## Ce que nous en gardons\n\nTôt."
    )


@pytest.mark.parametrize(
    "lien", ["javascript:alert(1)", "ftp://exemple.fr", "pas une adresse", "", "//exemple.fr/x y"]
)
def test_a_resource_has_an_address_that_a_browser_may_open(en_elue, lien):
    data = {"nature": "ressource", "subject": "Un guide", "lien": lien, "content": "Il est clair."}
    page = html(en_elue.post(NEW, data), 422)
    assert "Il est clair." in page
    assert not Topic.objects.exists()


def test_a_resource_shows_its_address(en_elue):
    topic = opened(en_elue, "ressource", lien="https://exemple.fr/guide?a=1&b=2")
    assert 'href="https://exemple.fr/guide?a=1&amp;b=2"' in html(
        en_elue.get(topic.get_absolute_url())
    )


def test_a_poll_keeps_its_answers_and_its_last_day(en_elue):
    day = timezone.localdate() + timedelta(days=3)
    topic = opened(
        en_elue, "sondage", choix="Lundi\n\n Mardi  soir \nJeudi", plusieurs="on", ferme_le=str(day)
    )
    sondage = topic.sondage
    assert [choix.texte for choix in sondage.choix.all()] == ["Lundi", "Mardi soir", "Jeudi"]
    assert sondage.plusieurs
    closing = timezone.localtime(sondage.ferme_le)
    assert (closing.date(), closing.hour, closing.minute) == (day, 23, 59)


def test_a_poll_offers_to_close_in_two_weeks(en_elue):
    day = timezone.localdate() + timedelta(days=14)
    assert f'value="{day}"' in html(en_elue.get(f"{NEW}?nature=sondage"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"choix": "Lundi"}, "Il faut de 2 à 10 réponses"),
        ({"choix": "\n".join("abcdefghijk")}, "Il faut de 2 à 10 réponses"),
        ({"choix": "Oui\noui"}, "Deux réponses sont les mêmes"),
        ({"choix": "Oui\n" + "n" * 151}, "150 signes au plus"),
        ({"choix": ""}, "Proposez au moins 2 réponses"),
        ({"choix": "Oui\nNon", "ferme_le": "2020-01-01"}, "Ce jour est passé"),
        ({"choix": "Oui\nNon", "ferme_le": "9999-12-31"}, "une année entre 1900 et 2200"),
        ({"choix": "Oui\nNon", "ferme_le": "demain"}, "Cette date n’en est pas une"),
        ({"choix": "Oui\nNon"}, "Choisissez le dernier jour"),
    ],
)
def test_a_poll_that_cannot_be_is_given_back(en_elue, fields, said):
    data = {"nature": "sondage", "subject": "Quel jour ?", "content": "Pour nous voir.", **fields}
    page = html(en_elue.post(NEW, data), 422)
    assert said in page
    assert "Pour nous voir." in page
    assert not Topic.objects.exists()


def test_what_is_promised_is_chosen_when_the_topic_opens_and_shown_where_one_writes(en_elue):
    page = html(en_elue.get(f"{NEW}?nature=question"))
    assert 'value="reste_ici"' in page
    assert "Rien de ce qui se dit ici n’en sortira." in page
    topic = opened(en_elue, "question", promesse="a_partager")
    assert topic.promesse == "a_partager"
    page = html(en_elue.get(topic.get_absolute_url()))
    assert "avec son nom ou sans" in page.split('id="composition"')[1]
    assert opened(en_elue, "question", subject="Un autre").promesse == "reste_ici"


def test_the_sum_of_the_parts_is_no_longer_than_a_message(en_elue):
    long = "a" * 12_000
    data = {"nature": "question", "subject": "Long", "content": long, "essais": long}
    assert "la limite est de" in html(en_elue.post(NEW, data), 422)


# --- Sent twice ---------------------------------------------------------------------------------


def test_a_form_sent_twice_is_one_message(en_elue, sujet):
    reply = {"content": "Une fois", "envoi": str(uuid.uuid4())}
    first, second = (en_elue.post(sujet.get_absolute_url(), reply) for _ in range(2))
    assert first.url == second.url
    assert sujet.posts.count() == 2
    topic = {"subject": "Un", "content": "Seul", "envoi": str(uuid.uuid4())}
    first, second = (en_elue.post(NEW, topic) for _ in range(2))
    assert first.url == second.url
    assert Topic.objects.count() == 2


def test_another_text_sent_from_the_same_page_is_another_message(en_elue, sujet):
    envoi = str(uuid.uuid4())
    for content in ("Une chose", "Une autre"):
        en_elue.post(sujet.get_absolute_url(), {"content": content, "envoi": envoi})
    assert [post.content.raw for post in sujet.posts.all()[1:]] == ["Une chose", "Une autre"]


def test_each_page_has_a_key_of_its_own(en_elue, sujet):
    page = html(en_elue.get(sujet.get_absolute_url()))
    assert 'name="envoi" value="' in page
    key = page.split('name="envoi" value="')[1][:36]
    assert key not in html(en_elue.get(sujet.get_absolute_url()))


# --- Drafts -------------------------------------------------------------------------------------


def test_a_draft_kept_is_offered_back_and_forgotten_once_sent(en_elue, elue, sujet):
    address = sujet.get_absolute_url()
    response = en_elue.post(address, {"content": "Pas encore", "garder": "1"})
    assert response.url == f"{address}#composer"
    assert sujet.posts.count() == 1
    page = html(en_elue.get(address))
    assert "Pas encore</textarea>" in page
    assert "Votre brouillon" in page
    assert "pas publiée" not in page
    en_elue.post(address, {"content": "Maintenant"})
    page = html(en_elue.get(address))
    assert "Votre brouillon" not in page
    assert not drafts(elue)


def test_a_draft_can_be_thrown_away(en_elue, elue, sujet):
    address = sujet.get_absolute_url()
    en_elue.post(address, {"content": "Pas encore", "garder": "1"})
    assert en_elue.post(address, {"jeter": "1"}).url == address
    assert "Pas encore" not in html(en_elue.get(address))
    assert not drafts(elue)


def test_a_preview_keeps_the_draft(en_elue, elue, sujet):
    page = html(en_elue.post(sujet.get_absolute_url(), {"content": "*Presque*", "apercu": "1"}))
    assert "<em>Presque</em>" in page
    assert [draft.champs["content"] for draft in drafts(elue)] == ["*Presque*"]


def test_the_draft_of_a_topic_is_taken_up_from_the_choice_of_its_nature(en_elue):
    data = {
        "nature": "sondage",
        "subject": "Quel jour ?",
        "choix": "Lundi\nMardi",
        "plusieurs": "on",
    }
    en_elue.post(NEW, data | {"garder": "1"})
    page = html(en_elue.get(NEW))
    assert "Quel jour\xa0?" in page
    assert 'href="?nature=sondage"' in page
    page = html(en_elue.get(f"{NEW}?nature=sondage"))
    assert "Lundi\nMardi</textarea>" in page
    assert " checked" in page.split('name="plusieurs"')[1].split(">")[0]


def test_a_script_keeps_the_draft_and_asks_how_it_reads(en_elue, elue, sujet):
    address, as_json = sujet.get_absolute_url(), {"headers": {"Accept": "application/json"}}
    kept = en_elue.post(address, {"content": "**Ici**", "garder": "1"}, **as_json).json()
    assert kept["garde"] == f"{timezone.localtime(drafts(elue)[0].garde_le):%-H h %M}"
    read = en_elue.post(address, {"content": "**Ici**", "apercu": "1"}, **as_json).json()
    assert read["rendu"].strip() == "<p><strong>Ici</strong></p>"
    assert sujet.posts.count() == 1


def test_what_a_script_keeps_after_the_message_went_is_no_draft(en_elue, elue, sujet):
    data = {"content": "Parti", "envoi": str(uuid.uuid4())}
    en_elue.post(sujet.get_absolute_url(), data)
    headers = {"Accept": "application/json"}
    en_elue.post(sujet.get_absolute_url(), data | {"garder": "1"}, headers=headers)
    assert not drafts(elue)


def window(page):
    """The name of the window that a page is, as its form sends it."""
    return page.split('name="fenetre" value="')[1].split('"')[0]


@pytest.fixture
def elsewhere(en_elue, sujet):
    """What the older of two windows sends, the newer one having kept a draft."""
    address = sujet.get_absolute_url()
    older, newer = (window(html(en_elue.get(address))) for _ in range(2))
    kept = {"content": "Long, écrit dans le train", "fenetre": newer, "garder": "1"}
    assert en_elue.post(address, kept).status_code == 302

    def send(headers=None, **data):
        return en_elue.post(address, {"fenetre": older, **data}, headers=headers)

    return send


def kept_by(membre):
    return [draft.champs["content"] for draft in drafts(membre)]


def test_a_message_sent_from_another_window_leaves_the_draft(elsewhere, elue, sujet):
    assert elsewhere(content="Merci !").status_code == 302
    assert sujet.posts.last().content.raw == "Merci !"
    assert kept_by(elue) == ["Long, écrit dans le train"]


def test_what_another_window_could_not_send_leaves_the_draft_and_shows_it(elsewhere, elue):
    page = html(elsewhere(content=" "), 422)
    assert "Un autre brouillon vous attend ici" in page
    assert "<p>Long, écrit dans le train</p>" in page
    assert kept_by(elue) == ["Long, écrit dans le train"]


def test_keeping_from_another_window_shows_both_drafts_then_replaces_the_first(elsewhere, elue):
    page = html(elsewhere(content="Court", garder="1"), 409)
    assert "<p>Long, écrit dans le train</p>" in page
    assert "Court</textarea>" in page
    assert kept_by(elue) == ["Long, écrit dans le train"]
    assert elsewhere(content="Court", garder="1", fenetre=window(page)).status_code == 302
    assert kept_by(elue) == ["Court"]


def test_a_script_in_another_window_keeps_nothing_and_is_told(elsewhere, elue):
    answer = elsewhere({"Accept": "application/json"}, content="Court", garder="1")
    assert answer.json() == {"ailleurs": True}
    assert kept_by(elue) == ["Long, écrit dans le train"]


def test_another_window_throws_no_draft_away_that_it_did_not_show(elsewhere, elue):
    elsewhere(jeter="1")
    assert kept_by(elue) == ["Long, écrit dans le train"]


def test_what_another_window_sent_without_a_session_is_added_to_the_draft(
    client, elsewhere, elue, sujet
):
    client.logout()
    elsewhere(content="Court", jeton=brouillons.token(elue, {"topic": sujet}))
    assert kept_by(elue) == ["Long, écrit dans le train\n\nCourt"]


def test_a_draft_of_one_nature_is_not_taken_for_another(en_elue, elue):
    begun = {"nature": "retour", "subject": "Une visite", "marche": "Le matin"}
    assert en_elue.post(f"{NEW}?nature=retour", begun | {"garder": "1"}).status_code == 302
    page = html(en_elue.get(f"{NEW}?nature=sondage"))
    assert "Une visite" in page
    assert 'href="?nature=retour"' in page
    assert "<textarea" not in page
    assert "Le matin</textarea>" in html(en_elue.get(f"{NEW}?nature=retour"))
    shown = {"jeter": "1", "fenetre": window(page)}
    response = en_elue.post(f"{NEW}?nature=sondage", shown)
    assert response.url == f"{NEW}?nature=sondage"
    assert not drafts(elue)
    assert 'name="choix"' in html(en_elue.get(response.url))


def test_a_draft_that_holds_what_no_database_keeps_is_kept_without_it(en_elue, elue, sujet):
    address = sujet.get_absolute_url()
    assert en_elue.post(address, {"content": "Un\0deux", "garder": "1"}).status_code == 302
    assert kept_by(elue) == ["Undeux"]
    assert en_elue.post(address, {"content": "Un\0deux"}).status_code == 302
    assert sujet.posts.last().content.raw == "Undeux"


def test_nothing_typed_is_no_draft(en_elue, elue, sujet):
    en_elue.post(sujet.get_absolute_url(), {"content": "  ", "garder": "1"})
    assert not drafts(elue)


def test_a_draft_is_its_authors_alone(client, en_elue, espace, sujet):
    en_elue.post(sujet.get_absolute_url(), {"content": "Pour moi seule", "garder": "1"})
    client.force_login(entered(un_membre("elus"), espace))
    assert "Pour moi seule" not in html(client.get(sujet.get_absolute_url()))


@pytest.mark.parametrize("place", ["topic", "espace", "post"])
def test_what_was_sent_when_the_session_had_ended_is_found_after_sign_in(
    client, en_elue, elue, sujet, place
):
    address = {
        "topic": sujet.get_absolute_url(),
        "espace": f"{NEW}?nature=retour",
        "post": f"/communaute/messages/{sujet.first_post.reference}/modifier/",
    }[place]
    token = html(en_elue.get(address)).split('name="jeton" value="')[1].split('"')[0]
    client.logout()
    data = {"content": "Pas perdu", "subject": "Un titre", "jeton": token, "nature": "retour"}
    page = html(client.post(address, data), 403)
    assert "il vous attend là où vous l’écriviez" in page
    assert "Pas perdu</textarea>" in page
    door = page.split('class="bouton" href="')[1].split('"')[0]
    assert door.startswith("/compte/connexion/?next=")
    assert "Pas perdu" not in client.get(door).content.decode()
    assert sujet.posts.count() == 1
    client.force_login(elue)
    assert "Pas perdu</textarea>" in html(client.get(address))


def test_a_token_keeps_a_draft_for_its_member_and_place_and_nothing_else(client, espace, elue):
    sujet, other = un_sujet(espace, author=elue), un_sujet(espace)
    token = brouillons.token(elue, {"topic": sujet})
    client.post(other.get_absolute_url(), {"content": "Ailleurs", "jeton": token})
    [draft] = drafts(elue)
    assert draft.topic == sujet
    assert client.get("/communaute/").status_code == 302


@pytest.mark.parametrize("case", ["forged", "old", "seatless", "other site"])
def test_a_token_that_is_not_good_keeps_nothing_and_is_answered_alike(
    client, monkeypatch, elue, sujet, case
):
    token, headers = brouillons.token(elue, {"topic": sujet}), {}
    good = client.post(sujet.get_absolute_url(), {"content": "Oui", "jeton": token})
    Brouillon.objects.all().delete()
    if case == "forged":
        token = token[:-2]
    elif case == "old":
        monkeypatch.setattr(brouillons, "TOKEN_AGE", timedelta(0))
    elif case == "seatless":
        elue.sieges.update(college="agents")
    else:
        headers = {"Sec-Fetch-Site": "cross-site"}
    bad = client.post(sujet.get_absolute_url(), {"content": "Non", "jeton": token}, headers=headers)
    assert not drafts(elue)
    if case == "other site":
        assert (bad.status_code, bad.content) == (302, b"")
    else:
        assert html(bad, 403).replace("Non", "Oui") == html(good, 403)
        assert sorted(bad.headers) == sorted(good.headers)


def test_what_a_form_without_a_draft_held_when_the_session_had_ended_is_given_back(client, sujet):
    address = f"/communaute/sujets/{sujet.reference}/resume/"
    page = html(client.post(address, {"texte": "Ce qui s’est dit"}), 403)
    assert "Ce qui s’est dit</textarea>" in page
    assert "il vous attend" not in page
    missing = html(
        client.post("/communaute/sujets/absent/resume/", {"texte": "Ce qui s’est dit"}), 403
    )
    assert missing.replace("absent", sujet.reference) == page


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("profil/", "cherche"),
        ("rencontres/absente/annoncer/", "presentation"),
        ("mises-en-commun/absente/repondre/", "ac6dxhrbg-texte"),
        ("invitations/liste/", "liste"),
        ("messages/absent/moderer/", "motif"),
    ],
)
def test_all_words_that_a_form_held_are_given_back(client, elue, address, field):
    data = {"titre": "Un titre", field: "Plusieurs mots\nde lui", "password": "un mot de passe"}
    answers = [(client.post(f"/communaute/{address}", data), 403)]
    if "absent" in address:
        client.force_login(elue)
        answers.append((client.post(f"/communaute/{address}", data), 404))
    for answer, status in answers:
        page = html(answer, status)
        assert "Un titre\n\nPlusieurs mots\nde lui</textarea>" in page
        assert "mot de passe" not in page.split("<textarea")[1].split("</textarea>")[0]


ESPACE = "/communaute/espaces/elus/"


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        (f"http://testserver{ESPACE}?page=2#bas", f"{ESPACE}?page=2"),
        (f"http://ailleurs.example{ESPACE}", None),
        ("http://testserver//ailleurs.example/communaute/", None),
        ("http://testserver/gestion/", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_after_the_session_ended_signing_in_leads_to_the_page_of_the_form(
    client, referer, leads_to
):
    for address in (f"{ESPACE}tout-lu/", "/communaute/espaces/rien/tout-lu/"):
        door = client.post(address, {"jusqua": ""}, headers={"Referer": referer}).url
        assert parse_qs(urlsplit(door).query)["next"] == [leads_to or address]


def test_an_address_that_shows_nothing_says_that_the_act_was_not_done(client, en_elue, espace):
    outsider = Client()
    outsider.force_login(un_membre("agents"))
    addresses = [f"{ESPACE}tout-lu/", "/communaute/espaces/rien/tout-lu/"]
    addresses += ["/communaute/sujets/rien/suivi/", "/communaute/invitations/rien/revoquer/"]
    pages = {html(one.get(path), 405) for one in (en_elue, outsider) for path in addresses}
    [page] = pages
    assert "Cette action n’est pas partie." in page
    assert 'href="/communaute/"' in page
    answer = en_elue.get(addresses[0])
    assert answer.headers["Allow"] == "POST"
    assert "no-store" in answer.headers["Cache-Control"]
    assert Client().get(addresses[0]).url == f"/compte/connexion/?next={addresses[0]}"


def test_what_was_sent_when_the_charter_had_changed_is_found_once_it_is_accepted(
    en_elue, elue, espace, sujet
):
    address = sujet.get_absolute_url()
    token = html(en_elue.get(address)).split('name="jeton" value="')[1].split('"')[0]
    espace.adopt_charte("On s’écoute.")
    data = {"content": "Pas perdu", "jeton": token}
    page = html(
        en_elue.post(address, data, headers={"Referer": f"http://testserver{address}"}), 409
    )
    assert "Pas perdu</textarea>" in page
    door = page.split('class="bouton" href="')[1].split('"')[0]
    assert f'name="suite" value="{address}"' in html(en_elue.get(door))
    en_elue.post(door, {"version": 2, "accepte": "on"})
    assert "Pas perdu</textarea>" in html(en_elue.get(address))


def test_a_form_whose_token_expired_gives_its_text_back_to_who_sent_it(elue, sujet):
    client = Client(enforce_csrf_checks=True)
    client.force_login(elue)
    address, data = sujet.get_absolute_url(), {"content": "Pas perdu non plus"}
    own = client.post(address, data, headers={"Origin": "http://testserver"})
    assert "Pas perdu non plus</textarea>" in html(own, 403)
    other = client.post(address, data, headers={"Origin": "https://ailleurs.example"})
    assert "Pas perdu" not in html(other, 403)


def test_a_draft_is_out_of_reach_with_its_space(en_elue, elue, sujet):
    en_elue.post(sujet.get_absolute_url(), {"content": "Gardé", "garder": "1"})
    elue.sieges.update(college="agents")
    assert en_elue.get(sujet.get_absolute_url()).status_code == 404
    assert brouillons.of(type(elue).objects.get(pk=elue.pk), {"topic": sujet}) is None


def test_all_that_was_typed_comes_back_when_the_right_to_send_it_was_lost(en_elue, elue, espace):
    elue.sieges.update(college="agents")
    data = {"nature": "retour", "subject": "Un titre", "content": "Fait", "marche": "Oui"}
    page = html(en_elue.post(NEW, data), 404)
    for text in ("Un titre", "Fait", "Oui"):
        assert text in page


# --- Changing one's message ---------------------------------------------------------------------


def test_a_change_sent_twice_is_one_change(en_elue, elue, sujet):
    address = f"/communaute/messages/{sujet.first_post.reference}/modifier/"
    data = {"subject": "Un titre", "content": "Mieux dit", "base": "0"}
    first, second = (en_elue.post(address, data) for _ in range(2))
    assert first.url == second.url
    assert Post.objects.get().versions.count() == 1
    assert not drafts(elue)


def test_a_message_changed_meanwhile_shows_both_texts_and_can_be_sent_again(en_elue, sujet):
    post = sujet.first_post
    address = f"/communaute/messages/{post.reference}/modifier/"
    en_elue.post(address, {"subject": "Un titre", "content": "Premier onglet", "base": "0"})
    mine = {"subject": "Un titre", "content": "Second onglet", "base": "0"}
    page = html(en_elue.post(address, mine), 409)
    assert "Premier onglet" in page
    assert "Second onglet</textarea>" in page
    assert 'name="base" value="1"' in page
    assert en_elue.post(address, mine | {"base": "1"}).status_code == 302
    post.refresh_from_db()
    assert post.content.raw == "Second onglet"


def test_a_draft_of_a_change_says_when_the_message_changed_since(en_elue, sujet):
    post = sujet.first_post
    address = f"/communaute/messages/{post.reference}/modifier/"
    data = {"subject": "Un titre", "content": "Commencé", "base": "0"}
    en_elue.post(address, data | {"garder": "1"})
    conversation.Post.objects.filter(pk=post.pk).update(updates_count=2)
    page = html(en_elue.get(address))
    assert "Ce message a changé entre-temps" in page
    assert "Commencé</textarea>" in page
    assert 'name="base" value="2"' in page


def test_the_title_is_changed_with_the_first_message_alone(en_elue, elue, sujet):
    address = f"/communaute/messages/{sujet.first_post.reference}/modifier/"
    data = {"subject": "Un autre titre", "content": "Une phrase secrète.", "base": "0"}
    en_elue.post(address, data)
    sujet.refresh_from_db()
    assert sujet.subject == "Un autre titre"
    reply = conversation.reply(elue, sujet, "Une réponse")
    address = f"/communaute/messages/{reply.reference}/modifier/"
    assert "Titre du sujet" not in html(en_elue.get(address))
    en_elue.post(address, {"subject": "Encore un", "content": "Une réponse changée"})
    sujet.refresh_from_db()
    assert sujet.subject == "Un autre titre"


def test_readers_see_what_a_message_said_before(client, en_elue, espace, sujet):
    post = sujet.first_post
    data = {"subject": "Titre neuf", "content": "Texte neuf", "base": "0"}
    en_elue.post(f"/communaute/messages/{post.reference}/modifier/", data)
    client.force_login(entered(un_membre("elus"), espace))
    history = f"/communaute/messages/{post.reference}/historique/"
    assert f'href="{history}"' in html(client.get(sujet.get_absolute_url()))
    page = html(client.get(history))
    for text in ("Titre neuf", "Texte neuf", "Un titre secret", "Une phrase secrète."):
        assert text in page
    en_elue.force_login(post.poster)
    data |= {"content": "Encore plus neuf", "base": "1"}
    en_elue.post(f"/communaute/messages/{post.reference}/modifier/", data)
    assert html(en_elue.get(history)).count('"version__titre">Titre neuf') == 2


@pytest.mark.parametrize("column", ["retire_le", "masque_le"])
def test_what_a_message_said_goes_with_it(en_elue, sujet, column):
    post = sujet.first_post
    history = f"/communaute/messages/{post.reference}/historique/"
    assert en_elue.get(history).status_code == 200
    Post.objects.filter(pk=post.pk).update(**{column: timezone.now()})
    assert en_elue.get(history).status_code == 404


# --- Quotes and mentions ------------------------------------------------------------------------


def test_the_versions_of_a_message_come_by_pages_from_the_latest_to_the_first(en_elue, elue, sujet):
    for number in range(11):
        conversation.edit(elue, sujet.first_post, f"Version {number}.")
    history = f"/communaute/messages/{sujet.first_post.reference}/historique/"
    first, last = (html(en_elue.get(f"{history}?page={number}")) for number in (1, 2))
    assert "À présent" in first
    assert "Version 0." in first
    assert "Au départ" not in first
    assert "À présent" not in last
    assert "Version 0." not in last
    assert "Au départ" in last
    assert "Une phrase secrète." in last
    # The last of a page is compared with the first of the next one.
    assert "<p><del>Une phrase secrète.</del> <ins>Version 0.</ins></p>" in first
    assert "<p>Version <del>9.</del> <ins>10.</ins></p>" in first
    assert "<ins>" not in last


def test_the_end_of_a_line_counts_once_and_nothing_pasted_is_cut(en_elue, sujet):
    address = sujet.get_absolute_url()
    assert "maxlength" not in html(en_elue.get(address))
    assert "maxlength" not in html(en_elue.get(f"/communaute/sujets/{sujet.reference}/resume/"))
    text = "\r\n".join(["a" * 99] * 200)
    page = html(en_elue.post(address, {"content": f"{text}bb"}), 422)
    assert "compte 20001 signes, la limite est de 20000" in page
    assert en_elue.post(address, {"content": text}).status_code == 302
    assert sujet.posts.last().content.raw == text.replace("\r\n", "\n")


@pytest.mark.parametrize("kept", ["Un\ndeux", "Un\r\ndeux"])
def test_what_is_opened_and_sent_as_it_was_is_not_changed(en_elue, elue, sujet, kept):
    post = conversation.reply(elue, sujet, kept)
    change = f"/communaute/messages/{post.reference}/modifier/"
    assert en_elue.post(change, {"content": "Un\r\ndeux", "base": "0"}).status_code == 302
    post.refresh_from_db()
    assert (post.updates_count, post.versions.count()) == (0, 0)


def test_a_change_that_does_not_say_of_what_replaces_nothing(en_elue, sujet):
    change = f"/communaute/messages/{sujet.first_post.reference}/modifier/"
    for base in ({}, {"base": ""}):
        page = html(en_elue.post(change, {"subject": "Un titre", "content": "Autre", **base}), 409)
        assert "Autre</textarea>" in page
        assert "Une phrase secrète." in page
        assert 'name="base" value="0"' in page
    assert sujet.posts.get().content.raw == "Une phrase secrète."


def test_a_message_is_quoted_with_the_name_of_its_author(en_elue, espace, sujet):
    other = entered(un_membre("elus"), espace)
    post = conversation.reply(other, sujet, "Un\n\ndeux")
    page = html(en_elue.get(f"{sujet.get_absolute_url()}?citer={post.reference}"))
    assert f"&gt; **{other.get_full_name()}** a écrit :\n&gt;\n&gt; Un\n&gt;\n&gt; deux" in page


def test_what_the_draft_quotes_already_is_not_quoted_again(en_elue, sujet):
    address = sujet.get_absolute_url()
    quoting = f"{address}?citer={sujet.first_post.reference}"
    quote = BeautifulSoup(en_elue.get(quoting).content, "html.parser").select_one("[name=content]")
    kept = f"Déjà dit.\r\n\r\n{quote.text.strip()}\r\n\r\nOui.".replace("\n>", "\r\n>")
    en_elue.post(address, {"content": kept, "garder": "1"})
    assert html(en_elue.get(quoting)).count("a écrit :") == 1


def test_a_message_of_elsewhere_is_not_quoted(en_elue, espace, sujet):
    agents = EspaceFactory(slug="agents", college="agents")
    hidden = un_sujet(agents, content="Un secret d’agent").first_post
    gone = conversation.reply(entered(un_membre("elus"), espace), sujet, "Un regret")
    Post.objects.filter(pk=gone.pk).update(retire_le=timezone.now())
    for reference in (hidden.reference, gone.reference, "rien"):
        page = html(en_elue.get(f"{sujet.get_absolute_url()}?citer={reference}"))
        assert "a écrit :" not in page


@pytest.fixture
def anne(espace):
    return entered(un_membre("elus", membre__first_name="Anne", membre__last_name="Léry"), espace)


def named(post):
    return {mention.membre for mention in Mention.objects.filter(post=post)}


@pytest.mark.parametrize("typed", ["@Anne Léry", "@anne lery", "@ANNE  LÉRY", "(@Anne Léry)"])
def test_a_reader_is_named_with_or_without_accents(elue, sujet, anne, typed):
    post = conversation.reply(elue, sujet, f"Merci {typed}, à vous.")
    assert named(post) == {anne}
    assert '<span class="mention">@' in post.content.rendered


@pytest.mark.parametrize(
    "typed",
    ["anne@lery.fr", "Anne Léry", "`@Anne Léry`", "[@Anne Léry](https://a.fr)", "@Anne Léryeux"],
)
def test_code_links_addresses_and_longer_names_are_left_alone(elue, sujet, anne, typed):
    post = conversation.reply(elue, sujet, f"Voici {typed}")
    assert not named(post)
    assert "mention" not in post.content.rendered


@pytest.mark.parametrize("between", [" ß ", " ø ", "中"])
def test_other_letters_between_its_words_make_no_name(en_elue, sujet, anne, between):
    typed = f"@Anne{between}Léry"
    assert en_elue.post(sujet.get_absolute_url(), {"content": typed}).status_code == 302
    assert not named(sujet.posts.last())


def test_a_name_without_letters_is_called_by_nothing(espace, elue, sujet):
    entered(un_membre("elus", membre__first_name="…", membre__last_name="·"), espace)
    assert not named(conversation.reply(elue, sujet, "Rendez-vous @ midi, ou @… ·"))


def test_the_longest_name_wins_and_homonyms_are_all_named(espace, elue, sujet, anne):
    def elu(first, last):
        return un_membre("elus", membre__first_name=first, membre__last_name=last)

    longer = elu("Anne", "Léry-Roche")
    twins = {elu("Paul", "Deux"), elu("Paul", "Deux")}
    post = conversation.reply(elue, sujet, "@Anne Léry-Roche et @Paul Deux")
    assert named(post) == {longer, *twins}


def test_nobody_who_does_not_read_the_space_is_named(elue, sujet):
    un_membre("agents", membre__first_name="Jean", membre__last_name="Dehors")
    post = conversation.reply(elue, sujet, "@Jean Dehors et @Jean Personne")
    assert not named(post)
    assert post.content.rendered.strip() == "<p>@Jean Dehors et @Jean Personne</p>"


def test_a_change_of_the_message_changes_whom_it_names(elue, sujet, anne):
    post = conversation.reply(elue, sujet, "@Anne Léry")
    conversation.edit(elue, post, f"@{elue.get_full_name()}")
    assert named(post) == {elue}
    post.refresh_from_db()
    assert '<span class="mention">' in post.content.rendered


def test_a_preview_shows_who_is_named(en_elue, sujet, anne):
    page = html(en_elue.post(sujet.get_absolute_url(), {"content": "@Anne Léry", "apercu": "1"}))
    assert '<span class="mention">@Anne Léry</span>' in page


def test_names_are_suggested_among_the_readers_of_the_space_alone(client, en_elue, espace, anne):
    un_membre("agents", membre__first_name="Annette", membre__last_name="Dehors")
    found = en_elue.get("/communaute/espaces/elus/mentions/?q=an").json()["noms"]
    assert [reader["nom"] for reader in found] == ["Anne Léry"]
    assert en_elue.get("/communaute/espaces/elus/mentions/?q=lery an").json()["noms"] == found
    client.force_login(un_membre("agents"))
    assert client.get("/communaute/espaces/elus/mentions/?q=an").status_code == 404


def test_writing_says_who_reads_and_leads_to_their_names(en_elue, sujet):
    topic = sujet.get_absolute_url()
    for address, readers in (
        (topic, f"{topic}lecteurs/"),
        (f"{NEW}?nature=question", "/communaute/espaces/elus/lecteurs/"),
    ):
        form = html(en_elue.get(address)).split('id="composition"')[1]
        assert "peut lire ce que vous écrivez ici" in " ".join(form.split())
        assert f'href="{readers}"' in form
