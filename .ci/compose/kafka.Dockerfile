# Stands in for the official Kafka image: the same settings by environment, the same folder of data, a user of its own.
FROM localhost/tell-us-once-stand-in-debian:bookworm
RUN apt-get update -q && apt-get install -q -y --no-install-recommends openjdk-17-jre-headless
RUN useradd --uid 1000 --create-home appuser && install -d -o appuser -g appuser /var/lib/kafka/data
COPY jars/*.jar /opt/kafka/libs/
COPY start-kafka /usr/local/bin/
USER appuser
VOLUME /var/lib/kafka/data
CMD ["start-kafka"]
