from aiokafka.partitioner import DefaultPartitioner
from hypothesis import example, given
from hypothesis import strategies as st

from broker.partitioning import partition_of


@given(st.binary(max_size=80), st.integers(1, 64))
@example(b"00000000-0000-4000-8000-000000000001", 12)
def test_a_key_goes_where_any_other_producer_would_put_it(key: bytes, count: int) -> None:
    partitions = list(range(count))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, partitions, partitions)
