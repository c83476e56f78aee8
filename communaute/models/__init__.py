"""Who the cohort is made of, and the spaces where its members talk among peers."""

from communaute.models.archives import Archive
from communaute.models.cohorte import Cohorte
from communaute.models.courriels_recus import CourrielRecu
from communaute.models.desaccords import (
    AvisEssai,
    Essai,
    Issue,
    Position,
    Reconnaissance,
    Reformulation,
    Tenue,
)
from communaute.models.echanges import (
    AccordPromesse,
    Brouillon,
    Choix,
    DemandePromesse,
    Mention,
    Merci,
    PieceJointe,
    Resume,
    Sondage,
    Version,
    Vote,
    new_reference,
)
from communaute.models.espaces import (
    AcceptationCharte,
    Charte,
    Espace,
    Nomination,
    Rights,
    rights_of,
    within,
)
from communaute.models.invitations import Adhesion, Invitation
from communaute.models.lecture import Niveau, Participation, Suivi
from communaute.models.lettres import Abonnement, Lettre
from communaute.models.membres import FORMER, Allie, College, Membre, Siege, seat
from communaute.models.mises_en_commun import (
    Accord,
    MiseEnCommun,
    Passage,
    PreuveAccord,
    VersionPassage,
)
from communaute.models.moderation import (
    APPEALABLE,
    Acte,
    ActeModeration,
    Alerte,
    Recours,
    Suspension,
)
from communaute.models.notifications import Envoi, Evenement, Motif, Notification
from communaute.models.passation import MotDePassation
from communaute.models.profils import Profil, Visible
from communaute.models.rencontres import AgendaPersonnel, Presence, Rencontre
from communaute.models.territoires import (
    Commune,
    Departement,
    Epci,
    PerimetreCommune,
    PerimetreEpci,
    Referentiel,
    Territoire,
    parts_of,
)

__all__ = [
    "APPEALABLE",
    "FORMER",
    "Abonnement",
    "AcceptationCharte",
    "Accord",
    "AccordPromesse",
    "Acte",
    "ActeModeration",
    "Adhesion",
    "AgendaPersonnel",
    "Alerte",
    "Allie",
    "Archive",
    "AvisEssai",
    "Brouillon",
    "Charte",
    "Choix",
    "Cohorte",
    "College",
    "Commune",
    "CourrielRecu",
    "DemandePromesse",
    "Departement",
    "Envoi",
    "Epci",
    "Espace",
    "Essai",
    "Evenement",
    "Invitation",
    "Issue",
    "Lettre",
    "Membre",
    "Mention",
    "Merci",
    "MiseEnCommun",
    "MotDePassation",
    "Motif",
    "Niveau",
    "Nomination",
    "Notification",
    "Participation",
    "Passage",
    "PerimetreCommune",
    "PerimetreEpci",
    "PieceJointe",
    "Position",
    "Presence",
    "PreuveAccord",
    "Profil",
    "Reconnaissance",
    "Recours",
    "Referentiel",
    "Reformulation",
    "Rencontre",
    "Resume",
    "Rights",
    "Siege",
    "Sondage",
    "Suivi",
    "Suspension",
    "Tenue",
    "Territoire",
    "Version",
    "VersionPassage",
    "Visible",
    "Vote",
    "new_reference",
    "parts_of",
    "rights_of",
    "seat",
    "within",
]
