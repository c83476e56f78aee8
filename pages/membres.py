"""The back office's pages on members' accounts."""

from wagtail.users.forms import UserEditForm
from wagtail.users.views.users import CreateView, EditView, UserViewSet


class MembreForm(UserEditForm):
    """Wagtail's, but the address is the member's own: whoever changed it could sign in as them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True


class SuperuserMixin:
    """Only a superuser makes another one: it is more than any group gives."""

    def get_form(self, *args, **kwargs):
        form = super().get_form(*args, **kwargs)
        if not self.request.user.is_superuser:
            form.fields.pop("is_superuser", None)
        return form


class MembreCreateView(SuperuserMixin, CreateView):
    pass


class MembreEditView(SuperuserMixin, EditView):
    pass


class MembreViewSet(UserViewSet):
    """Wagtail's, with those views and that form. Passwords are not set here either: see the settings."""

    add_view_class = MembreCreateView
    edit_view_class = MembreEditView

    def get_form_class(self, for_update=False):
        return MembreForm if for_update else super().get_form_class(for_update)
