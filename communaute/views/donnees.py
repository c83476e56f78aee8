"""What the portal holds about who asks: given to them, and them alone."""

from django.contrib import messages
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from communaute import archives
from communaute.models import Archive
from communaute.views.compte import of_consequence


@of_consequence(allow_get=True)
@require_http_methods(["GET", "HEAD", "POST"])
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
    try:
        content = found.fichier.open()
    except FileNotFoundError as error:
        raise Http404 from error
    day = timezone.localdate(found.prete_le)
    response = FileResponse(
        content,
        content_type="application/zip",
        as_attachment=True,
        filename=f"mes-donnees-{day:%Y-%m-%d}.zip",
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    add_never_cache_headers(response)
    patch_cache_control(response, private=True, no_store=True)
    return response
