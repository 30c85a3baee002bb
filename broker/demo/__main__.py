"""``tuo up`` in a process of its own, which holds little else: it stays for as long as the demonstration runs."""

import argparse
import os
import sys
from typing import Final

import typer

from broker.commands.stopping import Code
from broker.demo.demonstration import Demonstration
from broker.demo.plan import CannotGoOn, CannotStart, make_plan
from broker.demo.showing import screen_for
from broker.settings import Settings

#: as shells say it: 128 and the number of SIGINT
_INTERRUPTED: Final = 130


def main() -> int:
    """Run a demonstration; returns the exit code, after one line on standard error where it is not 0."""
    asked = argparse.ArgumentParser(prog="tuo up")
    asked.add_argument("--once", action="store_true")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--ports-from", type=int)
    told = asked.parse_args()
    try:
        plan = make_plan(Settings(), told.ports_from)
        answered = Demonstration(plan, screen_for(as_json=told.json), once=told.once).run()
    except CannotStart as hindrance:
        return _stop(Code.BAD, hindrance.reason)
    except CannotGoOn as failure:
        return _stop(Code.UNREACHABLE, failure.reason)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads: what is left cannot be told
        return Code.NO
    except OSError as error:
        return _stop(Code.UNREACHABLE, f"{error.filename or 'Something'} cannot be used: {error.strerror}.")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        return _stop(Code.NO, f"A fault of ours ({type(error).__name__}): please report it with the command you gave.")
    return Code.OK if answered else Code.NO


def _stop(code: Code, line: str) -> int:
    typer.echo(line, err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
