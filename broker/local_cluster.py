"""Several local Kafka nodes as one cluster, to see what a lost broker does; one node is enough for everything else."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from broker.local_kafka import LocalKafka, wait_until_kafka_answers


class LocalCluster:
    """Nodes numbered from 1, one for each client port (each port's next one is its controller's); topics have 3 copies.

    Any one of three may be lost; the others go on.
    """

    def __init__(self, home: Path, ports: tuple[int, ...]) -> None:
        self.nodes = tuple(
            LocalKafka(home / str(number), port, number=number, neighbours=ports)
            for number, port in enumerate(ports, start=1)
        )

    @property
    def bootstrap(self) -> str:
        """What clients connect to: every node's host:port, comma separated."""
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self, seconds: float = 120) -> None:
        """Start every node that is not alive and wait until each sees all; raises KafkaDidNotStart, all killed."""
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                wait_until_kafka_answers(node.bootstrap, seconds, brokers=len(self.nodes))
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End every node cleanly, all at the same time."""
        with ThreadPoolExecutor(max_workers=len(self.nodes)) as together:
            list(together.map(LocalKafka.stop, self.nodes))

    def kill(self) -> None:
        """End every node as a crash would."""
        for node in self.nodes:
            node.kill()
