"""Names, sizes and punctuation as people say and write them."""

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe

from communaute.mots import of, size_said, than


@pytest.mark.parametrize(
    "name",
    [
        "Hélène Marty",
        "Inès Moreau",
        "Émilie Costa",
        "Yves",
        "Œdipe",
        "Henri",
        "Hubert",
        "Ancien·ne",
    ],
)
def test_a_name_that_begins_with_a_vowel_or_a_mute_h_is_elided(name):
    assert (of(name), than(name)) == (f"d’{name}", f"qu’{name}")


@pytest.mark.parametrize("name", ["Marc", "Yanis Mercier", "Hassan", "Houria"])
def test_another_name_is_not(name):
    assert (of(name), than(name)) == (f"de {name}", f"que {name}")


@pytest.mark.parametrize(
    ("size", "said"),
    [(15, "1 ko"), (30_618, "30 ko"), (1_500_000, "1,4 Mo"), (10 * 1024 * 1024, "10 Mo")],
)
def test_a_size_is_said_as_in_the_help(size, said):
    assert size_said(size).replace("\N{NO-BREAK SPACE}", " ") == said


def held_together(text):
    """What a page shows of ``text``, each no-break space as ~."""
    shown = Template("{% load mots %}{{ text|insecables }}").render(Context({"text": text}))
    return shown.replace("\N{NO-BREAK SPACE}", "~")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Que faire ? Rien : voyez « l’agenda » ; merci !",
            "Que faire~? Rien~: voyez «~l’agenda~»~; merci~!",
        ),
        ("Quoi ?! « Non », dit-il…", "Quoi~?! «~Non~», dit-il…"),
        ("https://exemple.fr/?a=b;c:d à 10:30", "https://exemple.fr/?a=b;c:d à 10:30"),
        ("ajoutez ?page=2, ou :hover", "ajoutez ?page=2, ou :hover"),
        ("1 < 2 : oui & non ; soit", "1 &lt; 2~: oui &amp; non~; soit"),
        ('<b title="a : b">x :</b>', "&lt;b title=&quot;a~: b&quot;&gt;x~:&lt;/b&gt;"),
    ],
)
def test_no_line_begins_with_a_sign_of_punctuation(text, shown):
    assert held_together(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<p>Que faire ? « <em>Rien</em> »</p>", "<p>Que faire~? «~<em>Rien</em>~»</p>"),
        (
            "<b title='a > b : c' lang=\"fr ; x\">x :</b>",
            "<b title='a > b : c' lang=\"fr ; x\">x~:</b>",
        ),
        ("<pre><code>a ? b : c</code></pre> : d", "<pre><code>a ? b : c</code></pre>~: d"),
        ("<textarea>Tel quel : oui</textarea>", "<textarea>Tel quel : oui</textarea>"),
        ("L&#x27;un &amp; l&#x27;autre : oui", "L&#x27;un &amp; l&#x27;autre~: oui"),
    ],
)
def test_in_html_tags_code_and_what_is_typed_stay_as_they_are(text, shown):
    assert held_together(mark_safe(text)) == shown
