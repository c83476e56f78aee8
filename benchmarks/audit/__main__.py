"""Audit the demo cohort: every page's HTML with the Nu checker, three pages with Lighthouse.

``make audit`` runs it; the figures go to ``docs/audit.md``. Pages are found, not listed: all that each
demo account may read, what their links lead to, and the answers to their forms sent empty.
"""

import json
import logging
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit

import django

from benchmarks.serving import ROOT, say, wait_for

TOOLS = Path(__file__).parent / "node_modules"
STATIC = ROOT / "portail/static"
REPORT = ROOT / "docs/audit.md"

THRESHOLD = 95
RUNS = 3
"""Lighthouse's times vary: the median of as many runs is what counts."""
METRICS = {
    "first-contentful-paint": "{:.0f} ms",
    "largest-contentful-paint": "{:.0f} ms",
    "total-blocking-time": "{:.0f} ms",
    "cumulative-layout-shift": "{:.3f}",
    "total-byte-weight": "{:.0f} B",
}
BUSY = 500
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
VERSIONS = (("chromium", "--version"), ("node", "--version"), ("java", "--version"))
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage"

# CSS that browsers know and the checker does not yet: properties of SVG 2.
UNKNOWN_TO_THE_CHECKER = r"CSS: “(r|vector-effect)”: Property “\1” doesn't exist\."

STARTS = ("/", "/communaute/", "/recherche/?q=eau", "/adresse-inconnue/")
"""Read by everyone, whoever read them before; other pages are read once."""
# The back office is Wagtail's; leaving would end the visit.
NOT_VISITED = ("/gestion/", "/compte/deconnexion/")
FILTERS_COMBINED = 2

DOCUMENT = """\
# Audit

`make audit` wrote this page: do not edit it. It loads the demo cohort, then

- reads, as a visitor and as each demo account, every page it holds and whatever their links lead to,
  with the error pages and the answers to forms sent empty; the Nu HTML checker reads each of them,
  our stylesheets and our drawings;
- serves it as `make run` does, and measures home, the longest territory and the longest learning
  with Lighthouse on its simulated mobile (slow 4G, processor slowed four times), {runs} times each:
  the median counts.

A page type without a page, a dead link, an error of the checker or a score under {threshold} fails it.
Only what the checker says of two properties of SVG 2 in CSS that it does not know, `r` and
`vector-effect`, is left out.

Last run: {date}, with {versions}.

## HTML and CSS

{pages} pages of {types} page types and of the members' space: {faults} errors, {warnings} warnings.

## Lighthouse

`machine` is its benchmark of the processor it ran on: under {busy}, something else was running.

| page | performance | accessibility | best practices | SEO | {metrics} | machine |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


def main():
    with tempfile.TemporaryDirectory(prefix="portail-audit-") as folder:
        url = set_up(Path(folder))
        pages = Pages(Path(folder, "html"))
        visit(pages)
        warnings = check(pages)
        figures = measure(url, pages)
    REPORT.write_text(document(pages, warnings, figures))
    for fault in pages.faults:
        say(f"  erreur : {fault}")
    say(f"{len(pages.faults)} erreur(s). Chiffres dans {REPORT.relative_to(ROOT)}.")
    sys.exit(bool(pages.faults))


def set_up(folder):
    """Load the demo cohort into ``folder`` and return the address it will be served at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for name in ("DEBUG", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "S3_BUCKET", "STATIC_ROOT"):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portail.settings",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SITE_URL": url,
        "VAR_DIR": str(folder),
        "DEMO": "1",
    }
    django.setup()
    logging.disable()  # what fails is among the faults
    from django.core.management import call_command

    say("Préparation de la cohorte de démonstration…")
    with open(os.devnull, "w") as silence:
        call_command("setup", stdout=silence)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("demo", stdout=silence)
    return url


class Pages:
    """The HTML of every page, one file each in ``folder``, and what was found wrong on the way."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.names = {}
        self.faults = []
        self.types = {}
        self.filters = set()

    def keep(self, name, response):
        """Write the HTML of ``response`` down and return it; other kinds of answers are not ours."""
        html = response.get("Content-Type", "").startswith("text/html")
        if not html or "Location" in response:
            return ""
        file = self.folder / f"{len(self.names):04}.html"
        file.write_bytes(response.content)
        self.names[file.name] = name
        return response.text

    def heaviest(self, model):
        """The address of the longest page of a type: the one that costs the most."""
        return max(self.types[model], key=self.types[model].get)


class Links(HTMLParser):
    """The addresses that a page links to, and those that its forms post to."""

    def __init__(self, address, html):
        super().__init__()
        self.address, self.linked, self.posted = address, {}, {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and "href" in attrs:
            self.add(self.linked, attrs["href"])
        elif tag == "form" and attrs.get("method", "").lower() == "post":
            self.add(self.posted, attrs.get("action", ""))

    def add(self, to, href):
        if not urlsplit(href).scheme and not href.startswith(NOT_VISITED):
            to[urldefrag(urljoin(self.address, href)).url] = self.address


def visit(pages):
    """Read the portal as a visitor then as each demo account, and send its forms empty at the end."""
    from django.conf import settings
    from django.http import HttpResponse
    from django.template.loader import render_to_string
    from django.test import Client
    from wagtail.models import get_page_models

    from communaute.models import Membre
    from portail.demonstration import ACCOUNTS

    say("Lecture des pages…")
    site, forms, seen = urlsplit(settings.SITE_URL), [], set()
    for email in (None, *(account["email"] for account in ACCOUNTS)):
        client = Client(
            raise_request_exception=False, SERVER_NAME=site.hostname, SERVER_PORT=str(site.port)
        )
        if email:
            client.force_login(Membre.objects.get(email=email))
        reader = email or "visiteur"
        forms += [(client, reader, form) for form in read(client, reader, seen, pages)]
    for client, reader, form in forms:
        response = client.post(form)
        pages.keep(f"{form} (formulaire vide, {reader})", response)
        if response.status_code >= 500:
            pages.faults.append(f"{form} : échec au formulaire vide {cause(response)}")
    request = client.get("/").wsgi_request
    for template in sorted(path.name for path in (ROOT / "templates").glob("[45]*.html")):
        pages.keep(template, HttpResponse(render_to_string(template, request=request)))
    for model in get_page_models():
        if model._meta.app_label == "pages" and model.__name__ not in pages.types:
            pages.faults.append(f"{model.__name__} : aucune page dans la démonstration")


def read(client, reader, seen, pages):
    """Read every page that ``reader`` may read and nobody read before; return where forms post."""
    from django.contrib.auth import get_user
    from wagtail.models import Page

    from pages.models.reserve import readable_by

    readable = readable_by(Page.objects.filter(depth__gt=1), get_user(client)).specific()
    models = {page.get_url(): type(page).__name__ for page in readable}
    sources = dict.fromkeys(models, "la base") | dict.fromkeys(STARTS)
    waiting, tried, posted = list(sources), seen - {key(start) for start in STARTS}, {}
    for address in waiting:
        if key(address) in tried or len(key(address)) > 1 + FILTERS_COMBINED:
            continue
        tried.add(key(address))
        response = client.get(address)
        status, source = response.status_code, sources[address]
        if status in (301, 302):
            links = Links(address, f'<a href="{response.url}">')
        elif status != 200 and (source or status >= 500):
            pages.faults.append(
                f"{address} répond {status} à {reader} (lien de {source}) {cause(response)}"
            )
            seen.add(key(address))
            continue
        else:
            html = pages.keep(f"{address} ({reader})", response)
            links = Links(address, html)
            seen.add(key(address))
            if address in models:
                pages.types.setdefault(models[address], {})[address] = len(html)
        found = [link for link in links.linked if link not in sources]
        sources |= dict.fromkeys(found, address)
        waiting += found
        posted |= links.posted
    return list(posted)


def cause(response):
    return repr(response.exc_info[1]) if response.exc_info else ""


def key(address):
    """What makes two addresses the same page for an audit: the path, and which filters are set."""
    parts = urlsplit(address)
    return (parts.path, *sorted(parse_qs(parts.query)))


def check(pages):
    """Run the Nu checker: errors join the faults, warnings are said and counted."""
    say(f"Vérificateur Nu : {len(pages.names)} pages…")
    # As one: the checker judges a variable by its value, which another stylesheet may set.
    sheets = (path.read_text(encoding="utf-8") for path in sorted(STATIC.rglob("*.css")))
    (pages.folder / "stylesheets.css").write_text("\n".join(sheets), encoding="utf-8")
    checker = run(
        *("java", "-jar", TOOLS / "vnu-jar/build/dist/vnu.jar", "--stdout", "--format", "json"),
        *("--also-check-css", "--also-check-svg", pages.folder, *STATIC.rglob("*.svg")),
    )
    try:
        messages = json.loads(checker.stdout)["messages"]
    except ValueError:
        sys.exit("Le vérificateur Nu n’a pas répondu : il demande Java 17 ou plus récent.")
    found = {}
    for message in messages:
        said = re.sub("Bad value “[^”]*”", "Bad value", message["message"])
        if not re.fullmatch(UNKNOWN_TO_THE_CHECKER, said):
            found.setdefault((message["type"], said), []).append(message)
    warnings = 0
    for (kind, said), alike in found.items():
        files = list(dict.fromkeys(Path(urlsplit(one["url"]).path).name for one in alike))
        more = f" et {len(files) - 1} autre(s)" if len(files) > 1 else ""
        extract = " ".join(alike[0].get("extract", "").split())
        line = f"{pages.names.get(files[0], files[0])}{more} : {said}\n      {extract}"
        if kind == "info":
            warnings += 1
            say(f"  avertissement : {line}")
        else:
            pages.faults.append(line)
    return warnings


def measure(url, pages):
    """Lighthouse's reports on home, the heaviest territory and the heaviest learning, by address."""
    gunicorn = [sys.executable, "-m", "gunicorn", "portail.wsgi", "--no-control-socket"]
    gunicorn += ["--bind", urlsplit(url).netloc, "--threads", "8", "--log-level", "warning"]
    server = subprocess.Popen(gunicorn)  # noqa: S603 - our own command
    try:
        wait_for(f"{url}/sante/prete/")
        measured = ("TerritoirePage", "EnseignementPage")
        addresses = ("/", *(pages.heaviest(name) for name in measured if name in pages.types))
        figures = {address: lighthouse(f"{url}{address}") for address in addresses}
    finally:
        server.terminate()
        server.wait()
    for address, reports in figures.items():
        for category in CATEGORIES:
            if score(reports, category) < THRESHOLD:
                causes = ", ".join(lost(reports, category))
                pages.faults.append(
                    f"{address} : {category} sous {THRESHOLD} ({causes} ; indice de la machine : "
                    f"{benchmark_index(reports):.0f}, à relancer au calme s’il est sous {BUSY})"
                )
    return figures


def lighthouse(address):
    say(f"Lighthouse : {address}")
    output = Path(os.environ["VAR_DIR"], "lighthouse.json")
    reports = []
    for _ in range(2 * RUNS):  # on a busy machine Chromium misses some of its own events
        done = run(
            *(TOOLS / ".bin/lighthouse", address, "--quiet", "--output=json"),
            *(f"--output-path={output}", f"--only-categories={','.join(CATEGORIES)}"),
            f"--chrome-flags={FLAGS}",
            env=os.environ | {"CHROME_PATH": shutil.which("chromium")},
        )
        if done.returncode == 0:
            reports.append(json.loads(output.read_text(encoding="utf-8")))
        if len(reports) == RUNS:
            break
    else:
        sys.exit(f"Lighthouse n’a pas pu mesurer {address}.")
    for category in CATEGORIES:
        say(f"  {category} {score(reports, category)} {' '.join(lost(reports, category))}")
    return reports


def run(*command, **options):
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, **options)  # noqa: S603


def score(reports, category):
    return round(100 * median(report["categories"][category]["score"] for report in reports))


def benchmark_index(reports):
    """How fast Lighthouse found this machine: its times mean little on one that works for others."""
    return median(report["environment"]["benchmarkIndex"] for report in reports)


def lost(reports, category):
    """What keeps a category from 100: the audits that count in it and are not perfect."""
    for reference in reports[0]["categories"][category]["auditRefs"]:
        scores = [report["audits"][reference["id"]]["score"] for report in reports]
        if reference["weight"] and None not in scores and median(scores) < 1:
            yield f"{reference['id']}={median(scores)}"


def document(pages, warnings, figures):
    """The text of ``docs/audit.md``."""
    from django.utils.timezone import localdate

    rows = []
    for address, reports in figures.items():
        cells = [f"`{address}`", *(str(score(reports, category)) for category in CATEGORIES)]
        for metric, form in METRICS.items():
            values = (report["audits"][metric]["numericValue"] for report in reports)
            cells.append(form.format(median(values)))
        cells.append(f"{benchmark_index(reports):.0f}")
        rows.append(f"| {' | '.join(cells)} |")
    return DOCUMENT.format(
        runs=RUNS,
        threshold=THRESHOLD,
        busy=BUSY,
        date=localdate(),
        versions=versions(),
        pages=len(pages.names),
        types=len(pages.types),
        faults=len(pages.faults),
        warnings=warnings,
        metrics=" | ".join(name.replace("-", " ") for name in METRICS),
        rows="\n".join(rows),
    )


def versions():
    """The tools by name and version, as each says it."""
    tools = json.loads((Path(__file__).parent / "package.json").read_text())["devDependencies"]
    said = [run(*command, stderr=subprocess.DEVNULL).stdout.decode() for command in VERSIONS]
    return ", ".join(
        [f"{name} {version}" for name, version in tools.items()]
        + [re.sub("^v", "Node ", text.splitlines()[0].partition(" built")[0]) for text in said]
    )


if __name__ == "__main__":
    main()
