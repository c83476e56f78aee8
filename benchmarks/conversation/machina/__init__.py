"""Plain django-machina: its own apps, views and templates, with Django's standard settings."""
