"""Every address of the portal. What is not routed here does not exist."""

from functools import wraps

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404
from django.urls import include, path, re_path, reverse_lazy
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from communaute.permissions import can_manage
from communaute.views import arrivee, compte, donnees, fournisseur, lettre, nouvelles, rencontres
from pages import files, gestion, signalement
from portail import api, crawlers, exports, feeds, previews, search, sign_in

# Names are allauth's own: its views and mails look these routes up. What is not here does not exist:
# no sign-up but its closed door, no change of address, no rescue codes to download.
sign_in_urls = [
    path("connexion/", sign_in.LoginView.as_view(), name="account_login"),
    path("connexion/code/", account.request_login_code, name="account_request_login_code"),
    path("connexion/code/recu/", account.confirm_login_code, name="account_confirm_login_code"),
    path("connexion/cle/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("connexion/fournisseur/", fournisseur.entrer, name="fournisseur_entrer"),
    path("connexion/fournisseur/retour/", fournisseur.retour, name="fournisseur_retour"),
    path("connexion/second-facteur/", mfa.authenticate, name="mfa_authenticate"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("inactif/", account.account_inactive, name="account_inactive"),
    path("inscription/", account.signup, name="account_signup"),
    path("confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("confirmer/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("confirmer/cle/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
password_urls = [
    path("mot-de-passe/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/envoye/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "mot-de-passe/change/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path(
        "mot-de-passe/choisir/",
        reauthentication_required(app="allauth.mfa")(account.password_set),
        name="account_set_password",
    ),
    path("mot-de-passe/changer/", account.password_change, name="account_change_password"),
    path("mot-de-passe/retirer/", compte.retirer_mot_de_passe, name="retirer_mot_de_passe"),
    re_path(
        r"^mot-de-passe/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
second_factor_urls = [
    path("", compte.second_facteur_index, name="mfa_index"),
    path("application/", totp.activate_totp, name="mfa_activate_totp"),
    path("application/retirer/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "codes/nouveaux/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("cle/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path(
        "cles/<int:pk>/",
        webauthn.EditWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")),
        name="mfa_edit_webauthn",
    ),
    path(
        "cles/<int:pk>/retirer/",
        webauthn.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")),
        name="mfa_remove_webauthn",
    ),
]
account_urls = [
    path("", compte.compte, name="compte"),
    *sign_in_urls,
    *password_urls,
    path("second-facteur/", include(second_factor_urls)),
    path("fournisseur/", fournisseur.relier, name="fournisseur"),
    path("sessions/", compte.sessions, name="usersessions_list"),
    path("mes-donnees/", donnees.mes_donnees, name="mes_donnees"),
    path("mes-donnees/<slug:reference>/", donnees.archive, name="archive"),
    path("partir/", donnees.partir, name="partir"),
]

# One way in: the back office's own sign-in and password pages lead to the portal's.
to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)
to_password_reset = RedirectView.as_view(pattern_name="account_reset_password")
back_office_account_urls = [
    path("gestion/login/", to_login),
    path("gestion/logout/", RedirectView.as_view(pattern_name="account_logout")),
    re_path(r"^gestion/password_reset/", to_password_reset),
    path("_util/login/", to_login),
]


def managers_only(view):
    """A back office view, under its own content policy; for other members it does not exist."""
    view = csp_replace(settings.BACK_OFFICE_SECURITY_POLICY)(view)

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.user.is_authenticated and not can_manage(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


handler400 = "portail.requests.refused"

urlpatterns = [
    path("recherche/", search.recherche, name="recherche"),
    path("signaler/", signalement.signaler, name="signaler"),
    path("signaler/<slug:reference>/", signalement.recu, name="signalement_recu"),
    path("rejoindre/", arrivee.rejoindre, name="rejoindre"),
    path("rejoindre/merci/", arrivee.demande_recue, name="demande_recue"),
    path("invitation/<str:jeton>/", arrivee.invitation, name="invitation"),
    path("lettre/", lettre.lettre, name="lettre"),
    path("lettre/merci/", lettre.demandee, name="lettre_demandee"),
    path("lettre/confirmer/<str:jeton>/", lettre.confirmer, name="lettre_confirmer"),
    path("lettre/arreter/<str:jeton>/", lettre.arreter, name="lettre_arreter"),
    path("courriels/<str:jeton>/", nouvelles.courriels, name="courriels"),
    path("agenda/", rencontres.agenda_public, name="agenda"),
    path("agenda.ics", rencontres.agenda_public_ics, name="agenda_ics"),
    path("agenda/<slug:reference>/", rencontres.annonce, name="annonce"),
    path("agenda/<slug:reference>.ics", rencontres.annonce_ics, name="annonce_ics"),
    path("flux/agenda.atom", feeds.AgendaFeed(), name="flux_agenda"),
    path("agenda/personnel/<str:jeton>.ics", rencontres.agenda_personnel, name="agenda_personnel"),
    path("compte/", include(account_urls)),
    path("communaute/", include("communaute.urls")),
    *back_office_account_urls,
    path("gestion/", include(decorate_urlpatterns(gestion.urlpatterns, managers_only))),
    # Named and built as Wagtail's own, which looks them up.
    re_path(r"^documents/(\d{1,18})/([^/]+)$", files.document, name="wagtaildocs_serve"),
    path("media/images/<str:name>", files.image, name="image"),
    path("media/avatar_images/<str:name>", files.portrait),
    path("flux/enseignements.atom", feeds.EnseignementsFeed(), name="flux"),
    path("flux/themes/<slug:slug>.atom", feeds.ThemeFeed(), name="flux_theme"),
    path("flux/territoires/<slug:slug>.atom", feeds.TerritoireFeed(), name="flux_territoire"),
    path("donnees/enseignements.csv", exports.enseignements_csv, name="enseignements_csv"),
    path("donnees/enseignements.json", exports.enseignements_json, name="enseignements_json"),
    path("api/v2/", api.router.urls),
    path("apercus/<int:key>.png", previews.preview, name="apercu"),
    path("sitemap.xml", crawlers.sitemap),
    path("robots.txt", crawlers.robots),
    path("", include(wagtail_urls)),
]
