"""What a model's page says of its training."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.losses import learning_curves
from lamella.report.model import BeforeAfter, ModelInput, TableTold
from lamella.report.picture import picture
from lamella.report.words import count, number
from lamella.train.rounds import Trained

SCORES_TOLD = {
    Col.EMPTY_RATE: "share of frames without a cell",
    Col.OBJECTS_PER_FRAME: "objects in a frame",
    Col.TEMPORAL_IOU: "overlap with the same cell one frame before (IoU)",
    Col.AREA_JITTER: "change of area from frame to frame",
    Col.IOU: "overlap of all pixels with the labels (IoU)",
    Col.PIXEL_F1: "F1 of pixels",
    Col.SEG: "SEG: overlap of every object with its own",
    Col.AP50: "AP at IoU 0.5",
    Col.AP75: "AP at IoU 0.75",
    Col.AP50_95: "AP, IoU 0.5 to 0.95",
}  # fmt: skip
_WAYS = {
    "self": "its own masks of the study, the steady ones",
    "labels": "labels that people drew",
    "corrections": "masks that people corrected",
}

_CURVES = {
    "cellpose": "Loss on patches of training images and of held-out images, the same patches at "
    "every epoch.",
    "recurrent": "Loss on the patches of every epoch, and on held-out patches, which are the same "
    "at every epoch and are not augmented, so that it may be the lower one.",
}
_DECIDED_BY = {
    "self": "steadiness (share of frames with a cell × overlap with the frame before)",
    "labels": "SEG (overlap of every drawn object with its own)",
    "corrections": "SEG (overlap of every drawn object with its own)",
}
_BETTER = {
    "self": {Col.EMPTY_RATE: -1, Col.TEMPORAL_IOU: 1},
    "labels": {Col.SEG: 1},
    "corrections": {Col.SEG: 1},
}
"""Scores behind the decision; -1 where less is better."""


def page_of(
    card: Mapping[str, Any],
    trained: Trained,
    summary: pd.DataFrame,
    losses: pd.DataFrame,
    strips: Sequence[BeforeAfter],
    *,
    use: str,
    base: str,
    compare: str,
) -> ModelInput:
    """All that the page shows, in words."""
    data = card["data"]
    sessions = {str(name) for name in summary[Col.SESSION]} - {ALL_SESSIONS}
    taught = count(data["n_images"], "image")
    tuned = "fine-tuned" if card["training_helped"] else "which could not be improved"
    aside, held = data["held_out"]["n_images"], held_word(card)
    scored = count(len(card["held_out"]), "movie") if held == "movies" else count(aside, "frame")
    lead = (
        f"{base}, {tuned} on {taught} of {count(data['n_movies'], 'movie')} "
        f"with {count(data['n_cells'], 'cell')}: {_WAYS[card['taught_with']]}. Scored on "
        f"{scored} that it was not trained on."
    )
    curves = picture(
        "learning_curves",
        "Learning curves",
        f"{_CURVES[card['kind']]} Where the held-out curve rises while the other falls, the "
        "network learns its images by heart; the dotted line marks the epoch that was kept.",
        "Loss by epoch, for training and held-out images",
        learning_curves(losses),
    )
    return ModelInput(
        name=str(card["name"]),
        lead=lead,
        verdict=verdict(trained, base, how=card["taught_with"], held=held),
        held=held,
        use=use,
        compare=compare,
        scores=tuple(_scores(summary, held)),
        curves=curves,
        strips=tuple(strips),
        others=(_rounds(trained), _data(card), _made(card)),
        remarks=(*doubts(card, summary), *_remarks(card, sessions)),
    )


def held_word(card: Mapping[str, Any]) -> str:
    """What is held out: ``movies``, or ``frames`` of the one that is learnt from."""
    return "movies" if card["held_out_of"] == "other movies" else "frames"


_MORE = "Outline more frames, above all such as go wrong, or train longer (--set epochs=…)."
_INSTEAD = {
    "self": "Outline some frames that go wrong, and learn from these (--from).",
    "labels": _MORE,
    "corrections": _MORE,
}
"""What to do where training did not help."""


def verdict(trained: Trained, base: str, *, how: str, held: str) -> str:
    """Which network is kept, and why, in one sentence."""
    first, kept = trained.rounds[0].judged.value, trained.kept.judged.value
    if trained.best == 0:
        return (
            f"Training did not help ({trained.told}): these are the weights of {base}. "
            f"{_INSTEAD[how]}"
        )
    return (
        f"On held-out {held} {_DECIDED_BY[how]} rose from {first:.3f} to {kept:.3f}, so the "
        f"trained network is kept (round {trained.best}; {trained.told})."
    )


def doubts(card: Mapping[str, Any], summary: pd.DataFrame) -> list[str]:
    """Where the scores that decided do not show that the masks became better."""
    if not card["training_helped"]:
        return []
    told = []
    for score, sign in _BETTER[card["taught_with"]].items():
        name = SCORES_TOLD[score].partition(":")[0]
        changes = summary[(summary[Col.SCORE] == score) & summary[Col.CHANGE].notna()]
        of_all, of_one = (
            changes[(changes[Col.SESSION] == ALL_SESSIONS) == every] for every in (True, False)
        )
        if (sign * of_all[Col.CHANGE] < 0).any():
            change = _signed(of_all[Col.CHANGE].iloc[0])
            told.append(f"On average it became worse ({name}: {change}).")
        elif ((of_all[Col.CHANGE_LOW] <= 0) & (of_all[Col.CHANGE_HIGH] >= 0)).any():
            told.append(
                f"The interval of the change holds 0 ({name}): these movies cannot tell whether "
                "it became better."
            )
        worse = of_one[sign * of_one[Col.CHANGE] < 0]
        told += [
            f"It became worse in {session} ({name}: {_signed(change)})."
            for session, change in zip(worse[Col.SESSION], worse[Col.CHANGE], strict=True)
        ]
    return told


def _scores(summary: pd.DataFrame, held: str) -> list[TableTold]:
    """A table over all sessions, and one for every session where there are several."""
    tables = []
    for session, rows in summary.groupby(Col.SESSION, sort=False):
        told = []
        for score, name in SCORES_TOLD.items():
            pair = rows[rows[Col.SCORE] == score]
            if len(pair) != 2 or pair[Col.MEAN].isna().all():
                continue
            before, after = pair.to_dict("records")
            told.append(
                (
                    name,
                    _told(before[Col.MEAN]),
                    _told(after[Col.MEAN]),
                    _change(after),
                    number(int(after[Col.N_PAIRED])),
                )
            )
        if told:
            tables.append(_TABLES[held](str(session), told))
    return tables


def _of_movies(session: str, rows: Sequence[tuple[str, ...]]) -> TableTold:
    return TableTold(
        "All held-out movies" if session == ALL_SESSIONS else f"Session {session}",
        "Means over movies. In brackets the 95 % interval of the mean change, from three movies "
        "on.",
        ("score", "before", "after", "change", "movies"),
        tuple(rows),
    )


def _of_frames(session: str, rows: Sequence[tuple[str, ...]]) -> TableTold:
    return TableTold(
        "All held-out frames",
        "Of the held-out frames of one movie, all together.",
        ("score", "before", "after", "change"),
        tuple(row[:-1] for row in rows),
    )


_TABLES = {"movies": _of_movies, "frames": _of_frames}


def _change(row: Mapping[Any, Any]) -> str:
    value, low, high = (row[name] for name in (Col.CHANGE, Col.CHANGE_LOW, Col.CHANGE_HIGH))
    if value != value:
        return "–"
    return _signed(value) if low != low else f"{_signed(value)} ({_signed(low)} to {_signed(high)})"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _rounds(trained: Trained) -> TableTold:
    rows = [
        (
            "0 (base)" if row["round"] == 0 else str(row["round"]),
            _told(row["score"]),
            _told(row["agreement"]),
            number(row["n_images"]) if row["round"] else "–",
            number(row["best_epoch"]) if row["round"] else "–",
            "kept" if row["kept"] else "",
        )
        for row in trained.table.to_dict("records")
    ]
    return TableTold(
        "Rounds",
        f"{trained.told[:1].upper()}{trained.told[1:]}.",
        ("round", "score", "agreement with round 0", "images", "best epoch", ""),
        tuple(rows),
    )


def _data(card: Mapping[str, Any]) -> TableTold:
    data = card["data"]
    size = data["diameter_px"]
    rows = [
        ("images", number(data["n_images"])),
        ("cells", number(data["n_cells"])),
        ("movies", number(data["n_movies"])),
        ("sessions", ", ".join(data["sessions"])),
        ("conditions", ", ".join(data["conditions"])),
        ("frames", ", ".join(f"{name} px" for name in data["frame_sizes_px"])),
        ("diameter of cells, median (px)", _told(size["median"])),
        ("held out", ", ".join(card["held_out"])),
    ]
    return TableTold("Data", "Per movie in data.csv.", ("", ""), tuple(rows))


def _made(card: Mapping[str, Any]) -> TableTold:
    rows = [
        ("base", f"{card['base']['model']} ({card['base']['sha256'][:12]})"),
        ("made", str(card["made"])),
        ("device", str(card["device"])),
        ("versions", ", ".join(f"{k} {v}" for k, v in card["versions"].items())),
    ]
    for table, values in card["settings"].items():
        rows.append((table, ", ".join(f"{name} = {value}" for name, value in values.items())))
    return TableTold("Settings and versions", "Also in card.json.", ("", ""), tuple(rows))


def _remarks(card: Mapping[str, Any], sessions: Collection[str]) -> list[str]:
    held = held_word(card)
    remarks = [
        f"The held-out {held} also decided which epoch and which round is kept, so that their "
        "scores are a little too good. For a number to publish, compare the networks on movies "
        "that were kept out of all this."
    ]
    if held == "frames":
        remarks.append(
            "Only one movie was annotated, so that frames of it are held out. Frames of one movie "
            "are alike: the scores tell how well the network knows this movie, not how it will do "
            "on others. Annotate some frames of a second movie to learn that."
        )
    if card["taught_with"] == "corrections":
        remarks.append(
            "It is scored on frames that people corrected, which are those that a network failed "
            "in: on average frames the change is smaller."
        )
    if card["taught_with"] == "self":
        remarks.append(
            "No person looked at the labels that it learnt from: these scores tell whether its "
            "masks became steadier, not whether they became right. Look at the pictures."
        )
    if without := sorted(set(sessions) - set(card["data"]["sessions"])):
        remarks.append(
            f"It learnt from no frame of {', '.join(without)}: none was there, or none was trusted."
        )
    if held == "movies" and len(card["held_out"]) < 3:
        remarks.append("Fewer than three movies were held out: the changes have no interval.")
    return remarks


def _told(value: float) -> str:
    return "–" if value is None or value != value else f"{value:.3f}"
