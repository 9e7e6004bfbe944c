FROM python:3.12-slim

ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 HF_HUB_DISABLE_TELEMETRY=1
WORKDIR /app

# The CPU build of torch alone; the default one brings several gigabytes for GPUs.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install torch==2.13.0 --index-url ${TORCH_INDEX}

COPY pyproject.toml README.md ./
COPY retrieval retrieval
COPY ingest ingest
COPY evaluation evaluation
COPY ui ui
RUN pip install --editable .
COPY models models
COPY samples samples
COPY .streamlit .streamlit
COPY app.py ./

# Hosts that choose the user themselves take 1000.
RUN useradd --create-home --uid 1000 app && mkdir /data && chown app /data
USER app
VOLUME /data
# Inside a container the page must listen on all of its addresses; publish the port on loopback only.
ENV QA_LIBRARY=/data/library HF_HOME=/data/hub STREAMLIT_SERVER_ADDRESS=0.0.0.0
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["sh", "-c", "test -e /data/samples-added || { python -m ingest samples/articles && touch /data/samples-added; }; exec python -m streamlit run app.py"]
