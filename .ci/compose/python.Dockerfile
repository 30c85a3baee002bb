# Stands in for the official Python image, whose Python is in /usr/local/bin.
FROM localhost/tell-us-once-stand-in-debian:bookworm
RUN apt-get update -q && apt-get install -q -y --no-install-recommends python3 python3-venv \
    && ln -s /usr/bin/python3 /usr/local/bin/python3
