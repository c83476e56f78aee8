"""Writing, wherever it is: a form, what is kept of it until it is sent, and how it reads."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string

from communaute import brouillons, mentions, permissions, pieces
from communaute.conversation import Conflict
from communaute.forms.ecrire import typed_text
from communaute.forum_conversation.models import Post

NOT_SENT = ("apercu", "garder", "jeter")
"""The buttons of a form that do something else than send."""


class Composition:
    """What a member writes in one place: a topic of a space, a reply, a change of a message.

    ``place`` is as in ``communaute.brouillons``, ``action`` the address of the form, ``attached`` the files
    that the message has already, ``quote`` what is quoted after what was written so far, ``brouillon`` the
    draft where it is known already. A view calls ``respond``, and shows ``context`` when that is None.
    """

    def __init__(
        self,
        request,
        espace,
        place,
        form_class,
        *,
        action,
        initial=None,
        attached=(),
        quote="",
        **known,
    ):
        self.request, self.espace, self.place, self.action = request, espace, place, action
        self.topic = place["post"].topic if "post" in place else place.get("topic")
        self.is_posted = request.method == "POST" and request.path == urlsplit(action).path
        self.brouillon = (
            known["brouillon"] if "brouillon" in known else brouillons.of(request.user, place)
        )
        self.attached = list(attached)
        self.windows = brouillons.windows_of(request.POST)
        self.conflict = self.elsewhere = None
        self.apercu = None
        initial = initial or {}
        if self.is_posted:
            self.form = form_class(request.POST)
            self.chosen = set(brouillons.typed(request.POST)["pieces"])
        else:
            initial |= self.kept
            if quote:
                initial["content"] = f"{initial.get('content', '')}\n\n{quote}".lstrip()
            self.form = form_class(initial=initial)
            self.chosen = set(self.kept["pieces"]) if "pieces" in self.kept else None

    @property
    def kept(self):
        """What the form begins with of what was kept."""
        return self.brouillon.champs if self.brouillon and not self.is_posted else {}

    @property
    def pieces(self):
        """The files that the message has or will have; each says whether it is ``chosen``."""
        found = [*self.attached, *self._waiting()]
        for piece in found:
            piece.chosen = self.chosen is None or piece.reference in self.chosen
        return found

    def respond(self, send):
        """What to answer to what was sent; None when the page is to be shown.

        ``send`` writes the message and returns it; what it is given is as ``communaute.conversation``
        takes it.
        """
        data = self.request.POST
        if not self.is_posted:
            return None
        if "jeter" in data:
            brouillons.discard(self.request.user, self.place, self.windows)
            return redirect(self.action)
        if not self.request.accepts("text/html"):
            return self._aside()
        refused = self._receive()
        is_sent = not any(button in data for button in NOT_SENT)
        if is_sent and self.form.is_valid():
            chosen = [piece.reference for piece in self.pieces if piece.chosen]
            try:
                return redirect(send(**self.form.message, pieces=chosen, windows=self.windows))
            except Conflict as conflict:
                self.conflict = conflict.current
                self.form.data = data.copy()
                self.form.data["base"] = conflict.current.updates_count
            except ValidationError as too_many:
                self.form.add_error("fichiers", too_many)
        self._keep()
        if "garder" in data and not refused and not self.elsewhere:
            return redirect(f"{self.action}#composer")
        if "apercu" in data and self.form.is_valid():
            self.apercu, _ = mentions.read(self.form.texte, self.topic or self.espace)
        return None

    def compare_with(self, post):
        """Show ``post`` beside what was kept of a change, when it changed since that was begun."""
        is_behind = str(self.kept.get("base")) != str(post.updates_count)
        if self.kept and is_behind and self.kept.get("content") != post.content.raw:
            self.conflict = post
        if self.kept:
            self.form.initial["base"] = post.updates_count

    @property
    def status(self):
        """The status of the page: 409 when the message, or the draft, was changed meanwhile elsewhere, 422
        when it cannot be taken.
        """
        if self.is_posted and (self.conflict or (self.elsewhere and "garder" in self.request.POST)):
            return 409
        return 422 if self.form.errors else 200

    @property
    def context(self):
        """What the page and ``composants/composition.html`` show."""
        return {
            "form": self.form,
            "apercu": self.apercu,
            "pieces": self.pieces,
            "brouillon": None if self.is_posted else self.brouillon,
            "conflit": self.conflict,
            "ailleurs": self.elsewhere and typed_text(self.elsewhere.champs),
            "fenetre": self._window(),
            "attendra": not permissions.needs_no_approval(self.request.user, self.espace),
            "jeton": brouillons.token(self.request.user, self.place),
            "action": self.action,
            "mentions_url": self._mentions_url(),
        }

    def _window(self):
        """The name of this window, and of that which kept the draft shown in it."""
        own = self.windows[0] or get_random_string(brouillons.WINDOW)
        return f"{own}.{self.brouillon.fenetre if self.brouillon else ''}"

    def _mentions_url(self):
        """The address of the names that can be written here after an @."""
        if self.topic:
            return reverse("communaute:noms_du_sujet", args=[self.topic.reference])
        return reverse("communaute:mentions", args=[self.espace.slug])

    def _aside(self):
        """The answer to a script: the draft kept, or how the message reads."""
        is_valid = self.form.is_valid()
        if "apercu" in self.request.POST:
            rendered, _ = mentions.read(self.form.texte, self.topic or self.espace)
            return JsonResponse({"rendu": rendered, "juste": is_valid})
        # The form may have gone while this was on its way.
        envoi = self.form.message.get("envoi") if is_valid else None
        own = Post.objects.readable_by(self.request.user).filter(poster=self.request.user)
        kept = None if envoi and own.filter(envoi=envoi).exists() else self._keep()
        if self.elsewhere:
            return JsonResponse({"ailleurs": True})
        return JsonResponse(
            {"garde": f"{timezone.localtime(kept.garde_le):%-H h %M}" if kept else ""}
        )

    def _keep(self):
        """Keep the draft when something was typed, and return it."""
        if self.brouillon or typed_text(self.request.POST) or self.request.FILES:
            fields = brouillons.typed(self.request.POST)
            unticked = {name: "" for name in self.form.fields if name in brouillons.WRITTEN}
            fields = unticked | fields | {"pieces": list(self.chosen)}
            try:
                self.brouillon = brouillons.keep(
                    self.request.user, self.place, fields, self.windows
                )
            except brouillons.Elsewhere as elsewhere:
                self.brouillon = self.elsewhere = elsewhere.brouillon
        return self.brouillon

    def _waiting(self):
        """The files of the draft."""
        is_without = self.brouillon is None or not (
            self.is_posted or self.brouillon.champs.get("pieces")
        )
        if is_without:
            return []
        return self.brouillon.pieces.readable_by(self.request.user)

    def _receive(self):
        """Attach the files that were sent to the draft; return whether some were refused."""
        errors = [pieces.too_large(name) for name in getattr(self.request, "too_large", ())]
        if uploads := self.request.FILES.getlist("fichiers"):
            self._keep()
        # What was unticked makes room for what comes.
        for piece in self._waiting():
            if piece.reference not in self.chosen and self.brouillon.fenetre in self.windows:
                piece.delete()
        among = [piece for piece in self.pieces if piece.chosen]
        for upload in uploads:
            try:
                piece = self._attached(upload, among)
            except ValidationError as error:
                errors.append(error)
            else:
                among.append(piece)
                self.chosen.add(piece.reference)
        for error in errors:
            self.form.add_error("fichiers", error)
        return bool(errors)

    def _attached(self, upload, among):
        """What ``pieces.attach`` makes of a file, with the draft."""
        try:
            return pieces.attach(self.brouillon, upload, among)
        except IntegrityError:
            # It went with the message, which a first click sent meanwhile.
            self._keep()
            upload.seek(0)
            return pieces.attach(self.brouillon, upload, among)
