# Stands in for the official Python image, whose Python is in /usr/local/bin.
FROM localhost/tell-us-once-stand-in-debian:bookworm
# npm trusts its own list alone, unless it is told.
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN apt-get update -q && apt-get install -q -y --no-install-recommends python3 python3-venv \
    && ln -s /usr/bin/python3 /usr/local/bin/python3
