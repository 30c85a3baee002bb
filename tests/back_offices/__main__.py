"""All three back offices in one process, to save memory."""

import argparse

from tests.back_offices import council_tax, electoral, housing_benefit
from tests.back_offices.running import common_options, main_of


def _several(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(several=True)


if __name__ == "__main__":
    options = (common_options(8610), _several, council_tax.options, housing_benefit.options, electoral.options)
    main_of("", __doc__ or "", options, (council_tax.build, housing_benefit.build, electoral.build))
