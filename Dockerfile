# Two images from one file:
#   docker build --target agent     -t phusong-agent .
#   docker build --target collector -t phusong-collector .
# Each holds Python, its own extra and nothing to compile with; both run as user 65532 and write only to /var/lib/phusong.

FROM python:3.11-slim-bookworm AS source
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY agent agent
COPY collector collector
COPY lab lab
COPY config config

FROM source AS build-agent
RUN ["python3", "-m", "venv", "/opt/phusong"]
RUN ["/opt/phusong/bin/pip", "install", "--no-cache-dir", "--disable-pip-version-check", ".[agent]"]

FROM source AS build-collector
RUN ["python3", "-m", "venv", "/opt/phusong"]
RUN ["/opt/phusong/bin/pip", "install", "--no-cache-dir", "--disable-pip-version-check", ".[collector]"]

FROM python:3.11-slim-bookworm AS runtime
RUN ["install", "-d", "-o", "65532", "-g", "65532", "-m", "0700", "/var/lib/phusong"]
ENV PATH=/opt/phusong/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME ["/var/lib/phusong"]
WORKDIR /var/lib/phusong
STOPSIGNAL SIGTERM

# ICMP needs --sysctl net.ipv4.ping_group_range="65532 65532"; a capability does not reach a user other than root.
FROM runtime AS agent
COPY --from=build-agent /opt/phusong /opt/phusong
USER 65532:65532
ENTRYPOINT ["phusong-agent"]
CMD ["run", "--config", "/etc/phusong/agent.yaml"]

# The settings must listen on 0.0.0.0:8080: the container's own loopback is not reachable from outside.
FROM runtime AS collector
COPY --from=build-collector /opt/phusong /opt/phusong
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["phusong-collector"]
CMD ["run", "--config", "/etc/phusong/collector.yaml"]
