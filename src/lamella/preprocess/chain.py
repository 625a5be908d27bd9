"""From how pairs of frames lie over each other to where every frame lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lamella.core.registration import Registration, inverse_of
from lamella.kernels.registration import Alignment, Model, nearest_rotation

FloatArray = NDArray[np.float64]
Links = Mapping[tuple[int, int], Alignment]

_LEAST_SIGMA_PX = 0.02  # of a link, whatever it says of itself
_ROUNDS = 10
_SOFT = 3.0  # SDs of a link from which on it counts less
_WRONG_PX, _WRONG_SD = 1.0, 6.0  # a link that is off by more than both is no link


def chained(
    links: Links, *, n_frames: int, frame_shape: tuple[int, int], model: Model
) -> Registration:
    """Where frames lie, from pairs of them that were compared.

    Places are found that agree best with all pairs at once (least squares, each pair by its
    standard error, pairs that contradict the others left out). Frames that no chain of pairs joins
    to frame 0 are not estimable; where frame 0 itself is not, the first frame of the largest group
    takes its part.

    Parameters
    ----------
    links : mapping of (s, t) to Alignment
        Frame `s` over frame `t`; those that are not supported are passed over.
    """
    good = {pair: link for pair, link in sorted(links.items()) if link.supported}
    middle = (np.array(frame_shape, np.float64) - 1) / 2
    reach = float(np.hypot(*middle)) or 1.0
    moves = {pair: _scaled(link.matrix, middle, reach) for pair, link in good.items()}
    sigma = {p: float(np.hypot(link.sigma_px, _LEAST_SIGMA_PX)) / reach for p, link in good.items()}
    while True:
        group = _group(good, n_frames)
        pairs = [pair for pair in good if pair[0] in group]
        places = _placed(pairs, moves, sigma, sorted(group), n_frames)
        off = {pair: _off(moves[pair], places, pair) for pair in pairs}
        worst = max(
            (off[p] / max(_WRONG_PX / reach, _WRONG_SD * sigma[p]) for p in pairs), default=0
        )
        if worst < 1:
            break
        # A wrong pair pulls its neighbours off, so only the worst are left out at a time.
        for p in pairs:
            if off[p] / max(_WRONG_PX / reach, _WRONG_SD * sigma[p]) > 0.7 * worst:
                del good[p]
    matrices = np.empty((n_frames, 2, 3))
    support = np.zeros(n_frames)
    for (s, t), link in good.items():
        for frame in (s, t):
            support[frame] = max(support[frame], link.support)
    estimable = np.zeros(n_frames, bool)
    estimable[sorted(group)] = True
    latest = np.eye(2, 3)
    for t in range(n_frames):
        if estimable[t]:
            latest = inverse_of(_unscaled(_fitted(places[t], model), middle, reach))
        matrices[t] = latest
    return Registration(matrices, np.where(estimable, support, 0.0), estimable)


def _group(pairs: Iterable[tuple[int, int]], n_frames: int) -> set[int]:
    """Frames joined to frame 0; where there are none, the largest group of joined frames."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if n_frames == 1:
        return {0}
    s, t = np.array(list(pairs), int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(s)), (s, t)), shape=(n_frames, n_frames))
    _, of_frame = connected_components(graph, directed=False)
    sizes = np.bincount(of_frame)
    chosen = of_frame[0] if sizes[of_frame[0]] > 1 else int(np.argmax(sizes))
    return set(np.flatnonzero(of_frame == chosen).tolist()) if sizes[chosen] > 1 else set()


def _placed(
    pairs: Sequence[tuple[int, int]],
    moves: Mapping[tuple[int, int], FloatArray],
    sigma: Mapping[tuple[int, int], float],
    group: Sequence[int],
    n_frames: int,
) -> FloatArray:
    """From the reference to every frame, (T, 2, 3), scaled; the identity outside the group.

    With A_t the matrix of frame t and M that of a pair (s, t), A_t = M A_s is linear in A.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    places = np.tile(np.eye(2, 3), (n_frames, 1, 1))
    if not pairs:
        return places
    row_of = {t: i - 1 for i, t in enumerate(group)}  # the reference, −1, is given
    sure = np.array([1 / sigma[pair] for pair in pairs])
    soft = np.ones(len(pairs))
    for _ in range(_ROUNDS):
        weight = sure * np.sqrt(soft)
        rows, columns, values = [], [], []
        right = np.zeros((2 * len(pairs), 3))
        for k, (s, t) in enumerate(pairs):
            move, here = moves[s, t], slice(2 * k, 2 * k + 2)
            right[here, 2] = weight[k] * move[:, 2]
            for frame, block in ((t, np.eye(2)), (s, -move[:, :2])):
                if row_of[frame] < 0:
                    right[here] -= weight[k] * block @ np.eye(2, 3)
                    continue
                rows += [2 * k, 2 * k, 2 * k + 1, 2 * k + 1]
                columns += [2 * row_of[frame], 2 * row_of[frame] + 1] * 2
                values += (weight[k] * block).ravel().tolist()
        shape = (2 * len(pairs), 2 * (len(group) - 1))
        system = coo_array((values, (rows, columns)), shape=shape).tocsc()
        solved = spsolve((system.T @ system).tocsc(), system.T @ right)
        places[list(group[1:])] = np.asarray(solved).reshape(-1, 2, 3)
        off = np.array([_off(moves[pair], places, pair) for pair in pairs]) * sure
        changed = 1 / (1 + (off / _SOFT) ** 2) ** 2
        if np.abs(changed - soft).max() < 1e-6:
            break
        soft = changed
    return places


def _off(move: FloatArray, places: FloatArray, pair: tuple[int, int]) -> float:
    """By how much a pair contradicts the places."""
    s, t = places[pair[0]], places[pair[1]]
    carried = move[:, :2] @ s
    carried[:, 2] += move[:, 2]
    return float(np.linalg.norm(t - carried))


def _scaled(matrix: FloatArray, middle: FloatArray, reach: float) -> FloatArray:
    """The matrix for points seen from the middle, in units of `reach`."""
    shift = matrix[:, 2] + matrix[:, :2] @ middle - middle
    return np.column_stack([matrix[:, :2], shift / reach])


def _unscaled(matrix: FloatArray, middle: FloatArray, reach: float) -> FloatArray:
    shift = matrix[:, 2] * reach - matrix[:, :2] @ middle + middle
    return np.column_stack([matrix[:, :2], shift])


def _fitted(matrix: FloatArray, model: Model) -> FloatArray:
    """The matrix as the model allows it; sums of turns are not quite turns."""
    if model == "rigid":
        return np.column_stack([nearest_rotation(matrix[:, :2]), matrix[:, 2]])
    return matrix
