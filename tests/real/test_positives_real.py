"""PH3-positive nuclei, against a count by eye from the pictures."""

import numpy as np
import pandas as pd
import tifffile
from scipy import ndimage

from lamella.core.frames import ArrayFrames
from lamella.segment import ByDistance, MultiOtsu
from lamella.statistics.positives import ByMixture, Positives
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data

FIELD = ROOT / "cp_human_dna_ph3_actin"
BY_EYE = [
    (18, 475), (37, 456), (52, 130), (87, 128), (115, 213), (255, 462), (268, 340), (276, 345),
    (268, 384), (322, 187), (363, 406), (364, 435), (379, 62), (406, 443), (421, 444), (407, 503),
    (411, 496), (453, 461), (468, 25), (464, 36), (479, 415), (487, 118),
]  # fmt: skip
"""(y, x) of the bright bodies of PH3: 21 dividing cells, of which one has two plates (anaphase)."""
BRIGHT_BUT_NEGATIVE = [
    (203, 427), (73, 488), (267, 466), (259, 387), (388, 402), (420, 344), (431, 345), (482, 322),
    (490, 322), (142, 168), (143, 178),
]  # fmt: skip
"""Condensed or late nuclei, bright in DNA and dark in PH3."""


def judged():
    dna, ph3 = (tifffile.imread(next(FIELD.glob(f"*d{k}.tif"))) for k in (0, 1))
    image, clumps = ArrayFrames(dna[None]), ByDistance()
    whole = MultiOtsu(classes=2, smallest_px=40)(image)
    labels = clumps(whole, image, None, state=clumps.prepare(whole, image, None)).frame(0)
    numbers = np.unique(labels[labels > 0])
    light = ndimage.mean(ph3, labels, numbers)
    cells = pd.DataFrame({"cell": numbers, "ph3": light})
    step = Positives(measure="ph3", threshold=ByMixture(), by=False)
    return labels, numbers, step(cells, name="ph3")


def test_ph3_positive_nuclei_are_those_seen_by_eye():
    labels, numbers, found = judged()
    row = found.thresholds.iloc[0]
    assert 280 < len(numbers) < 320
    assert row["verdict"].startswith("its interval is of the objects of a single well")
    positive = set(numbers[found.positive.to_numpy(bool)].tolist())
    by_eye = {int(labels[place]) for place in BY_EYE}
    assert by_eye - {0} == positive  # every body, and nothing else
    assert len(positive) == 21
    beside = (259, 387)  # not cut from the plate at (268, 384): the two are one object
    assert labels[beside] == labels[268, 384]
    others = {int(labels[place]) for place in BRIGHT_BUT_NEGATIVE if place != beside}
    assert not positive & others
    # Dim and bright nuclei are far apart, so that the interval of the threshold moves few.
    assert row["positive_fraction_high"] - row["positive_fraction_low"] < 0.03
