"""The page types that editors compose, and the terms they are about."""

from pages.models.accueil import AccueilPage
from pages.models.allies import AllieIndexPage, AlliePage
from pages.models.cohorte import (
    CadrePage,
    CohortePage,
    FondamentalPage,
    ModulePage,
    Parcours,
    RessourcePage,
    TroncCommunPage,
)
from pages.models.contact import ContactPage, Signalement, SignalementForm
from pages.models.dispositifs import DispositifIndexPage, DispositifPage
from pages.models.enseignements import (
    Demande,
    EnseignementIndexPage,
    EnseignementPage,
    PlaidoyerPage,
    Regard,
    RegardsCroisesPage,
    named_by,
)
from pages.models.lettres import Annonce
from pages.models.libres import IN_FOOTER, StandardPage
from pages.models.medias import PortailDocument, PortailImage, PortailRendition
from pages.models.reserve import Visibilite, public_pages, readable_by
from pages.models.termes import Cadre, Echelle, Fondamental, Theme
from pages.models.territoires import (
    AnalyseSensiblePage,
    Blocage,
    Etape,
    Partenaire,
    PhotoTerritoire,
    Preuve,
    ProjetPilotePage,
    TerritoireIndexPage,
    TerritoirePage,
)

__all__ = [
    "IN_FOOTER",
    "AccueilPage",
    "AllieIndexPage",
    "AlliePage",
    "AnalyseSensiblePage",
    "Annonce",
    "Blocage",
    "Cadre",
    "CadrePage",
    "CohortePage",
    "ContactPage",
    "Demande",
    "DispositifIndexPage",
    "DispositifPage",
    "Echelle",
    "EnseignementIndexPage",
    "EnseignementPage",
    "Etape",
    "Fondamental",
    "FondamentalPage",
    "ModulePage",
    "Parcours",
    "Partenaire",
    "PhotoTerritoire",
    "PlaidoyerPage",
    "PortailDocument",
    "PortailImage",
    "PortailRendition",
    "Preuve",
    "ProjetPilotePage",
    "Regard",
    "RegardsCroisesPage",
    "RessourcePage",
    "Signalement",
    "SignalementForm",
    "StandardPage",
    "TerritoireIndexPage",
    "TerritoirePage",
    "Theme",
    "TroncCommunPage",
    "Visibilite",
    "named_by",
    "public_pages",
    "readable_by",
]
