"""What the portal holds about who asks: given to them alone, or forgotten when they leave."""

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_safe

from communaute import archives, effacement
from communaute.forms.profils import DepartForm
from communaute.models import Archive
from communaute.permissions import can_leave
from communaute.views.compte import of_consequence
from communaute.views.reading import form_page, private_file, takes_a_form


@of_consequence(allow_get=True)
@takes_a_form
def mes_donnees(request):
    """What is in an archive, the one that waits for who asks, and the way to ask for another."""
    if request.method == "POST":
        archives.ask(request.user)
        messages.success(
            request,
            "C’est demandé. Un courriel vous dira quand votre archive sera prête : le plus souvent, dans "
            "quelques minutes.",
        )
        return redirect("mes_donnees")
    archive = Archive.objects.readable_by(request.user).first()
    return render(request, "account/mes_donnees.html", {"archive": archive})


@of_consequence
@require_safe
def archive(request, reference):
    """The archive of who asks, while it is kept; to anybody else, an address that does not exist."""
    found = get_object_or_404(
        Archive.objects.readable_by(request.user).exclude(prete_le=None), reference=reference
    )
    day = timezone.localdate(found.prete_le)
    response = private_file(
        found.fichier,
        content_type="application/zip",
        as_attachment=True,
        filename=f"mes-donnees-{day:%Y-%m-%d}.zip",
    )
    add_never_cache_headers(response)
    patch_cache_control(response, private=True, no_store=True)
    return response


@of_consequence(allow_get=True)
@takes_a_form
def partir(request):
    """What leaving does, in plain words; and leaving, once one has said what becomes of one's messages."""
    membre = request.user
    form = DepartForm(request.POST if request.method == "POST" else None)
    is_last = not can_leave(membre)
    if not is_last and form.is_valid():
        try:
            effacement.anonymise(membre, form.cleaned_data["messages"] == "retirer")
        except PermissionDenied:  # the others who administered left meanwhile
            is_last = True
        else:
            logout(request)
            messages.success(request, "Votre compte est fermé. Merci d’avoir été des nôtres.")
            return redirect("account_login")
    context = {
        "form": form,
        "is_last": is_last,
        "seul_a_animer": effacement.spaces_left_alone(membre),
        "archive": Archive.objects.readable_by(membre).exclude(prete_le=None).first(),
    }
    status = 409 if is_last and request.method == "POST" else None
    return form_page(request, "account/partir.html", context, status)
