"""The commands by name, and how what goes wrong becomes a message and an exit code."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from novel import __version__
from novel.cli import build, check, diff, lock, models, plan, retake, review, schema, show, takes, train, verify, watch
from novel.errors import EXIT_BUG, EXIT_DONE, EXIT_INTERRUPTED, NovelError

app = typer.Typer(
    name="novel",
    help="From a story file to a lettered graphic novel, as PDF and HTML.",
    epilog="Start with:  novel build stories/diffusion-dreams.yaml",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("build", epilog=build.EXAMPLES)(build.build)
app.command("check", epilog=check.EXAMPLES)(check.check)
app.command("plan", epilog=plan.EXAMPLES)(plan.plan)
app.command("retake", epilog=retake.EXAMPLES)(retake.retake)
app.command("pick", epilog=takes.PICK_EXAMPLES)(takes.pick)
app.command("takes", epilog=takes.TAKES_EXAMPLES)(takes.takes)
app.command("approve", epilog=takes.APPROVE_EXAMPLES)(takes.approve)
app.command("revert", epilog=takes.REVERT_EXAMPLES)(takes.revert)
app.command("show", epilog=show.EXAMPLES)(show.show)
app.command("review", epilog=review.EXAMPLES)(review.review)
app.command("diff", epilog=diff.EXAMPLES)(diff.diff)
app.command("train", epilog=train.EXAMPLES)(train.train)
app.command("watch", epilog=watch.EXAMPLES)(watch.watch)
app.command("models", epilog=models.EXAMPLES)(models.models)
app.command("lock", epilog=lock.EXAMPLES)(lock.lock)
app.command("verify", epilog=verify.EXAMPLES)(verify.verify)
app.command("schema", epilog=schema.EXAMPLES)(schema.schema)


def _version(asked: bool) -> None:
    if asked:
        print(f"novel {__version__}")
        raise typer.Exit


@app.callback()
def _novel(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


def run(argv: list[str]) -> int:
    """Run one command; return the exit code that ``novel.errors`` lists."""
    try:
        app(argv, prog_name="novel")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else EXIT_DONE
        if code == EXIT_INTERRUPTED:
            print("novel: stopped; what was finished is kept, and the same command goes on from there", file=sys.stderr)
        return code
    except NovelError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except Exception:  # whatever else escapes is a bug of ours, and is shown as one
        traceback.print_exc()
        print(f"novel {__version__}: this is a bug; please report it with the lines above", file=sys.stderr)
        return EXIT_BUG
    return EXIT_DONE
