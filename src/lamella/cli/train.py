"""The commands that teach networks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    from lamella.run.model_made import Made
    from lamella.train.rounds import Round

train = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(
    train, name="train", rich_help_panel=A_STUDY, help="Teach a network on your own data."
)


@train.callback()
def _train() -> None:
    """Teach a network on your own data."""


Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the model.")]
Labels = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        metavar="LABELS",
        help="Learn from outlines that people drew; given once for each person, from what most of "
        "them agree on.",
    ),
]
Corrections = Annotated[
    Path | None,
    typer.Option("--corrections", metavar="RUN", help="Learn from a run's hand corrections."),
]
ObjectName = Annotated[
    str | None, typer.Option("--object", help="Set of objects; the first by default.")
]
Images = Annotated[
    Path | None, typer.Option(help="--from: their images, where not beside the labels.")
]
OfStudy = Annotated[Path | None, typer.Option("--study", help="Study whose movies were outlined.")]
Centred = Annotated[
    Path | None,
    typer.Option(help="--from: run on whose centred movies the outlines were drawn."),
]
Channel = Annotated[
    str | None, typer.Option(help="--from, --corrections: channel that shows the cells.")
]
EveryFrame = Annotated[
    bool, typer.Option("--every-frame", help="--corrections: also frames not edited.")
]
Computes = Annotated[
    Literal["auto", "cpu", "cuda", "mps"], typer.Option("--device", help="What computes.")
]


@train.command()
def cellpose(
    out: Out,
    study: Annotated[
        Path | None,
        typer.Option("--self", metavar="STUDY", help="Learn from the steady masks of a study."),
    ] = None,
    labels: Labels = None,
    corrections: Corrections = None,
    base: Annotated[
        str | None,
        typer.Option(help="Model to begin with: name, weight file or model folder."),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, max=20, help="--self: at most so many rounds.")
    ] = None,
    object_name: ObjectName = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting, such as `epochs=50` or `labels.stride=5`."),
    ] = None,
    images: Images = None,
    of_study: OfStudy = None,
    centred: Centred = None,
    channel: Channel = None,
    nuclear_channel: Annotated[
        str | None, typer.Option(help="--from, --corrections: channel that shows nuclei.")
    ] = None,
    every_frame: EveryFrame = False,
    device: Computes = "auto",
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Movies segmented at the same time.")
    ] = 1,
    force: Force = False,
) -> None:
    """Fine-tune Cellpose on your own cells, and score it on movies that it was not trained on.

    Interrupted, it goes on where it stopped when it is started again.

    Example: `lamella train cellpose --self movies -o models/arp23`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.run.annotations import LabelSource
    from lamella.run.study import open_study
    from lamella.run.train import settings_from, train_labels, train_self

    if sum(each is not None for each in (study, labels, corrections)) != 1:
        raise SettingsError(
            "lamella train cellpose",
            "it learns from one thing at a time",
            "give one of --self STUDY, --from LABELS, --corrections RUN",
        )
    _refuse_idle(
        "--self" if study is not None else "--from" if labels is not None else "--corrections",
        {
            "--rounds": (rounds is not None, "--self"),
            "--workers": (workers != 1, "--self"),
            "--images": (images is not None, "--from"),
            "--centred": (centred is not None, "--from"),
            "--study": (of_study is not None, "--from, --corrections"),
            "--channel": (channel is not None, "--from, --corrections"),
            "--nuclear-channel": (nuclear_channel is not None, "--from, --corrections"),
            "--every-frame": (every_frame, "--from, --corrections"),
        },
    )
    chosen = list(options or []) + ([f"rounds.rounds={rounds}"] if rounds is not None else [])
    settings = settings_from(chosen, drawn=study is None)
    with show.work_bar("training") as advance:
        if study is not None:
            made = train_self(
                open_study(study),
                out,
                settings=settings,
                base=base,
                object_name=object_name,
                device=device,
                workers=workers,
                force=force,
                advance=advance,
                done=_tell_round,
            )
        else:
            made = train_labels(
                LabelSource(
                    labels or corrections or Path(),
                    images,
                    of_study,
                    centred,
                    object_name,
                    channel,
                    nuclear_channel,
                    every_frame,
                ),
                out,
                how=_way(labels),
                settings=settings,
                base=base,
                device=device,
                force=force,
                advance=advance,
                done=_tell_round,
            )
    _tell(made)


@train.command()
def recurrent(
    out: Out,
    labels: Labels = None,
    corrections: Corrections = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="Model to begin with: weight file, model folder, `imagenet` or `none`; "
            "by default the one that comes with Lamella."
        ),
    ] = None,
    object_name: ObjectName = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting, such as `epochs=50` or `patches.patch_px=128`."),
    ] = None,
    images: Images = None,
    of_study: OfStudy = None,
    centred: Centred = None,
    channel: Channel = None,
    every_frame: EveryFrame = False,
    device: Computes = "auto",
    force: Force = False,
) -> None:
    """Fine-tune the recurrent network on your own movies, of which some frames are outlined.

    Frames without outlines are only looked at as those before an outlined one. Interrupted, it
    goes on where it stopped when it is started again.

    Example: `lamella train recurrent --from masks --images movies -o models/collagen`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.run.annotations import LabelSource
    from lamella.run.train_recurrent import recurrent_settings, train_recurrent

    if (labels is None) == (corrections is None):
        raise SettingsError(
            "lamella train recurrent",
            "it learns from one thing at a time",
            "give one of --from LABELS, --corrections RUN",
        )
    _refuse_idle(
        "--from" if labels is not None else "--corrections",
        {
            "--images": (images is not None, "--from"),
            "--centred": (centred is not None, "--from"),
        },
    )
    settings = recurrent_settings(options or [])
    with show.work_bar("training") as advance:
        made = train_recurrent(
            LabelSource(
                labels or corrections or Path(),
                images,
                of_study,
                centred,
                object_name,
                channel,
                every_frame=every_frame,
            ),
            out,
            how=_way(labels),
            settings=settings,
            base=base,
            device=device,
            force=force,
            advance=advance,
            done=partial(_tell_round, held="frames"),
        )
    _tell(made)


def _way(labels: list[Path] | None) -> str:
    """What is learnt from, for the card."""
    return "labels" if labels is not None else "corrections"


def _refuse_idle(way: str, options: Mapping[str, tuple[bool, str]]) -> None:
    """Refuse an option that the way of training would not look at."""
    from lamella.core.errors import SettingsError

    for name, (given, ways) in options.items():
        if given and way not in ways.split(", "):
            raise SettingsError(name, f"it does nothing with {way}", f"it goes with {ways}")


def _tell_round(each: Round, *, held: str = "movies") -> None:
    from lamella.cli import show

    name = "the network as it was" if each.number == 0 else f"round {each.number}"
    taught = f", {show.counted(each.n_images, 'image')}" if each.number else ""
    score = show.number(each.judged.value)
    show.err.print(f"{name}{taught}: score {score} on held-out {held}", soft_wrap=True)


def _tell(made: Made) -> None:
    from lamella.cli import show
    from lamella.run.model_page import SCORES_TOLD, doubts, held_word, verdict

    rows = [
        [name, show.number(told["before"]), show.number(told["after"]), show.number(told["change"])]
        for name, told in made.card["scores"].items()
        if name in SCORES_TOLD and told["before"] == told["before"]  # not missing
    ]
    for note in made.notes:
        show.tell("note", note)
    held = held_word(made.card)
    show.show_table([f"held-out {held}", "before", "after", "change"], rows, most=30)
    base, how = made.card["base"]["model"], made.card["taught_with"]
    show.out.print(verdict(made.trained, base, how=how, held=held), soft_wrap=True)
    for doubt in doubts(made.card, made.scores.summary):
        show.tell("note", doubt)
    show.out.print(f"wrote {made.folder}: open {made.folder / 'model.html'}", soft_wrap=True)
    show.out.print("to use it, write into study.toml:", soft_wrap=True)
    show.out.print(made.use, soft_wrap=True)
    show.out.print("what it does to your conclusions:", soft_wrap=True)
    show.out.print(made.compare, soft_wrap=True)
