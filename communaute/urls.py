"""Members' addresses: every one below ``/communaute/`` is theirs, existing or not."""

from django.urls import path, re_path

from communaute.views import (
    arrivee,
    decisions,
    desaccords,
    ecrire,
    espaces,
    gestes,
    invitations,
    mes_espaces,
    messages,
    mises_en_commun,
    moderation,
    nouvelles,
    passation,
    pieces,
    profils,
    promesse,
    recherche,
    rencontres,
    suivi,
    sujets,
)
from communaute.views.reading import missing

app_name = "communaute"

urlpatterns = [
    path("", mes_espaces.mes_espaces, name="accueil"),
    path("nouvelles/", nouvelles.nouvelles, name="nouvelles"),
    path("nouvelles/cloche/", nouvelles.cloche, name="cloche"),
    path("profil/", profils.mon_profil, name="mon_profil"),
    path("annuaire/", profils.annuaire, name="annuaire"),
    path("membres/<slug:reference>/", profils.membre, name="membre"),
    path("membres/<slug:reference>/photo/", profils.photo, name="photo"),
    path("passation/", passation.mot_de_passation, name="mot_de_passation"),
    path("rencontres/", rencontres.agenda, name="agenda"),
    path("rencontres/<slug:reference>/venir/", rencontres.venir, name="venir"),
    path(
        "rencontres/<slug:reference>/modifier/",
        rencontres.modifier_rencontre,
        name="modifier_rencontre",
    ),
    path(
        "rencontres/<slug:reference>/annuler/",
        rencontres.annuler_rencontre,
        name="annuler_rencontre",
    ),
    path(
        "rencontres/<slug:reference>/annoncer/",
        rencontres.annoncer_rencontre,
        name="annoncer_rencontre",
    ),
    path(
        "rencontres/<slug:reference>/rencontre.ics", rencontres.rencontre_ics, name="rencontre_ics"
    ),
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
    path("sujets/<slug:reference>/venir/", rencontres.venir_a_tout, name="venir_a_tout"),
    path("sujets/<slug:reference>/dates/", rencontres.ajouter_date, name="ajouter_date"),
    path("sujets/<slug:reference>/resume/", gestes.resume, name="resume"),
    path("sujets/<slug:reference>/promesse/", promesse.promesse, name="promesse"),
    path(
        "sujets/<slug:reference>/mettre-en-commun/",
        mises_en_commun.proposer,
        name="mettre_en_commun",
    ),
    path(
        "mises-en-commun/<slug:reference>/", mises_en_commun.mise_en_commun, name="mise_en_commun"
    ),
    path(
        "mises-en-commun/<slug:reference>/passages/",
        mises_en_commun.ajouter_passage,
        name="ajouter_passage",
    ),
    path(
        "mises-en-commun/<slug:reference>/passages/<slug:passage>/",
        mises_en_commun.modifier_passage,
        name="modifier_passage",
    ),
    path(
        "mises-en-commun/<slug:reference>/passages/<slug:passage>/versions/",
        mises_en_commun.versions_passage,
        name="versions_passage",
    ),
    path("mises-en-commun/<slug:reference>/demander/", mises_en_commun.demander, name="demander"),
    path("mises-en-commun/<slug:reference>/repondre/", mises_en_commun.repondre, name="repondre"),
    path("mises-en-commun/<slug:reference>/remettre/", mises_en_commun.remettre, name="remettre"),
    path(
        "mises-en-commun/<slug:reference>/abandonner/",
        mises_en_commun.abandonner,
        name="abandonner",
    ),
    path("mes-accords/", mises_en_commun.mes_accords, name="mes_accords"),
    path(
        "sujets/<slug:reference>/positions/", desaccords.prendre_position, name="prendre_position"
    ),
    path("positions/<slug:reference>/tenir/", desaccords.tenir, name="tenir"),
    path("positions/<slug:reference>/reformuler/", desaccords.reformuler, name="reformuler"),
    path(
        "positions/<slug:reference>/retirer/", desaccords.retirer_position, name="retirer_position"
    ),
    path(
        "positions/<slug:reference>/masquer/", desaccords.masquer_position, name="masquer_position"
    ),
    path("positions/<slug:reference>/dessous/", desaccords.dessous, name="dessous"),
    path("sujets/<slug:reference>/essai/", desaccords.proposer_essai, name="proposer_essai"),
    path("sujets/<slug:reference>/conclure/", desaccords.conclure, name="conclure"),
    path("essais/<slug:reference>/", desaccords.essai, name="essai"),
    path("reformulations/<slug:reference>/", desaccords.reconnaitre, name="reconnaitre"),
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
    path("invitations/", invitations.liste, name="invitations"),
    path("invitations/nouvelle/", invitations.inviter, name="inviter"),
    path("invitations/liste/", invitations.inviter_une_liste, name="inviter_une_liste"),
    path("invitations/<slug:reference>/renvoyer/", invitations.renvoyer, name="renvoyer"),
    path("invitations/<slug:reference>/revoquer/", invitations.revoquer, name="revoquer"),
    path("adhesions/<slug:reference>/", invitations.adhesion, name="adhesion"),
    path("rythme/", arrivee.rythme, name="rythme"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/<slug:reference>/", decisions.faire_recours, name="faire_recours"),
    path("referent/", decisions.referent, name="referent"),
    path("referent/accords/", mises_en_commun.preuves, name="preuves"),
    path(
        "referent/<slug:reference>/",
        decisions.lecture_exceptionnelle,
        name="lecture_exceptionnelle",
    ),
    # With its slash, so that an address written without is led to the one that has it.
    re_path(r"^.*/$", missing),
]
