"""What people write to the cohort: received, acknowledged by mail, and told where it stands.

Visitors get no cookie, so their form bears no token: this view acts on no session, and takes nothing
that another site makes a browser send.
"""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_tasks import task

from communaute import courriel
from communaute.models import Cohorte
from communaute.moderation import report_from_outside
from communaute.visiteurs import refusal
from pages.models import ContactPage, Signalement, SignalementForm, readable_by


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def signaler(request):
    """Take what was written on the contact page; asked for by itself, lead to that page."""
    page = readable_by(ContactPage.objects.all(), request.user).first()
    if page is None:
        raise Http404
    if request.method != "POST":
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(f"{page.get_url(request)}{query}")
    form, status = SignalementForm(request.POST), 422
    if form.is_valid():
        status = refusal(request, form, "signalement")
        if status is None:
            return redirect("signalement_recu", receive(form).reference)
    context = {**page.get_context(request), "form": form}
    return render(request, page.get_template(request), context, status=status)


@never_cache
@require_safe
def recu(request, reference):
    """The receipt: when the message came, what happens next, where it stands; nothing of what it says."""
    signalement = get_object_or_404(Signalement, reference=reference)
    response = render(request, "pages/signalement_recu.html", {"signalement": signalement})
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@transaction.atomic
def receive(form):
    """Keep what was written, and once it is kept tell who wrote it and who will read it.

    What is said to break the law goes to those who facilitate the space too, when it is a message: the
    same is done, in as many queries, when the address leads to none.
    """
    signalement = form.save()
    if signalement.objet in (Signalement.Objet.ILLICITE, Signalement.Objet.MINEURS):
        report_from_outside(signalement.adresse, signalement.message)
    for tell in (send_receipt, notify_cohorte):
        transaction.on_commit(partial(tell.enqueue, signalement.pk))
    return signalement


@task()
def send_receipt(pk):
    """Tell who wrote that it came. Nobody verified the address: nothing of what they wrote goes there."""
    signalement = Signalement.objects.get(pk=pk)
    if signalement.email:
        context = _context(signalement, reverse("signalement_recu", args=[signalement.reference]))
        courriel.send(signalement.email, "pages/email/signalement_recu.txt", context)


@task()
def notify_cohorte(pk):
    """Tell the cohort that something awaits; what it is stays behind the back office's sign-in."""
    context = _context(Signalement.objects.get(pk=pk), reverse("signalement:edit", args=[pk]))
    if context["cohorte"].email_contact:
        courriel.send(context["cohorte"].email_contact, "pages/email/signalement_avis.txt", context)


def _context(signalement, path):
    """What a mail about ``signalement`` says; ``path`` is where it leads."""
    return {
        "signalement": signalement,
        "cohorte": Cohorte.load(),
        "adresse": f"{settings.SITE_URL}{path}",
    }
