"""Attachments, given to whoever may read the message they belong to."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from communaute.models import PieceJointe
from communaute.views.reading import private_file


@require_safe
def piece_jointe(request, reference):
    """A file, as nothing else than what it was checked to be: a picture is shown, others are saved."""
    piece = get_object_or_404(PieceJointe.objects.readable_by(request.user), reference=reference)
    response = private_file(
        piece.fichier,
        content_type=piece.type_mime,
        as_attachment=not piece.is_image,
        filename=piece.nom,
    )
    response.headers["Content-Length"] = piece.taille
    return response
