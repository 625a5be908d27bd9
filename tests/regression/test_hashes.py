"""A step that gives another result must say so: raise its `version`, then change the hash here.

Hashes are of rounded results, so that another build of a library does not break them.
"""

import hashlib

import numpy as np
import pytest
from planted_drift import planted, ramp, shifts
from scipy.ndimage import binary_erosion

from lamella.centre import Centre
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.measure import GROUPS, Sightings, looked_at, walk
from lamella.measure.view import KEYS
from lamella.nets.convlstm_unet import Architecture, from_scratch, save_model
from lamella.phantom import CellPhantom
from lamella.preprocess import Drift, Normalise, PercentileOutside, RollingBall
from lamella.segment import ByDistance, ByIntensity, ByNucleus, Guided, Motion, MultiOtsu, Recurrent
from lamella.track import Largest
from lamella.train.pseudo_labels import PseudoLabels
from worlds import colony

HASHES: dict[str, tuple] = {
    "phantom": ("5758aafcb8a1", "b9f7da0fbe90"),
    "normalise": (1, "7ea01d0592da"),
    "drift": (1, "bf017c13c32e"),
    "background": (1, "99b3488a621f"),
    "rolling ball": (1, "4026fdbbfc00"),
    "multiotsu": (1, "804a9d291f00"),
    "distance": (1, "0dd6720d0a1a"),
    "intensity": (1, "fd0cc71f6e62"),
    "nucleus": (2, "63c7cffe8f4c"),
    "guided": (1, "98ee6f097e2e"),
    "motion": (1, "a809ae5a9145"),
    "recurrent": (1, "0e835980024a"),
    "pseudo-labels": (1, "fa8a36e8c07e"),
    "largest and centre": (1, 1, "e951ab1b6858", "9ce5efdf8aa6"),
    "sightings": (2, "c7bbc70f9add", "1f1fddb677a4"),
    "migration": (5, "4d0d9319330a", "6c618ce40bbc"),
    "walks": (1, "ddd9c40767f9", "098cb4a331a8", "2d3ac3f31316"),
    "region": (1, "f4e3f082b638", "678ada23a645"),
    "protrusion": (3, "d0c35c96e72c", "d92b0e07e806", "ddd9c40767f9", "ddd9c40767f9"),
    "compartment": (2, "d1ea2cd95ead", "7333510b1ade"),
    "edge": (
        2,
        "ecea2c5af0bf",
        "8fa0f63948dd",
        "d8b707fede9f",
        "726610fefe83",
        "b1b4ea35f2c0",
        "0a2cbfc713b1",
    ),
    "lamellipodium": (
        5,
        "86acec42fe9a",
        "aa0332834c34",
        "aef6b7979767",
        "ff5bacebd533",
        "27d0db1051d4",
    ),
}


@pytest.fixture(scope="module")
def phantom():
    return CellPhantom(
        field_px=(96, 96), area_um2=120, n_frames=5, photoelectrons=300, seed=4
    ).make()


@pytest.fixture(scope="module")
def images(phantom):
    return ArrayFrames(phantom.movie.channel().asarray())


@pytest.fixture(scope="module")
def masks(phantom):
    return ArrayFrames(phantom.truth.frames.asarray())


def no_level(frame, labels, channel):
    return 0.0


def digest(values, *, decimals=4):
    rounded = np.round(np.asarray(values, np.float64), decimals) + 0.0
    return hashlib.blake2b(rounded.tobytes(), digest_size=6).hexdigest()


def test_phantom(images, masks):
    assert (digest(images.asarray()), digest(masks.asarray())) == HASHES["phantom"]


def test_normalise(images):
    step = Normalise()
    assert (step.version, digest(step(images, state=step.prepare(images)).asarray())) == HASHES[
        "normalise"
    ]


def test_drift():
    frames = planted(shifts(ramp(5, (6.5, -3.2))), side=160, light=5000, grains=10, seed=1).frames
    step = Drift()
    found = step.estimate(step.prepare(frames))
    assert (step.version, digest(found.matrices, decimals=1)) == HASHES["drift"]


def test_background(images, masks):
    step = PercentileOutside()
    levels = [step(i, m, "") for i, m in zip(images, masks, strict=True)]
    assert (step.version, digest(levels)) == HASHES["background"]


def test_rolling_ball(phantom):
    step = RollingBall(radius_px=30)
    assert (step.version, digest(step(phantom.movie.channel()).asarray())) == HASHES["rolling ball"]


def test_multiotsu(images):
    step = MultiOtsu()
    assert (step.version, digest(step(images).asarray())) == HASHES["multiotsu"]


@pytest.mark.parametrize("step", [ByDistance(), ByIntensity(), ByNucleus()], ids=lambda s: s.method)
def test_declump(step):
    labels, image, nuclei = map(ArrayFrames, colony())
    state = step.prepare(labels, image, nuclei)
    found = step(labels, image, nuclei, state=state).asarray()
    assert (step.version, digest(found)) == HASHES[step.method]


def test_guided():
    _, image, nuclei = map(ArrayFrames, colony())
    step = Guided()
    assert (step.version, digest(step(image, nuclei).asarray())) == HASHES["guided"]


def test_motion(images):
    step = Motion()
    labels = step(images, state=step.prepare(images)).asarray()
    assert (step.version, digest(labels)) == HASHES["motion"]


def test_recurrent(images, tmp_path):
    """Weights drawn at random, since fitted ones differ in their last digits from run to run."""
    architecture = Architecture(poolings=2, filters=4, window=3, head="distance")
    file = tmp_path / "random.safetensors"
    tensors = from_scratch(architecture, seed=0).state_dict()
    tensors["out.weight"] *= 3000  # untaught, it is sure of nothing
    save_model(file, tensors, architecture)
    step = Recurrent(model=str(file), backwards=True, device="cpu")
    sure = step.confidence(images).asarray().mean(axis=(1, 2))
    assert (step.version, digest(sure, decimals=3)) == HASHES["recurrent"]


def test_largest_and_centre(masks):
    track, centre = Largest(), Centre()
    tracks = track(masks, state=track.prepare(masks))
    offsets = centre.offsets(tracks.centroids(1, n_frames=5), frame_shape=(96, 96))
    found = (track.version, centre.version, digest(tracks.links.to_numpy()), digest(offsets))
    assert found == HASHES["largest and centre"]


def test_pseudo_labels(images, masks):
    step = PseudoLabels(stride=2)
    told = step.judged(masks, second=MultiOtsu()(images))
    found = digest(own_numbers(told))
    assert (step.version, found) == HASHES["pseudo-labels"]


def own_numbers(table):
    """Numbers of a table that its step made."""
    return table.drop(columns=[*KEYS, Col.OBJECT, Col.CELL], errors="ignore").select_dtypes(
        ["number", "bool"]
    )


def test_sightings(phantom, masks):
    step = Sightings()
    table = walk(phantom.movie, Labels("cell", masks), [], level=no_level).sightings
    found = (digest(own_numbers(table)), digest(own_numbers(step.summarise(table))))
    assert (step.version, *found) == HASHES["sightings"]


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: type(g).__name__)
def test_groups_of_measures(phantom, masks, group):
    inner = np.stack([binary_erosion(mask > 0, iterations=9) * mask for mask in masks])
    others = {name: Labels.from_array(inner, name=name) for name in looked_at([group])}
    sightings, (made,) = walk(
        phantom.movie, Labels("cell", masks), [group], level=no_level, others=others
    )
    finer = [table for _, table in sorted(made.all_finer.items())]
    tables = [made.frames, group.summarise(made, sightings), *finer]
    found = tuple(digest(own_numbers(table)) for table in tables)
    assert (group.version, *found) == HASHES[type(group).__name__.lower()]
