"""A cohort opened from files: all of it or nothing, and again without harm."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from communaute.models import Allie, Cohorte, Espace, Invitation, Membre, Territoire
from tests.factories import MembreFactory, un_epci, un_membre

pytestmark = pytest.mark.django_db

DESCRIPTION = """
[cohorte]
nom = "La cohorte des Trois"

[[allie]]
nom = "Coopérative des méthodes"

[[territoire]]
nom = "Vallée"
forme = "epci"
epci = ["200000001"]

[[espace]]
slug = "elus"
nom = "Entre élu·es"
objet = "Parler du mandat."
audience = "college"
college = "elus"
charte = "Ce qui s’écrit ici reste ici."
animateurs = ["ines@exemple.fr", "Lise@exemple.fr"]

[[espace]]
slug = "vallee"
nom = "La Vallée"
audience = "delegation"
territoire = "Vallée"
charte = "On s’écoute."
"""
PEOPLE = """adresse;prénom;nom;collège;territoire;fonction;organisation alliée
lise@exemple.fr;Lise;Faure;élus;Vallée;Maire;
paul@exemple.fr;Paul;Mas;;;Consultant;Coopérative des méthodes
"""


@pytest.fixture
def administrator():
    un_epci()
    return MembreFactory(email="admin@exemple.fr", is_superuser=True)


@pytest.fixture
def run(tmp_path, administrator, django_capture_on_commit_callbacks):
    """``run(description, people, *options)`` opens the cohort and returns what is said."""

    def run(description=DESCRIPTION, people=PEOPLE, *options, par="admin@exemple.fr"):
        (tmp_path / "cohorte.toml").write_text(description, encoding="utf-8")
        (tmp_path / "personnes.csv").write_text(people, encoding="utf-8")
        out = StringIO()
        with django_capture_on_commit_callbacks(execute=True):
            call_command(
                "cohorte",
                str(tmp_path / "cohorte.toml"),
                personnes=tmp_path / "personnes.csv",
                par=par,
                stdout=out,
                **dict.fromkeys(options, True),
            )
        return out.getvalue()

    return run


def counts():
    return [model.objects.count() for model in (Allie, Territoire, Espace, Invitation, Membre)]


def test_a_cohort_is_opened_from_nothing(run, mailoutbox):
    said = run()
    assert Cohorte.load().nom == "La cohorte des Trois"
    assert Territoire.objects.get().perimetre_epci.get().epci.siren == "200000001"
    elus = Espace.objects.get(slug="elus")
    assert (elus.nom, elus.charte.texte) == ("Entre élu·es", "Ce qui s’écrit ici reste ici.")
    assert Espace.objects.get(slug="vallee").territoire.nom == "Vallée"
    lise = Invitation.objects.get(email="lise@exemple.fr")
    assert (lise.college, lise.territoire.nom, lise.prenom) == ("elus", "Vallée", "Lise")
    assert list(lise.espaces.all()) == [elus]
    ines = Invitation.objects.get(email="ines@exemple.fr")
    assert not ines.gives_seat
    assert list(ines.espaces.all()) == [elus]
    assert Invitation.objects.get(email="paul@exemple.fr").allie == Allie.objects.get()
    assert len(mailoutbox) == 3
    assert "fait : espace « Entre élu·es »" in said


def test_a_trial_says_what_would_be_done_and_does_nothing(run, mailoutbox):
    before = counts()
    said = run(DESCRIPTION, PEOPLE, "essai")
    assert "serait fait : territoire « Vallée »" in said
    assert "serait fait : invitation de lise@exemple.fr" in said
    assert counts() == before
    assert mailoutbox == []


def test_given_again_it_adds_what_is_new_and_touches_nothing_else(run, mailoutbox):
    run()
    before = counts()
    assert run() == "Tout était déjà là.\n"
    assert counts() == before
    assert len(mailoutbox) == 3
    said = run(DESCRIPTION + '\n[[allie]]\nnom = "Une autre"\n')
    assert said == "fait : allié « Une autre »\n"


def test_a_member_who_facilitates_is_named_at_once(run):
    membre = un_membre(membre__email="ines@exemple.fr")
    run()
    assert membre in Espace.objects.get(slug="elus").animateurs
    assert not Invitation.objects.filter(email="ines@exemple.fr").exists()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('nom = "Vallée"', 'nom = "Vallée"\ncouleur = "verte"', "« couleur » n’est pas connu"),
        ("[[allie]]", "[[ami]]", "« ami » n’est pas connu"),
        ('"200000001"', '"999"', "« 999 » n’est pas dans les listes"),
        ('forme = "epci"', 'forme = "duché"', "territoire « Vallée »"),
        ('college = "elus"', 'college = "martiens"', "espace « Entre élu·es »"),
        ('territoire = "Vallée"', 'territoire = "Ailleurs"', "espace « La Vallée »"),
        ('charte = "On s’écoute."', "", "il lui faut un nom et une charte"),
        ("ines@exemple.fr", "ines", "adresse"),
        ("[cohorte]", "[cohorte", "n’est pas du TOML"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(run, mailoutbox, was, becomes, said):
    before = counts()
    with pytest.raises(CommandError, match=said):
        run(DESCRIPTION.replace(was, becomes, 1))
    assert counts() == before
    assert mailoutbox == []


def test_a_wrong_line_of_people_is_said_by_its_number(run):
    with pytest.raises(CommandError, match="personnes, ligne 2 : le collège « zélus » n’est pas"):
        run(people=PEOPLE.replace("élus", "zélus"))
    assert not Territoire.objects.exists()


def test_whoever_does_not_administer_opens_nothing(run):
    un_membre(membre__email="elue@exemple.fr")
    for par in ("elue@exemple.fr", "inconnue@exemple.fr"):
        with pytest.raises(CommandError, match="n’administre pas"):
            run(par=par)


def test_a_file_that_is_not_there_is_said(administrator):
    with pytest.raises(CommandError, match="ne peut être lu"):
        call_command("cohorte", "/nulle/part.toml", par="admin@exemple.fr")
