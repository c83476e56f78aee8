"""Mails as mailers write them: what is new in each, its files, and what tells that a program wrote it."""

import inspect
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from communaute.courriels_recus import LOGO, MAX_BYTES, Recu
from communaute.depouillement import new_text, without_quotes
from communaute.pieces import MAX_FILES

CORPUS = sorted((Path(__file__).parent / "courriels").glob("*.eml"))
AUTOMATIC = {
    "absence_exchange": "Auto-Submitted",
    "absence_sans_entete": "Subject",
    "absence_vacation": "Auto-Submitted",
    "repondeur": "X-Autoreply",
    "retour_vide": "Return-Path",
    "liste": "List-Id",
    "non_remis": "Auto-Submitted",
    "remise_retardee": "Return-Path",
    "non_remis_entetes": "Return-Path",
}
FILES = {
    "iphone_html_image": ["IMG_0042.jpg"],
    "piece_jointe": ["étude.pdf", "coût.pdf"],
    "courriel_joint": ["message.eml"],
}
UNDELIVERED = {"non_remis", "non_remis_entetes"}


@pytest.fixture(autouse=True)
def empty_cache():
    """To read a mail asks nothing of the database: here there is none."""


@pytest.fixture(autouse=True)
def at_the_address_of_the_corpus(settings):
    settings.SITE_URL = "https://portail.exemple.fr"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_mail_says_what_its_author_wrote_and_nothing_else(path):
    recu = Recu(path.read_bytes())
    assert recu.text == path.with_suffix(".txt").read_text(encoding="utf-8").strip("\n")
    if path.stem not in AUTOMATIC:
        assert [file.name for file in recu.files] == FILES.get(path.stem, [])
    assert recu.why_automatic == AUTOMATIC.get(path.stem, "")
    is_undelivered = path.stem in UNDELIVERED
    assert recu.undelivered == is_undelivered * "abcdefghjkmnpqrs@portail.exemple.fr"


def test_the_corpus_is_whole():
    assert len(CORPUS) > 50
    assert AUTOMATIC.keys() | FILES.keys() | UNDELIVERED <= {path.stem for path in CORPUS}


@pytest.mark.parametrize(
    ("header", "senders"),
    [
        ("Camille <Camille@Exemple.FR>", ["camille@exemple.fr"]),
        ('"camille@exemple.fr" <camille@exemple.fr>', ["camille@exemple.fr"]),
        ('"camille@exemple.fr" <autre@exemple.org>', ["autre@exemple.org", "camille@exemple.fr"]),
        ("a@exemple.fr, b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"]),
        ("a@exemple.fr\nFrom: a@exemple.fr", []),
        ("a@exemple.fr" + "," * 3000 + "<b@exemple.fr>", []),
        ("a@exemple.fr\nX-Long: " + "x" * 300_000 + "\nFrom: b@exemple.fr", []),
        ("a@exemple.fr)b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"]),
        ("=?utf-8?q?caf=C3=A9?= <a@exemple.fr>", ["a@exemple.fr"]),
        ("o’neil <o'neil@exemple.fr>", ["o'neil@exemple.fr"]),
        ("'camille@exemple.fr' <camille@exemple.fr>", ["camille@exemple.fr"]),
        # What a lone CR, or a space before the colon, hides from Python and from no mail server.
        ("a@exemple.fr\r\rX: x\nFrom: b@exemple.fr", []),
        ("a@exemple.fr\nFrom : b@exemple.fr", []),
        ("a@exemple.fr\nno header\nFrom: b@exemple.fr", []),
        ("personne", []),
    ],
    ids=lambda value: str(value)[:30],
)
def test_all_that_looks_like_a_sender_is_one(header, senders):
    assert Recu(f"From: {header}\n\nOui.".encode()).senders == senders


@pytest.mark.parametrize(
    ("results", "is_disowned"),
    [
        ("mx.exemple.fr; spf=pass; dkim=pass; dmarc=pass (p=none) header.from=exemple.fr", False),
        ("mx.exemple.fr; spf=fail; dmarc=fail (p=reject dmarc=pass) header.from=x", True),
        ("mx.exemple.fr;\n DMARC = fail", True),
        ("mx.exemple.fr; dmarc=pass\nAuthentication-Results: x; dmarc=fail", False),
        ("mx.exemple.fr; dmarc=fail\nAuthentication-Results: x; dmarc=pass", True),
        ("mx.exemple.fr;" + " dkim=pass header.d=x.fr;" * 90 + " dmarc=fail", True),
        ("mx.exemple.fr;" + " dkim=pass header.d=x.fr;" * 900 + " dmarc=fail", True),
        ('mx.exemple.fr; smtp.mailfrom="(@x.fr; dmarc=fail header.d=")x.fr"', True),
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_server_that_received_it_says_whether_a_domain_disowns_it(results, is_disowned):
    assert Recu(f"Authentication-Results: {results}\n\nOui.".encode()).is_disowned == is_disowned


def test_a_picture_within_the_text_that_is_more_than_a_logo_is_a_file():
    part = b"Content-Type: image/png\nContent-ID: <x>\n\n"
    assert Recu(part + b"x" * LOGO).files == []
    assert [file.name for file in Recu(part + b"x" * (LOGO + 1)).files] == ["fichier.png"]


def parts_within_parts(depth):
    return b"From: a@exemple.fr\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number)
        for number in range(depth)
    )


@pytest.fixture
def few_frames():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 250)
    yield
    sys.setrecursionlimit(limit)


def test_parts_within_parts_without_end_are_read_as_nothing(few_frames):
    recu = Recu(parts_within_parts(400) + b"\nOui.")
    assert (recu.senders, recu.text) == (["a@exemple.fr"], "")


def test_until_its_text_is_asked_for_only_the_headers_of_a_mail_are_read():
    recu = Recu(parts_within_parts(400) + b"\n" * 5_000_000)
    before = time.process_time()
    assert (recu.senders, recu.undelivered, recu.why_automatic) == (["a@exemple.fr"], "", "")
    assert time.process_time() - before < 1


def a_mail(kind, content):
    return b"From: a@exemple.fr\nContent-Type: " + kind + b"\n\n" + content


ENDLESS = {
    "addresses": b"".join(b"To: " + b"a" * 1990 + b"\n" for _ in range(128)) + b"\n",
    "parameters": a_mail(b"multipart/report" + b";" * 250_000, b""),
    "open quote": a_mail(b'multipart/report; a="' + b";" * 250_000, b""),
    "parts": b"Content-Type: multipart/report" + parts_within_parts(90)[18:] + b"\n" * 200_000,
    "lines": a_mail(b"text/plain", b"\n" * 10_000_000),
    "quotes": a_mail(b"text/html", b"<blockquote>" * 60_000),
    "blocks": a_mail(b"text/html", b"<div>" * 100_000),
    "entities": a_mail(b"text/html", b"&" * 2_000_000),
    "attributes": a_mail(b"text/html", b"<p " + b" ".join(b"a%d=" % n for n in range(200_000))),
    "charset": a_mail(b"text/plain; charset=Punycode", b"a-bcdefgh9" * 60_000),
}


@pytest.mark.parametrize("raw", ENDLESS.values(), ids=ENDLESS)
def test_no_mail_keeps_the_reader_busy(raw):
    recu = Recu(raw)
    before = time.process_time()
    assert recu.undelivered + recu.why_automatic in ("", "report")
    assert recu.recipients == []
    recu.open()
    assert time.process_time() - before < 5


def test_of_the_files_of_a_mail_no_more_than_enough_to_refuse_them_are_read():
    files = Recu(a_mail(b"multipart/mixed; boundary=b", b"\n--b\nContent-Type: a/b\n" * 500)).files
    assert MAX_FILES < len(files) < 200


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"text/html; charset=unicode_escape", b"Oui.\\ud800"),
        (b"text/plain; charset*=a\x00b''utf-8", b"Oui."),
        (b"text/plain; charset*" + b"9" * 5000 + b"=utf-8", b"Oui."),
    ],
    ids=["half a sign", "a nul", "a number"],
)
def test_a_charset_that_is_none_keeps_no_mail_from_being_read(kind, content):
    assert Recu(a_mail(kind, content)).text.rstrip("?") == "Oui."


def test_parts_that_nothing_separates_are_a_text():
    recu = Recu(b"Content-Type: multipart/mixed\n\nOui.\n")
    assert (recu.text, recu.files) == ("Oui.", [])


def test_of_a_mail_too_large_the_beginning_is_read():
    recu = Recu(b"From: a@exemple.fr\n\nOui.\n" + b"x" * MAX_BYTES)
    assert recu.is_too_large
    assert recu.text.startswith("Oui.")


NOISE = [
    b"\x00",
    b"\xff",
    b"\n",
    b"=",
    b"> ",
    b"--",
    b"<",
    b"=?utf-8?B?",
    b"\xc3",
    b"boundary",
    b";",
]


def test_a_subject_whose_charset_is_no_word_is_read_as_it_can_be():
    recu = Recu(b"Subject: =?i\xbe?q?a?=\r\nFrom: a@exemple.fr\r\n\r\nx")
    assert "=?i" in recu.subject
    assert recu.text == "x"


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.sampled_from(CORPUS), st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(NOISE))))
def test_a_mail_that_is_damaged_is_read_as_well_as_it_can_be(path, damages):
    raw = path.read_bytes()
    for place, noise in damages:
        raw = raw[:place] + noise + raw[place + len(noise) :]
    recu = Recu(raw)
    for said in (recu.senders, recu.recipients, recu.files, recu.subject, recu.message_id):
        assert said is not None
    (recu.why_automatic + recu.undelivered + recu.text).encode()
    assert recu.is_disowned in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        *("> " * 50_000, "a\n> b\n" * 9000, "\n \n" * 30_000, "De : a\n" * 9000, "_" * 99_999),
        *("Le " + "a " * 50_000, "Le a\n" * 9000, "--\n" * 9000, "Envoyé de mon iPhone\n\n" * 4000),
    ],
    ids=["depth", "between", "blank", "headers", "rule", "said", "lines", "dashes", "phones"],
)
def test_no_text_keeps_the_reader_busy(text):
    assert new_text(text[:100_000]) is not None


def test_what_is_given_back_has_no_quotes():
    assert without_quotes("Oui.\n\n> Le secret\n\nEt non.") == "Oui.\n\nEt non."
