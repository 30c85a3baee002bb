import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from broker.local_cluster import LocalCluster
from broker.local_kafka import KafkaDidNotStart, LocalKafka, kafka_answers, wait_until_kafka_answers
from tests.ground.ports import free_ports


async def make_topic(bootstrap: str, topic: str, copies: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer: Any = await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=copies)])
        assert [error for _, error, *_ in answer.topic_errors] == [0]
    finally:
        await admin.close()


async def send(bootstrap: str, topic: str, *letters: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for letter in letters:
            await producer.send_and_wait(topic, letter)
    finally:
        await producer.stop()


async def receive(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[LocalKafka]:
    own = LocalKafka(tmp_path / "kafka", free_ports(2))
    own.start()
    yield own
    own.kill()


async def test_a_letter_goes_in_and_comes_out(kafka: LocalKafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}life-events"
    await make_topic(kafka.bootstrap, topic)
    await send(kafka.bootstrap, topic, b"one", b"two")
    assert await receive(kafka.bootstrap, topic, 2) == [b"one", b"two"]


async def test_topics_do_not_appear_by_themselves(kafka: LocalKafka, topic_prefix: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, request_timeout_ms=1000)
    await producer.start()
    try:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await producer.send_and_wait(f"{topic_prefix}misspelt", b"")
    finally:
        await producer.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        assert f"{topic_prefix}misspelt" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_a_killed_kafka_starts_again_with_all_it_acknowledged(own_kafka: LocalKafka) -> None:
    await make_topic(own_kafka.bootstrap, "life-events")
    letters = [b"%d" % number for number in range(200)]
    await send(own_kafka.bootstrap, "life-events", *letters)

    assert own_kafka.process_id is not None
    os.kill(own_kafka.process_id, signal.SIGKILL)
    wait_until(lambda: not own_kafka.alive)
    await asyncio.to_thread(own_kafka.start)

    assert await receive(own_kafka.bootstrap, "life-events", 200) == letters


def test_a_port_in_use_is_told_in_one_line_that_names_it(tmp_path: Path) -> None:
    port = free_ports(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        with pytest.raises(KafkaDidNotStart) as refused:
            LocalKafka(tmp_path, port).start()
    assert refused.value.reason.startswith(f"port {port + 1} cannot be used (Address already in use)")
    assert "\n" not in refused.value.reason


def test_a_second_kafka_on_the_same_port_is_refused(kafka: LocalKafka, tmp_path: Path) -> None:
    with pytest.raises(KafkaDidNotStart, match=rf"^port {kafka.node.port} cannot be used \(Address already in use\)"):
        LocalKafka(tmp_path, kafka.node.port).start()


def test_a_second_kafka_on_the_same_folder_is_refused(own_kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.local_kafka._SECONDS_TO_LET_GO", 0.2)
    folder = re.escape(str(own_kafka.node.home))
    with pytest.raises(KafkaDidNotStart, match=f"^another Kafka is using {folder}"):
        LocalKafka(own_kafka.node.home, free_ports(2)).start()


def test_without_java_the_package_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(KafkaDidNotStart, match=r"apt-get install openjdk-17-jre-headless$"):
        LocalKafka(tmp_path / "kafka", free_ports(2)).start()


@pytest.mark.parametrize("told", ["1.8.0_402", "11.0.25"])
def test_a_java_that_is_too_old_is_named_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    old_java(tmp_path, f"echo 'openjdk version \"{told}\" 2018' >&2", monkeypatch)
    major = "8" if told.startswith("1.") else "11"
    with pytest.raises(KafkaDidNotStart, match=f"is Java {major} and Kafka needs 17 or newer"):
        LocalKafka(tmp_path / "kafka", free_ports(2)).start()


def test_a_kafka_that_stops_while_it_starts_names_its_log(own_kafka: LocalKafka) -> None:
    own_kafka.stop()
    home, port = own_kafka.node.home, own_kafka.node.port
    another_s_data = LocalKafka(home, port, number=2, neighbours=(free_ports(2), port))
    with pytest.raises(
        KafkaDidNotStart, match=rf"^Kafka stopped while it started \(status 1\): see {home}/kafka\.log$"
    ):
        another_s_data.start()


def test_a_kafka_that_does_not_answer_in_time_is_ended_and_its_log_named(tmp_path: Path) -> None:
    late = LocalKafka(tmp_path / "kafka", free_ports(2))
    with pytest.raises(KafkaDidNotStart, match=rf"did not answer .* within 0 s: see {tmp_path}/kafka/kafka\.log$"):
        late.start(seconds=0)
    assert not late.alive


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KafkaDidNotStart, match=r"^Kafka cannot use .*Not a directory$"):
        LocalKafka(tmp_path / "file" / "kafka", free_ports(2)).start()


def test_a_stopped_kafka_neither_runs_nor_answers(own_kafka: LocalKafka) -> None:
    assert kafka_answers(own_kafka.bootstrap)
    own_kafka.stop()
    assert not own_kafka.alive
    assert not kafka_answers(own_kafka.bootstrap)


def test_wiping_forgets_the_data(own_kafka: LocalKafka) -> None:
    own_kafka.wipe()
    assert not own_kafka.alive
    assert not own_kafka.node.home.exists()


def test_the_command_is_kafka_itself_and_dies_by_its_own_signal(tmp_path: Path) -> None:
    port = free_ports(2)
    command = [sys.executable, "-m", "broker.local_kafka", "--data", str(tmp_path), "--port", str(port)]
    with subprocess.Popen([*command, "--die-with-parent"], stderr=subprocess.PIPE) as itself:
        try:
            wait_until_kafka_answers(f"127.0.0.1:{port}")
            refused = subprocess.run([*command[:4], str(tmp_path / "b"), *command[5:]], capture_output=True, text=True)
        finally:
            itself.kill()
    assert itself.returncode == -signal.SIGKILL
    assert not kafka_answers(f"127.0.0.1:{port}")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"port {port} cannot be used")
    assert refused.stderr.count("\n") == 1


def test_kafka_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    port = free_ports(2)
    start_and_stay = f"""
import pathlib, sys, threading
from broker.local_kafka import LocalKafka
kafka = LocalKafka(pathlib.Path({str(tmp_path)!r}), {port})
starter = threading.Thread(target=kafka.start)  # ends long before the process does
starter.start()
starter.join()
print(kafka.process_id, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", start_and_stay], stdin=-1, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        java = int(starter.stdout.readline())
        assert is_running(java)
        assert kafka_answers(f"127.0.0.1:{port}")
        starter.kill()
    wait_until(lambda: not is_running(java))


async def test_three_nodes_go_on_when_one_is_lost(tmp_path: Path) -> None:
    first = free_ports(6)
    cluster = LocalCluster(tmp_path, (first, first + 2, first + 4))
    try:
        await asyncio.to_thread(cluster.start)
        await make_topic(cluster.bootstrap, "life-events", copies=3)
        await send(cluster.bootstrap, "life-events", b"before")
        cluster.nodes[0].kill()
        async with asyncio.timeout(60):
            await send(cluster.bootstrap, "life-events", b"after")
        assert await receive(cluster.bootstrap, "life-events", 2) == [b"before", b"after"]
    finally:
        cluster.kill()


def old_java(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "java-home" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(folder / "java-home"))


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
