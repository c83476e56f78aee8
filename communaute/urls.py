"""Members' addresses: every one below ``/communaute/`` is theirs, existing or not."""

from django.urls import path, re_path

from communaute.views import (
    decisions,
    ecrire,
    espaces,
    gestes,
    mes_espaces,
    messages,
    moderation,
    pieces,
    promesse,
    recherche,
    suivi,
    sujets,
)
from communaute.views.reading import missing

app_name = "communaute"

urlpatterns = [
    path("", mes_espaces.mes_espaces, name="accueil"),
    path("mon-nom/", espaces.mon_nom, name="mon_nom"),
    path("recherche/", recherche.recherche, name="recherche"),
    path("suivi/", suivi.ce_que_je_suis, name="suivi"),
    path("espaces/<slug:slug>/", espaces.espace, name="espace"),
    path("espaces/<slug:slug>/charte/", espaces.charte, name="charte"),
    path("espaces/<slug:slug>/lecteurs/", espaces.lecteurs, name="lecteurs"),
    path("espaces/<slug:slug>/nouveau-sujet/", ecrire.nouveau_sujet, name="nouveau_sujet"),
    path("espaces/<slug:slug>/suivi/", suivi.suivre_espace, name="suivre_espace"),
    path("espaces/<slug:slug>/tout-lu/", suivi.tout_lu, name="tout_lu"),
    path("sujets/<slug:reference>/suivi/", suivi.suivre_sujet, name="suivre_sujet"),
    path("espaces/<slug:slug>/mentions/", ecrire.noms, name="mentions"),
    path("sujets/<slug:reference>/", sujets.sujet, name="sujet"),
    path("sujets/<slug:reference>/nouveau/", sujets.nouveau, name="nouveau"),
    path("sujets/<slug:reference>/lecteurs/", espaces.lecteurs_du_sujet, name="lecteurs_du_sujet"),
    path("sujets/<slug:reference>/mentions/", ecrire.noms_du_sujet, name="noms_du_sujet"),
    path("sujets/<slug:reference>/vote/", gestes.vote, name="vote"),
    path("sujets/<slug:reference>/resume/", gestes.resume, name="resume"),
    path("sujets/<slug:reference>/promesse/", promesse.promesse, name="promesse"),
    path("messages/<slug:reference>/", messages.message, name="message"),
    path("messages/<slug:reference>/merci/", gestes.merci, name="merci"),
    path("messages/<slug:reference>/reponse/", gestes.reponse, name="reponse"),
    path("messages/<slug:reference>/retirer/", gestes.retirer, name="retirer_message"),
    path("messages/<slug:reference>/modifier/", ecrire.modifier_message, name="modifier_message"),
    path("messages/<slug:reference>/historique/", ecrire.historique, name="historique"),
    path("fichiers/<slug:reference>/", pieces.piece_jointe, name="piece_jointe"),
    path("messages/<slug:reference>/alerter/", moderation.alerter, name="alerter"),
    path("messages/<slug:reference>/moderer/", moderation.moderer_message, name="moderer_message"),
    path("sujets/<slug:reference>/animer/", moderation.animer_sujet, name="animer_sujet"),
    path("sujets/<slug:reference>/deplacer/", moderation.deplacer_sujet, name="deplacer_sujet"),
    path("espaces/<slug:slug>/moderation/", moderation.file_de_moderation, name="moderation"),
    path("espaces/<slug:slug>/suspensions/", moderation.suspensions, name="suspensions"),
    path("espaces/<slug:slug>/journal/", moderation.journal, name="journal"),
    path("espaces/<slug:slug>/sante/", moderation.sante_de_l_espace, name="sante"),
    path("suspensions/<slug:reference>/", moderation.lever_suspension, name="lever_suspension"),
    path("recours/<slug:reference>/", moderation.juger_recours, name="juger_recours"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/<slug:reference>/", decisions.faire_recours, name="faire_recours"),
    path("referent/", decisions.referent, name="referent"),
    path(
        "referent/<slug:reference>/",
        decisions.lecture_exceptionnelle,
        name="lecture_exceptionnelle",
    ),
    # With its slash, so that an address written without is led to the one that has it.
    re_path(r"^.*/$", missing),
]
