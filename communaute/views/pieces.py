"""Attachments, given to whoever may read the message they belong to."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from communaute.models import PieceJointe


@require_safe
def piece_jointe(request, reference):
    """A file, as nothing else than what it was checked to be: a picture is shown, others are saved."""
    piece = get_object_or_404(PieceJointe.objects.readable_by(request.user), reference=reference)
    try:
        content = piece.fichier.open()
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        content_type=piece.type_mime,
        as_attachment=not piece.is_image,
        filename=piece.nom,
    )
    response.headers["Content-Length"] = piece.taille
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
