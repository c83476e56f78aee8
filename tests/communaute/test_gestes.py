"""What readers do to a topic besides writing in it: thank, keep an answer, sum up, vote, follow."""

from datetime import timedelta

import pytest
from django.utils import timezone

from communaute import conversation, gestes, moderation
from communaute.forum_conversation.models import Post, Topic
from communaute.models import (
    Acte,
    Brouillon,
    Choix,
    Merci,
    Niveau,
    PieceJointe,
    Sondage,
    Suivi,
    Vote,
)
from tests.factories import MembreFactory, entered, un_membre, un_sujet

pytestmark = pytest.mark.django_db


@pytest.fixture
def animatrice(espace):
    membre = MembreFactory(last_name="Animante")
    espace.nominate("animation", [membre])
    return entered(membre, espace)


@pytest.fixture
def sujet(espace, elue):
    return un_sujet(espace, author=elue)


@pytest.fixture
def reponse(sujet, autre):
    return conversation.reply(autre, sujet, "En le disant tôt.")


@pytest.fixture
def act(client):
    """``act(membre, address, **data)`` does an act as that member and returns the page it leads to."""

    def do(membre, address, status=200, **data):
        client.force_login(membre)
        response = client.post(address, data, follow=True)
        assert response.status_code == status
        return response.content.decode()

    return do


def of(post, what):
    return f"/communaute/messages/{post.reference}/{what}/"


def about(topic, what):
    return f"/communaute/sujets/{topic.reference}/{what}/"


# --- Thanks ---------------------------------------------------------------------------------------


def test_thanks_are_said_once_and_taken_back(act, elue, reponse):
    for _ in range(2):
        page = act(elue, of(reponse, "merci"), oui="1")
    assert "1 personne dit merci" in page
    assert "Votre merci est dit." in page
    assert 'aria-pressed="true"' in page
    assert Merci.objects.count() == 1
    page = act(elue, of(reponse, "merci"), oui="0")
    assert "dit merci" not in page
    assert "Votre merci est retiré." in page
    assert not Merci.objects.exists()


def test_those_who_thank_are_named_to_all(act, client, read, elue, autre, animatrice, reponse):
    act(elue, of(reponse, "merci"), oui="1")
    act(animatrice, of(reponse, "merci"), oui="1")
    client.force_login(autre)
    page = read(reponse.topic.get_absolute_url())
    assert "2 personnes disent merci" in page.words
    assert page.select_one(".mercis p").get_text() == "Camille Fontan, Camille Animante"


def test_nobody_thanks_themselves(act, autre, reponse):
    act(autre, of(reponse, "merci"), oui="1", status=404)
    assert not Merci.objects.exists()


def test_a_named_reader_does_not_thank(act, espace, reponse):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    act(entered(reader, espace), of(reponse, "merci"), oui="1", status=404)
    assert not Merci.objects.exists()


# --- The answer -----------------------------------------------------------------------------------


def shown_answer(read, topic):
    found = read(topic.get_absolute_url()).select_one("section.reponse")
    return found and found.get_text(" ")


def test_who_asked_keeps_an_answer_changes_it_and_lets_it_go(
    act, read, elue, autre, sujet, reponse
):
    act(elue, of(reponse, "reponse"), oui="1")
    assert "En le disant tôt." in shown_answer(read, sujet)
    better = conversation.reply(autre, sujet, "En le disant à deux.")
    act(elue, of(better, "reponse"), oui="1")
    assert "En le disant à deux." in shown_answer(read, sujet)
    act(elue, of(reponse, "reponse"), oui="0")  # no longer the one
    assert "En le disant à deux." in shown_answer(read, sujet)
    act(elue, of(better, "reponse"), oui="0")
    assert shown_answer(read, sujet) is None


def test_a_facilitator_keeps_an_answer_and_a_peer_does_not(act, autre, animatrice, sujet, reponse):
    act(autre, of(reponse, "reponse"), oui="1", status=404)
    sujet.refresh_from_db()
    assert sujet.reponse is None
    act(animatrice, of(reponse, "reponse"), oui="1")
    sujet.refresh_from_db()
    assert sujet.reponse == reponse


def test_only_a_question_is_answered_and_not_by_itself(act, elue, sujet, reponse):
    act(elue, of(sujet.posts.first(), "reponse"), oui="1", status=404)
    Topic.objects.filter(pk=sujet.pk).update(nature="retour")
    act(elue, of(reponse, "reponse"), oui="1", status=404)


@pytest.mark.parametrize("what", ["retire_le", "masque_le"])
def test_an_answer_that_is_no_longer_there_to_read_is_not_shown(
    act, read, elue, sujet, reponse, what
):
    act(elue, of(reponse, "reponse"), oui="1")
    sujet.posts.filter(pk=reponse.pk).update(**{what: timezone.now()})
    assert shown_answer(read, sujet) is None


# --- The summary ----------------------------------------------------------------------------------


def test_the_summary_is_shown_on_top_and_its_versions_are_kept(
    act, read, client, elue, autre, sujet
):
    act(elue, about(sujet, "resume"), content="Rien n’est **dit**.", base="0")
    page = act(elue, about(sujet, "resume"), content="Presque tout est dit.", base="1")
    assert "Presque tout est dit." in page
    assert "Rien n’est" not in page
    client.force_login(autre)
    assert "En bref" in read(sujet.get_absolute_url()).words
    words = read(about(sujet, "resume")).words
    assert "Presque tout est dit." in words
    assert "Rien n’est dit ." in words
    [came] = read(about(sujet, "resume")).select("ins")
    assert came.text == "Presque tout est dit."
    assert "Enregistrer le résumé" not in words


def test_a_summary_is_seen_before_it_is_kept(act, elue, sujet):
    page = act(elue, about(sujet, "resume"), content="*Presque*", base="0", apercu="1")
    assert "<em>Presque</em>" in page
    sujet.refresh_from_db()
    assert sujet.resume is None


def test_two_who_sum_up_at_once_see_both_texts(act, elue, animatrice, sujet):
    act(elue, about(sujet, "resume"), content="Le sien.", base="0")
    page = act(animatrice, about(sujet, "resume"), content="Le mien.", base="0", status=409)
    assert "Le sien." in page
    assert ">\nLe mien.</textarea>" in page
    assert 'name="base" value="1"' in page
    act(animatrice, about(sujet, "resume"), content="Les deux.", base="1")
    sujet.refresh_from_db()
    assert (sujet.resume.texte, sujet.resume.auteur) == ("Les deux.", animatrice)


def test_a_summary_is_taken_away_and_written_again(act, elue, sujet):
    act(elue, about(sujet, "resume"), content="Un.", base="0")
    page = act(elue, about(sujet, "resume"), content="", base="1")
    assert "En bref" not in page
    assert "Le résumé est retiré" in page
    act(elue, about(sujet, "resume"), content="Deux.", base="0")
    sujet.refresh_from_db()
    assert sujet.resume.version == 2


def test_a_summary_that_says_nothing_is_not_said_to_be_kept(act, read, client, elue, sujet):
    page = act(elue, about(sujet, "resume"), content=" ", base="0", status=422)
    assert "Écrivez le résumé avant de l’enregistrer." in page
    client.force_login(elue)
    words = read(about(sujet, "resume")).words
    assert "facultatif" not in words
    assert "Laissez vide" not in words


def test_peers_do_not_sum_up_what_another_opened(act, autre, sujet):
    act(autre, about(sujet, "resume"), content="Moi.", base="0", status=404)
    assert "Écrire un résumé" not in act(autre, about(sujet, "suivi"), niveau="")


def test_a_summary_too_long_is_given_back(act, elue, sujet):
    page = act(elue, about(sujet, "resume"), content="a" * 4001, base="0", status=422)
    assert "a" * 4001 in page


def test_a_summary_is_hidden_with_the_first_message_that_it_sums_up(
    act, read, client, elue, autre, animatrice, sujet
):
    address, resume = sujet.get_absolute_url(), about(sujet, "resume")
    act(elue, resume, content="Ce qui est de trop.", base="0")
    moderation.decide(animatrice, sujet.first_post, Acte.MASQUER, "Un nom.")
    for membre in (elue, autre):
        client.force_login(membre)
        assert "de trop" not in read(address).words
        assert "de trop" not in read(resume).words
    act(elue, resume, content="Je le redis.", base="1", status=404)
    client.force_login(animatrice)
    assert "de trop" not in read(address).words
    assert "de trop" in read(resume).words
    assert read(resume).select_one("textarea").text.strip() == ""
    act(animatrice, resume, content="Où l’on en est.", base="1")
    client.force_login(autre)
    assert "Où l’on en est." in read(address).words
    assert "de trop" not in read(resume).words
    moderation.decide(animatrice, sujet.first_post, Acte.DEMASQUER, "À tort.")
    assert "de trop" in read(resume).words


def test_whoever_opened_a_topic_that_is_closed_sums_it_up_no_more(act, elue, animatrice, sujet):
    moderation.change_topic(animatrice, sujet, Acte.FERMER)
    act(elue, about(sujet, "resume"), content="Un mot encore.", base="0", status=404)
    act(animatrice, about(sujet, "resume"), content="Pour finir.", base="0")
    sujet.refresh_from_db()
    assert sujet.resume.texte == "Pour finir."


def test_a_facilitator_erases_a_version_of_a_summary_and_its_author_is_told_why(
    act, read, client, elue, autre, animatrice, sujet
):
    resume, erase = about(sujet, "resume"), f"{about(sujet, 'resume')}?effacer=1"
    act(elue, resume, content="Ce qui est de trop.", base="0")
    act(autre, erase, motif="Non.", status=404)
    act(elue, erase, motif="Non.", status=404)
    client.force_login(animatrice)
    assert read(resume).select_one('a[href="?effacer=1"]')
    act(animatrice, erase, motif="", status=422)
    assert "de trop" not in act(animatrice, erase, motif="Il nomme quelqu’un.")
    act(animatrice, erase, motif="Encore.", status=404)
    client.force_login(autre)
    assert "En bref" not in read(sujet.get_absolute_url()).words
    assert "L’animation a effacé cette version." in read(resume).words
    client.force_login(elue)
    words = read("/communaute/decisions/").words
    assert "Version d’un résumé effacée" in words
    assert "Il nomme quelqu’un." in words
    act(elue, resume, content="Mieux dit.", base="0")
    sujet.refresh_from_db()
    assert sujet.resume.version == 2


def test_what_one_summed_up_goes_with_the_first_message_that_one_withdraws(
    act, read, client, elue, autre, animatrice, sujet, reponse
):
    act(elue, about(sujet, "resume"), content="Ce que j’en retiens.", base="0")
    moderation.decide(animatrice, sujet.first_post, Acte.MASQUER, "Un nom.")
    act(elue, of(sujet.first_post, "retirer"))
    client.force_login(autre)
    assert "Ce que j’en retiens." not in read(sujet.get_absolute_url()).words
    assert "Ce que j’en retiens." not in read(about(sujet, "resume")).words


# --- Polls ----------------------------------------------------------------------------------------


@pytest.fixture
def sondage(sujet):
    Topic.objects.filter(pk=sujet.pk).update(nature="sondage")
    sondage = Sondage.objects.create(topic=sujet)
    for ordre, texte in enumerate(["Mardi", "Jeudi", "Jamais"]):
        Choix.objects.create(sondage=sondage, texte=texte, ordre=ordre)
    return sondage


def votes(sondage):
    return sorted(Vote.objects.values_list("membre__last_name", "choix__texte"))


def test_one_votes_once_and_changes_ones_mind(act, elue, autre, sondage):
    act(elue, about(sondage.topic, "vote"), choix="0")
    act(autre, about(sondage.topic, "vote"), choix="2")
    page = act(elue, about(sondage.topic, "vote"), choix="1")
    assert votes(sondage) == [("Fontan", "Jeudi"), ("Sarda", "Jamais")]
    assert "Changer mon vote" in page


def test_several_answers_where_several_are_asked(act, elue, sondage):
    act(elue, about(sondage.topic, "vote"), choix=["0", "1"], status=200)
    assert len(votes(sondage)) == 1  # the last of the two that a radio button cannot send
    Sondage.objects.update(plusieurs=True)
    act(elue, about(sondage.topic, "vote"), choix=["0", "1"])
    assert votes(sondage) == [("Fontan", "Jeudi"), ("Fontan", "Mardi")]


@pytest.mark.parametrize("choix", [{}, {"choix": "9"}, {"choix": "x"}])
def test_what_is_no_vote_is_said(act, elue, sondage, choix):
    page = act(elue, about(sondage.topic, "vote"), status=422, **choix)
    assert 'role="alert"' in page
    assert not votes(sondage)


def test_an_open_poll_reads_the_same_before_and_after_others_vote(
    act, client, read, espace, elue, autre, animatrice, sondage
):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    act(autre, about(sondage.topic, "vote"), choix="1")

    def seen():
        for membre in (elue, autre, animatrice, entered(reader, espace)):
            client.force_login(membre)
            yield read(sondage.topic.get_absolute_url()).select_one("#sondage").get_text(" ")

    before = list(seen())
    for _ in range(6):
        act(entered(un_membre("elus"), espace), about(sondage.topic, "vote"), choix="0")
        assert list(seen()) == before
    assert "Les résultats paraîtront à la clôture" in before[0]
    Sondage.objects.update(ferme_le=timezone.now() - timedelta(seconds=1))
    for words in seen():
        assert "7 personnes ont voté" in words
        counted = words.partition("ont voté")[2].split()
        assert [word for word in counted if word.isdigit()] == ["6", "1", "0"]


def test_a_poll_is_counted_only_where_enough_voted_not_to_tell_who_chose_what(
    act, read, signed_in, espace, elue, sondage
):
    def closed(voters):
        for _ in range(voters):
            act(entered(un_membre("elus"), espace), about(sondage.topic, "vote"), choix="1")
        Sondage.objects.update(ferme_le=timezone.now() - timedelta(seconds=1))
        signed_in(elue)
        poll = read(sondage.topic.get_absolute_url()).select_one("#sondage")
        Sondage.objects.update(ferme_le=timezone.now() + timedelta(days=1))
        return poll

    few = closed(0)
    assert "Moins de cinq personnes ont voté" in few.get_text()
    assert [choix.get_text() for choix in few.select("li")] == ["Mardi", "Jeudi", "Jamais"]
    for voters in (1, 1, 2):
        assert closed(voters).get_text() == few.get_text()
    assert "5 personnes ont voté" in closed(1).get_text()


def test_who_only_reads_is_told_why_they_do_not_vote(act, espace, sondage):
    lectrice = MembreFactory()
    espace.nominate("lecture", [lectrice])
    page = act(entered(lectrice, espace), about(sondage.topic, "vote"), choix="0")
    assert "sans y prendre la parole" in page
    assert "Ce sondage est clos" not in page
    assert not votes(sondage)


def test_a_closed_poll_takes_no_vote(act, elue, sondage):
    Sondage.objects.update(ferme_le=timezone.now() - timedelta(seconds=1))
    page = act(elue, about(sondage.topic, "vote"), choix="0")
    assert "Ce sondage est clos" in page
    assert "Voter</button>" not in page
    assert not votes(sondage)


def test_in_a_closed_topic_nobody_is_told_to_vote(act, client, read, elue, sondage):
    Topic.objects.update(status=Topic.TOPIC_LOCKED)
    client.force_login(elue)
    page = read(sondage.topic.get_absolute_url())
    poll = page.select_one("#sondage").get_text()
    assert "On ne vote plus tant que ce sujet est fermé aux réponses." in poll
    assert "on change d’avis" not in poll
    assert "Ce sujet est fermé aux réponses." in page.words.partition("Votre avis")[0]
    assert "On ne vote pas ici pour le moment" in act(elue, about(sondage.topic, "vote"), choix="0")


def test_whoever_cannot_vote_reads_what_is_asked(client, read, espace, sondage):
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    client.force_login(entered(reader, espace))
    page = read(sondage.topic.get_absolute_url())
    assert "Mardi Jeudi Jamais" in page.words
    assert not page.select("input[name=choix]")


def test_nobody_is_told_who_voted(act, elue, autre, animatrice, sondage):
    Sondage.objects.update(ferme_le=timezone.now() + timedelta(days=1))
    stranger = entered(un_membre("elus", membre__last_name="Votante"), sondage.topic.espace)
    act(stranger, about(sondage.topic, "vote"), choix="0")
    for membre in (elue, autre, animatrice):
        page = act(membre, about(sondage.topic, "suivi"), niveau="")
        assert "Votante" not in page
        assert "checked" not in page
    assert not Vote.objects.readable_by(animatrice).exists()


def test_there_is_no_vote_without_a_poll(act, elue, sujet):
    act(elue, about(sujet, "vote"), choix="0", status=404)


# --- Following ------------------------------------------------------------------------------------


def test_one_chooses_of_what_one_is_told_in_a_topic(act, autre, sujet):
    for niveau in (Niveau.MENTIONS, Niveau.RIEN, Niveau.TOUT, ""):
        page = act(autre, about(sujet, "suivi"), niveau=niveau)
        assert Suivi.objects.get(membre=autre, topic=sujet).niveau == niveau
        assert "C’est noté" in page
    assert "Me prévenir : tous les messages" in page.replace("\xa0", " ").replace("&nbsp;", " ")


def test_an_unknown_level_is_not_found(act, autre, sujet):
    act(autre, about(sujet, "suivi"), niveau="beaucoup", status=404)


# --- All of them ----------------------------------------------------------------------------------


def test_who_comes_to_the_address_of_an_act_is_led_to_the_page(client, elue, sujet, reponse):
    client.force_login(elue)
    for address in (of(reponse, "merci"), of(reponse, "reponse")):
        assert client.get(address).url.startswith(sujet.get_absolute_url())


def test_the_page_costs_the_same_with_more_of_everything(
    queries, client, espace, elue, sujet, sondage
):
    def more(count):
        for number in range(count):
            post = conversation.reply(entered(un_membre("elus"), espace), sujet, "Encore")
            for _ in range(number):
                Merci.objects.create(post=post, membre=un_membre("elus"))
            Choix.objects.create(
                sondage=sondage, texte=f"Choix {number}", ordre=sondage.choix.count()
            )

    client.force_login(elue)
    more(2)
    before = queries(sujet.get_absolute_url())
    more(10)
    assert queries(sujet.get_absolute_url()) == before


@pytest.mark.usefixtures("at_the_portals_address")
def test_the_page_with_everything_on_it_takes_twelve_queries_at_most(
    queries, client, espace, elue, autre, sujet, reponse, sondage
):
    Topic.objects.filter(pk=sujet.pk).update(nature="question")
    gestes.keep_answer(elue, reponse, on=True)
    gestes.thank(elue, reponse, on=True)
    gestes.summarise(elue, sujet, "En bref.", base=0)
    gestes.vote(elue, sujet, [0])
    PieceJointe.objects.create(
        post=reponse, auteur=autre, nom="a.pdf", type_mime="application/pdf", taille=1
    )
    Post.objects.filter(pk=reponse.pk).update(pieces_count=1)
    Brouillon.objects.create(membre=elue, topic=sujet, champs={"content": "Presque"})
    client.force_login(elue)
    assert queries(sujet.get_absolute_url()) <= 12
