"""Lists of the back office taken away as spreadsheets: by a right of its own, and on record."""

import csv

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.functional import cached_property
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail.admin.views.mixins import Echo
from wagtail.log_actions import log

from communaute.listes import harmless
from communaute.models import Cohorte
from communaute.permissions import can_export

EXPORTED = "cohorte.exporter"


def refused(request):
    """The answer to who asks for a spreadsheet that is not for them; None to all others.

    Wagtail's reports would be exported without a trace, their cells as they are: they are to nobody.
    """
    if "export" not in request.GET or not request.user.is_authenticated:
        return None
    if "/reports/" in request.path:
        messages.error(request, "Les rapports se lisent ici, et ne s’exportent pas.")
    elif not can_export(request.user):
        messages.error(
            request, "Exporter une liste demande un droit à part : voyez avec l’administration."
        )
    else:
        return None
    return redirect(request.path)


class ExportMixin:
    """For a list of Wagtail's: what of it is exported, and how it is written down; the right to is asked
    of every address of the back office, by ``refused``.

    ``exported`` has the headings and, for each, what is said of a row.
    """

    exported = {}

    @property
    def list_export(self):
        return list(self.exported)

    @cached_property
    def show_export_buttons(self):
        return can_export(self.request.user)

    def get_filename(self):
        return self.index_url_name.partition(":")[0]

    def get_heading(self, queryset, field):
        return field

    def to_row_dict(self, item):
        return {heading: say(item) for heading, say in self.exported.items()}

    def preprocess_field_value(self, field, value, export_format):
        value = super().preprocess_field_value(field, value, export_format)
        if export_format == self.FORMAT_CSV:
            return harmless(value)
        # A workbook holds text as text, and refuses some of its signs.
        return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value

    def stream_csv(self, queryset):
        """Semicolons and a byte order mark: a French spreadsheet opens it at a double click."""
        yield "\ufeff".encode()
        writer = csv.DictWriter(Echo(), fieldnames=self.list_export, delimiter=";")
        yield writer.writerow({heading: heading for heading in self.list_export})
        for item in queryset:
            yield self.write_csv_row(writer, self.to_row_dict(item))

    def as_spreadsheet(self, queryset, spreadsheet_format):
        rows = list(queryset)
        log(
            Cohorte.load(),
            EXPORTED,
            data={
                "liste": str(self.get_page_title()),
                "format": spreadsheet_format,
                "lignes": len(rows),
            },
        )
        return super().as_spreadsheet(rows, spreadsheet_format)
