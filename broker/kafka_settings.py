"""The settings of a local Kafka node, small and quiet, and the Java command that runs it."""

from dataclasses import dataclass
from pathlib import Path

from broker.java import Java

# A cluster's name in its own spelling, 22 letters of base64. Local data never meets another cluster's.
CLUSTER_ID = "TellUsOnceLocalKafkaAA"


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaNode:
    """One node: its folder, its client port (its controller listens on the next one), its number, its neighbours.

    `neighbours` are the client ports of all nodes of a cluster, its own among them, numbered from 1 in that order.
    """

    home: Path
    port: int
    number: int = 1
    neighbours: tuple[int, ...] = ()

    @property
    def settings_file(self) -> Path:
        """Where `settings_text` belongs."""
        return self.home / "server.properties"

    @property
    def log_file(self) -> Path:
        """Where Java's output goes."""
        return self.home / "kafka.log"

    @property
    def is_formatted(self) -> bool:
        """Whether the folder already holds this node's data."""
        return (self.home / "data" / "meta.properties").is_file()

    def settings_text(self) -> str:
        """The whole server.properties; clients and controller listen on loopback only."""
        clients = self.neighbours or (self.port,)
        copies = min(3, len(clients))
        enough = copies // 2 + 1
        voters = ",".join(f"{number}@127.0.0.1:{port + 1}" for number, port in enumerate(clients, start=1))
        settings = {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.port + 1}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self.home / "data",
            "default.replication.factor": copies,
            "min.insync.replicas": enough,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": enough,
            **_SMALL_AND_PROMPT,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def format_command(self, java: Java, jars: Path) -> list[str]:
        """The command that prepares an empty folder, once."""
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self.settings_file)]
        return [str(java.program), "-Xmx128m", *_quiet_java(java), "-cp", f"{jars}/*", *tool]

    def run_command(self, java: Java, jars: Path, archive: Path, archive_to_write: Path | None) -> list[str]:
        """The command that runs the node; it reads the class archive, or writes one when it ends by SIGTERM."""
        memory = ["-Xms96m", "-Xmx320m", "-XX:MaxMetaspaceSize=192m", "-XX:MaxDirectMemorySize=96m"]
        classes = (
            f"-XX:ArchiveClassesAtExit={archive_to_write}" if archive_to_write else f"-XX:SharedArchiveFile={archive}"
        )
        program = ["-cp", f"{jars}/*", "kafka.Kafka", str(self.settings_file)]
        return [str(java.program), *memory, "-XX:+ExitOnOutOfMemoryError", classes, *_quiet_java(java), *program]


_SMALL_AND_PROMPT = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,
    # After a kill the controller holds the old registration this long, and the new start waits for it.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.num.partitions": 1,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "background.threads": 1,
    "log.cleaner.threads": 1,
    "log.cleaner.dedupe.buffer.size": 2_097_152,
}


def _quiet_java(java: Java) -> list[str]:
    logger = "-Dorg.slf4j.simpleLogger"
    options = [
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-Xlog:disable",
        "-Djava.awt.headless=true",
        f"{logger}.defaultLogLevel=warn",
        f"{logger}.showDateTime=true",
        f"{logger}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss",
        f"{logger}.log.org.apache.kafka.clients.NetworkClient=error",
        f"{logger}.log.org.apache.kafka.controller.QuorumController=error",
    ]
    # Kafka's libraries use what Java 24 began to warn about; Java 17 does not know the option.
    return [*options, "--sun-misc-unsafe-memory-access=allow"] if java.major >= 24 else options
