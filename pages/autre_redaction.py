"""How an editor asks those whose exchange a page was made of whether a part of it may read otherwise."""

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from communaute import mise_en_commun
from communaute.conversation import Conflict
from communaute.forms.champs import WrittenField
from communaute.forms.mises_en_commun import IntroductionField, TitreField
from communaute.models import Passage

CHANGED = (
    "Le texte accepté, ou une autre demande, a changé pendant que vous écriviez. Ce que vous avez écrit est "
    "resté dans le formulaire : comparez, puis envoyez de nouveau."
)


class AutreRedactionForm(forms.Form):
    """Another text of a part, and a title if it is the one that has one."""

    base = forms.CharField(widget=forms.HiddenInput, required=False)
    titre = TitreField()
    texte = WrittenField(
        label="Texte",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Écrivez le texte que vous proposez."},
    )

    def __init__(self, *args, is_chapeau, **kwargs):
        super().__init__(*args, **kwargs)
        if is_chapeau:
            self.fields["texte"] = IntroductionField()
        else:
            del self.fields["titre"]


class AutreRedactionView(WagtailAdminTemplateMixin, FormView):
    """Write another text of a part that is public, and have it asked for.

    The page says what was agreed to until all agree again. Here one reads that text alone, and whether
    another is asked for: neither of whom, nor what they answered, nor what else was written.
    """

    template_name = "pages/autre_redaction.html"
    form_class = AutreRedactionForm
    page_title = "Proposer une autre rédaction"
    header_icon = "edit"

    def dispatch(self, request, reference):
        passages = Passage.objects.public().saying_what_is_asked()
        self.passage = get_object_or_404(passages, reference=reference)
        self.page = self.passage.mise_en_commun.page
        if self.page is None or not self.page.permissions_for_user(request.user).can_edit():
            raise Http404
        return super().dispatch(request)

    def base(self):
        """What tells that nothing changed since; it does not say how many versions there were."""
        return salted_hmac(self.passage.reference, str(self.passage.numero)).hexdigest()

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"is_chapeau": self.passage.is_chapeau}

    def get_initial(self):
        agreed = self.passage.accorde
        return {"titre": agreed.titre, "texte": agreed.texte, "base": self.base()}

    def form_valid(self, form):
        said = form.cleaned_data
        try:
            if said["base"] != self.base():
                raise Conflict(self.passage)
            mise_en_commun.reword_and_ask(
                self.request.user,
                self.passage,
                said.get("titre", ""),
                said["texte"],
                base=self.passage.numero,
            )
        except Conflict:
            form.data = form.data.dict() | {"base": self.base()}
            form.add_error(None, CHANGED)
            return self.form_invalid(form)
        messages.success(
            self.request,
            "La demande est partie. La page garde le texte accepté tant que toutes les personnes concernées "
            "n’ont pas dit oui.",
        )
        return redirect("wagtailadmin_pages:edit", self.page.pk)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {
            "passage": self.passage,
            "action_url": self.request.path,
            "submit_button_label": "Demander l’accord",
            "submit_button_active_label": "Envoi…",
            "retour": reverse("wagtailadmin_pages:edit", args=[self.page.pk]),
        }
