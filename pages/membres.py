"""The back office's pages on members' accounts."""

from wagtail.users.forms import UserEditForm
from wagtail.users.views.users import UserViewSet


class MembreForm(UserEditForm):
    """Wagtail's, but the address is the member's own: whoever changed it could sign in as them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True


class MembreViewSet(UserViewSet):
    """Wagtail's, with that form. Passwords are not set here either: see the settings."""

    def get_form_class(self, for_update=False):
        return MembreForm if for_update else super().get_form_class(for_update)
