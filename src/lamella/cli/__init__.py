"""The command line: parse, call, print. Everything heavy is imported inside the commands."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from typing import Annotated

import typer

A_STUDY, ONE_MOVIE, SEE, HOW_GOOD, OTHERS = (
    "A study", "One movie", "See it", "How good is it", "Other programs"
)  # fmt: skip
"""Headings that the commands stand under in ``lamella --help``, in their order."""

app = typer.Typer(
    help="From a folder of raw live-cell movies to per-cell biology that can be trusted.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from lamella import __version__

        typer.echo(f"lamella {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show the traceback of an error.", envvar="LAMELLA_DEBUG"),
    ] = False,
) -> None:
    if debug:
        os.environ["LAMELLA_DEBUG"] = "1"


def main() -> None:
    """Run the command line; errors become one clear message and exit code 2."""
    # They add their commands to the app, in the order in which --help lists them.
    from lamella.cli import study, upkeep, stats, positives  # isort: skip  # noqa: F401
    from lamella.cli import movie, compare, light, power  # isort: skip  # noqa: F401
    from lamella.cli import sweep, tracks, why  # isort: skip  # noqa: F401
    from lamella.cli import view  # isort: skip  # noqa: F401
    from lamella.cli import train, evaluate, compare_runs  # isort: skip  # noqa: F401
    from lamella.cli import compare_models, exchange, convert  # isort: skip  # noqa: F401
    from lamella.cli.ended import INTERRUPTED, ending_well, forget_unread
    from lamella.cli.show import debugging, in_words, show_error, show_warning

    warnings.showwarning = show_warning
    try:
        with ending_well():
            app()
    except Exception as error:
        if debugging():
            raise
        show_error(in_words(error))
        sys.exit(2)
    except SystemExit as ended:
        if ended.code in INTERRUPTED:
            with suppress(OSError):  # the terminal may be gone
                again = "run the same command again to go on"
                if "--fresh" in sys.argv:
                    again = "run it again without --fresh to go on"
                typer.echo(f"stopped; {again}", err=True)
        raise
    finally:
        forget_unread()
