FROM python:3.12.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HUB_DISABLE_TELEMETRY=1
WORKDIR /app

# The CPU build of torch alone; the default one brings several gigabytes for GPUs. Pinned by version, not by hash: the
# lock files know the packages of the usual index, and this one is from another.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install torch==2.13.0 --index-url ${TORCH_INDEX}

# All else as locked: nothing that is not in these files with its hash is installed, for building neither.
COPY requirements-build.lock requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements-build.lock \
 && pip install --require-hashes --no-deps --no-build-isolation -r requirements.lock

COPY pyproject.toml README.md ./
COPY retrieval retrieval
COPY ingest ingest
COPY evaluation evaluation
COPY ui ui
RUN pip install --no-deps --no-build-isolation --editable .
COPY models models
COPY samples samples
COPY .streamlit .streamlit
COPY app.py ./

# Hosts that choose the user themselves take 1000. All that is written is under /data and /tmp.
RUN useradd --create-home --uid 1000 app && mkdir /data && chown app /data
USER app
VOLUME /data
# Inside a container the page must listen on all of its addresses. It refuses that without a login (QA_LOGIN), unless
# QA_OPEN_WITHOUT_LOGIN says that something else keeps others out: the compose files do, which publish on loopback only.
ENV QA_LIBRARY=/data/library HF_HOME=/data/hub STREAMLIT_SERVER_ADDRESS=0.0.0.0 QA_METRICS_PORT=9464
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=30s --start-period=120s CMD ["python", "-m", "ui.health"]
CMD ["python", "-m", "ui", "--samples"]
