"""The WSGI application that gunicorn serves."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portail.settings")

application = get_wsgi_application()

import_module(settings.ROOT_URLCONF)
# What is loaded stays: the garbage collector need not look at it again, nor so often at what a page makes.
gc.freeze()
gc.set_threshold(10_000, 10, 10)
