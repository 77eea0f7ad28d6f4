# One container that runs `manage.py up`; see docs/operations.md.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 xla && install -d -o xla /srv/xla
WORKDIR /opt/xla

COPY requirements.txt ./
COPY xla_service/embedded/requirements.txt embedded-requirements.txt
RUN pip install --no-cache-dir --require-hashes -r requirements.txt -r embedded-requirements.txt

COPY manage.py ./
COPY xla_service xla_service
COPY surveys surveys
COPY experience experience

USER xla
ENV XLA_DATA_DIR=/srv/xla PYTHONDONTWRITEBYTECODE=1
VOLUME /srv/xla
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-m", "xla_service.embedded.health"]
CMD ["python", "manage.py", "up", "--host", "0.0.0.0"]
