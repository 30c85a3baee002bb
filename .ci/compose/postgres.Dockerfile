# Stands in for the official PostgreSQL image: the same settings by environment, the same folder of data.
FROM localhost/tell-us-once-stand-in-debian:bookworm
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends postgresql-common \
    && sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && apt-get install -q -y --no-install-recommends postgresql \
    && ln -s /usr/lib/postgresql/*/bin /opt/postgresql \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data \
    && install -d -o postgres -g postgres -m 3777 /run/postgresql
ENV PATH=/opt/postgresql:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
COPY start-postgres /usr/local/bin/
VOLUME /var/lib/postgresql/data
CMD ["/usr/local/bin/start-postgres"]
