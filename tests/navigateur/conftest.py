"""The demo cohort served as in production, mail received by a real SMTP server, a real Chromium."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.db import connection
from playwright.sync_api import expect

from portail.demonstration import PASSWORD
from tests import bases
from tests.environment import free_port

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The one without windows asks a third less of the processor."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SECONDS_TO_START = 60
SECONDS_FOR_A_MAIL = 20

expect.set_options(timeout=10_000)


class Mailbox(Message):
    """Keep every message that the server receives."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def handle_message(self, message):
        self.messages.append(message)

    def latest(self, to, words=""):
        """The text of the last mail to ``to`` that has ``words``; it may leave a moment after the page."""
        deadline = time.monotonic() + SECONDS_FOR_A_MAIL
        while time.monotonic() < deadline:
            for message in reversed(self.messages):
                if message["To"] == to and words in (text := _text_of(message)):
                    return text
            time.sleep(0.2)
        raise AssertionError(f"no such mail to {to}")


def _text_of(message):
    """What the first part of a mail says: the plain text, where there is HTML too."""
    part = next(part for part in message.walk() if not part.is_multipart())
    return part.get_payload(decode=True).decode()


@dataclass
class Site:
    """A running portal: its address, and the mail it sent."""

    url: str
    mailbox: Mailbox


@pytest.fixture(autouse=True)
def empty_cache(db):
    """The served site has a cache of its own; of the test database it has a copy."""


@pytest.fixture(scope="session")
def site(tmp_path_factory, django_db_setup):
    """The demo cohort, served as ``make run`` does, on the embedded default; its tables are already there."""
    var, port, mailbox = tmp_path_factory.mktemp("site"), free_port(), Mailbox()
    url, tables = f"http://localhost:{port}", var / "portail.sqlite3"
    if bases.FOLDER:
        shutil.copytree(Path(bases.FOLDER, "site"), var, dirs_exist_ok=True)
        with closing(sqlite3.connect(tables)) as copy, copy:
            copy.execute("UPDATE wagtailcore_site SET port = ?", [port])
    else:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], uri=True)) as migrated:
            migrated.execute("VACUUM INTO ?", [str(tables)])
        bases.load_demo(var, SITE_URL=url)
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    environment = os.environ | {
        "VAR_DIR": str(var),
        "DEMO": "1",
        "SITE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
    }
    environment.pop("DATABASE_URL", None)
    serve = [sys.executable, "-m", "gunicorn", "portail.wsgi", "--no-control-socket"]
    process = subprocess.Popen(
        [*serve, "--bind", f"127.0.0.1:{port}", "--threads", "8"], env=environment
    )
    try:
        _wait_for(f"{url}/sante/prete/")
        yield Site(url, mailbox)
    finally:
        process.terminate()
        process.wait()
        smtp.stop()


def _wait_for(url):
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": CHROMIUM, "args": FLAGS}


@contextmanager
def visit(browser, site, account=None, **context):
    """An empty page of a fresh browser, signed in or not."""
    state = _state(browser, site, account) if account else None
    opened = browser.new_context(base_url=site.url, storage_state=state, locale="fr-FR", **context)
    try:
        yield opened.new_page()
    finally:
        opened.close()


@pytest.fixture
def open_page(browser, site):
    """``open_page(path, account=None, **context)``: a page of a fresh browser, signed in or not."""
    with ExitStack() as visits:

        def open_page(path="/", account=None, **context):
            page = visits.enter_context(visit(browser, site, account, **context))
            page.goto(path)
            return page

        yield open_page


_states = {}


def _state(browser, site, account):
    """The cookies of a demo account, signed in once a run."""
    if (site.url, account) not in _states:
        context = browser.new_context(base_url=site.url)
        page = context.new_page()
        sign_in(page, f"{account}@demo.example", PASSWORD)
        _states[site.url, account] = context.storage_state()
        context.close()
    return _states[site.url, account]


def forget(site, account):
    """Sign the account in again when a page is next opened for it: its sessions are over."""
    _states.pop((site.url, account), None)


def tab_to(page, target, most=150):
    """Go from where the focus is to ``target`` by the key that leads to the next control."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"The keyboard does not reach {target}")


def press(page, target):
    """Reach a link or a button by the keyboard alone, and press it."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def fill(page, field, words):
    """Reach a field by the keyboard alone, and write in it."""
    tab_to(page, field)
    page.keyboard.type(words)


def choose(page, radio):
    """Reach a group of radio buttons by the keyboard alone, and choose this one among them."""
    tab_to(page, page.locator(f"input[name={radio.get_attribute('name')}]").first)
    page.keyboard.press("Space")
    while not radio.is_checked():
        page.keyboard.press("ArrowDown")


def sign_in(page, email, password):
    """Sign in with a password through its form, as people do."""
    if "/compte/connexion/" not in page.url:
        page.goto("/compte/connexion/")
    page.get_by_text("Entrer avec un mot de passe").click()
    page.locator(".autre-entree").get_by_label("Votre adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page.get_by_role("button", name="Se déconnecter").first).to_be_visible()
