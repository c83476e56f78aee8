"""Members' addresses: every one below ``/communaute/`` is theirs, existing or not."""

from django.urls import path, re_path

from communaute import views

app_name = "communaute"

urlpatterns = [
    path("", views.mes_espaces, name="accueil"),
    path("mon-nom/", views.mon_nom, name="mon_nom"),
    path("espaces/<slug:slug>/", views.espace, name="espace"),
    path("espaces/<slug:slug>/charte/", views.charte, name="charte"),
    path("espaces/<slug:slug>/lecteurs/", views.lecteurs, name="lecteurs"),
    path("espaces/<slug:slug>/nouveau-sujet/", views.nouveau_sujet, name="nouveau_sujet"),
    path("sujets/<slug:reference>/", views.sujet, name="sujet"),
    path("messages/<slug:reference>/", views.message, name="message"),
    path("messages/<slug:reference>/modifier/", views.modifier_message, name="modifier_message"),
    # With its slash, so that an address written without is led to the one that has it.
    re_path(r"^.*/$", views.missing),
]
