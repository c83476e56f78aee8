"""What the tests of the back office's lists share."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from pages.groupes import ADMINISTRATION
from tests.factories import in_group


@pytest.fixture
def listed(client, tree):
    """``listed(name, **query)``: the titles of a list of records, in order, as an administrator reads it;
    or another ``membre``. ``listed.rows`` has then the cells of each row.
    """

    def titles(name, membre=None, **query):
        client.force_login(membre or in_group(ADMINISTRATION))
        answer = client.get(reverse(f"{name}:index"), query)
        assert answer.status_code == 200
        page = BeautifulSoup(answer.content, "html.parser")
        titles.rows = [
            [" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")]
            for row in page.select("main table.listing tbody tr")
        ]
        return [cell.get_text(strip=True) for cell in page.select("main .title-wrapper")]

    return titles
