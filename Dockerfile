# The portal as it runs in production: one image for the web processes, the worker and the set-up.
FROM python:3.13-slim-trixie AS build
WORKDIR /app
COPY requirements/base.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt

FROM python:3.13-slim-trixie
# pg_dump, for backups, must be as new as the server: Debian's is older than that of compose.yaml.
ADD --chmod=644 https://www.postgresql.org/media/keys/ACCC4CF8.asc /usr/share/keyrings/postgresql.asc
RUN echo "deb [signed-by=/usr/share/keyrings/postgresql.asc] https://apt.postgresql.org/pub/repos/apt trixie-pgdg main" \
        > /etc/apt/sources.list.d/postgresql.list \
    && apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-18=18.* \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 VAR_DIR=/var/lib/portail
WORKDIR /app
RUN useradd --system --uid 10001 --no-create-home portail \
    && install --directory --owner=portail --group=portail /var/lib/portail
COPY --from=build /venv /venv
COPY manage.py ./
COPY portail/ portail/
COPY communaute/ communaute/
COPY pages/ pages/
COPY templates/ templates/
# Static files belong to the image; the key serves this one command and is not kept.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
        STATIC_ROOT=/app/static python manage.py collectstatic --noinput --verbosity 0
ENV STATIC_ROOT=/app/static
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/sante/')"]
CMD ["gunicorn", "portail.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--max-requests", "5000", "--max-requests-jitter", "500"]
