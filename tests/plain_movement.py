"""Every measure of movement once more, step by step and cell by cell, as the formulas read."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.spatial import ConvexHull, QhullError

NAN = float("nan")


def ratio(a, b):
    return a / b if b > 0 else NAN


def angle(u, v):
    """Unsigned angle of two vectors (y, x) in degrees, by the law of cosines of their units."""
    if math.hypot(*u) == 0 or math.hypot(*v) == 0 or math.isnan(u[0] + v[0]):
        return NAN
    a, b = complex(u[1], u[0]), complex(v[1], v[0])
    return abs(math.degrees(np.angle(b / a)))


def runs_of(pair):
    """First and last row of every run of trusted steps."""
    runs, begin = [], None
    for t, trusted in enumerate([*pair, False]):
        if trusted and begin is None:
            begin = t - 1
        elif not trusted and begin is not None:
            runs.append((begin, t - 1))
            begin = None
    return runs


def hull(points):
    try:
        return ConvexHull(points).volume
    except (QhullError, ValueError):
        return 0.0


def per_frame(rows, *, um, window, turn_deg):
    """Columns per frame of one cell, as lists."""
    p = rows[["y_px", "x_px"]].to_numpy()
    pair = rows["pair_valid"].to_numpy()
    t = rows["time_min"].to_numpy()
    n = len(rows)
    step = [p[i] - p[i - 1] if pair[i] else np.full(2, NAN) for i in range(n)]
    out = {k: [NAN] * n for k in ("turn", "rate", "ratio", "dy", "dx", "speed", "mturn", "signed")}
    out["event"] = [False] * n
    out["in_run"] = [0 if v else NAN for v in rows["valid"]]
    length = [0.0] * n
    for i in range(n):
        out["dy"][i], out["dx"][i] = step[i] * um
        if pair[i]:
            out["speed"][i] = math.dist(p[i], p[i - 1]) * um / (t[i] - t[i - 1])
        if i + 1 < n and pair[i] and pair[i + 1]:
            out["turn"][i] = angle(step[i], step[i + 1])
            out["rate"][i] = out["turn"][i] / ((t[i + 1] - t[i - 1]) / 2)
            (y1, x1), (y2, x2) = step[i], step[i + 1]
            side = math.copysign(1, x1 * y2 - y1 * x2) if x1 * y2 != y1 * x2 else 1
            out["signed"][i] = side * out["turn"][i]
        if i >= window and i + window < n and pair[i - window + 1 : i + window + 1].all():
            out["mturn"][i] = angle(p[i] - p[i - window], p[i + window] - p[i])
            length[i] = math.dist(p[i], p[i - window]) + math.dist(p[i], p[i + window])
    for first, last in runs_of(pair):
        for i in range(first + 1, last + 1):
            path = sum(math.dist(p[k], p[k - 1]) for k in range(first + 1, i + 1))
            out["ratio"][i] = ratio(math.dist(p[first], p[i]), path)
            out["in_run"][i] = i - first
    candidates = [i for i in range(n) if out["mturn"][i] > turn_deg]
    while candidates:
        best = max(candidates, key=lambda i: (out["mturn"][i], length[i], -i))
        out["event"][best] = True
        candidates = [i for i in candidates if abs(i - best) >= window]
    return out


def per_cell(rows, *, um, window, turn_deg, straightness_frames, towards, point_um):
    """Columns per cell of one cell."""
    p = rows[["y_px", "x_px"]].to_numpy() * um
    pair, valid = rows["pair_valid"].to_numpy(), rows["valid"].to_numpy()
    t = rows["time_min"].to_numpy()
    lost = rows["empty"].to_numpy() | rows["interpolated"].to_numpy()
    f = per_frame(rows, um=um, window=window, turn_deg=turn_deg)
    trusted = [i for i in range(len(rows)) if pair[i]]
    lengths = [math.dist(p[i], p[i - 1]) for i in trusted]
    speeds = [f["speed"][i] for i in trusted]
    turns = [x for x in f["turn"] if not math.isnan(x)]
    rates = [x for x in f["rate"] if not math.isnan(x)]
    runs = runs_of(pair)
    places = [p[i] for i in range(len(rows)) if valid[i]]
    times = [t[i] for i in range(len(rows)) if valid[i]]
    some = bool(places)
    net = math.dist(places[0], places[-1]) if some else NAN
    bridged = sum(math.dist(a, b) for a, b in itertools.pairwise(places))
    path = sum(lengths)
    run_path = [sum(math.dist(p[i], p[i - 1]) for i in range(a + 1, b + 1)) for a, b in runs]
    run_net = [math.dist(p[a], p[b]) for a, b in runs]
    run_max = [max(math.dist(p[a], p[i]) for i in range(a, b + 1)) for a, b in runs]
    longest = max(runs, key=lambda r: r[1] - r[0], default=None)
    windows, still = [], 0
    for a, b in runs:
        for i in range(a, b - straightness_frames + 1):
            j = i + straightness_frames
            length = sum(math.dist(p[k], p[k - 1]) for k in range(i + 1, j + 1))
            if length > 0:
                windows.append((math.dist(p[i], p[j]), length))
            else:
                still += 1
    gaps, last_seen = [], None
    for i in range(len(rows)):
        if not lost[i]:
            if last_seen is not None and i - last_seen > 1:
                gaps.append(i - last_seen - 1)
            last_seen = i
    asphericity = NAN
    if len(places) > 2 and max(math.dist(places[0], q) for q in places) > 0:
        a, b = np.linalg.eigvalsh(np.cov(np.array(places).T))
        asphericity = ((a - b) / (a + b)) ** 2
    duration = times[-1] - times[0] if some else NAN
    mean_speed = np.mean(speeds) if speeds else NAN
    straight = ratio(net, duration)
    seen = [i for i in range(len(rows)) if not math.isnan(f["mturn"][i])]
    events = sum(f["event"])
    moved = [p[i] - p[i - 1] for i in trusted]
    way = np.array([math.sin(math.radians(towards)), math.cos(math.radians(towards))])
    to_way = [angle(m, way) for m in moved]
    to_point = [angle(p[i] - p[i - 1], np.array(point_um) - p[i - 1]) for i in trusted]
    nearer = [math.dist(p[i - 1], point_um) - math.dist(p[i], point_um) for i in trusted]
    return {
        "start_min": times[0] if some else NAN,
        "stop_min": times[-1] if some else NAN,
        "duration_min": duration,
        "n_gaps": len(gaps),
        "longest_gap_frames": max(gaps, default=0),
        "n_rejected_steps": len(rows) - 1 - len(trusted),
        "n_runs": len(runs),
        "longest_run_steps": 0 if longest is None else longest[1] - longest[0],
        "mean_speed_um_per_min": mean_speed,
        "median_speed_um_per_min": np.median(speeds) if speeds else NAN,
        "max_speed_um_per_min": max(speeds, default=NAN),
        "min_speed_um_per_min": min(speeds, default=NAN),
        "sd_speed_um_per_min": np.std(speeds, ddof=1) if len(speeds) > 1 else NAN,
        "mean_step_um": path / len(lengths) if lengths else NAN,
        "mean_step_px": path / um / len(lengths) if lengths else NAN,
        "mean_straight_line_speed_um_per_min": straight,
        "linearity_of_forward_progression": ratio(straight, mean_speed),
        "path_um": path if lengths else NAN,
        "path_bridged_um": bridged if some else NAN,
        "net_displacement_um": net,
        "net_displacement_runs_um": sum(run_net) if runs else NAN,
        "net_heading_deg": (
            math.degrees(math.atan2(*(places[-1] - places[0]))) if some and net > 0 else NAN
        ),
        "max_distance_um": max((math.dist(places[0], q) for q in places), default=NAN),
        "hull_area_um2": hull(places) if some else NAN,
        "persistence": min(ratio(net, path), 1) if path > 0 else NAN,
        "confinement_ratio": ratio(net, bridged),
        "straightness_runs": ratio(sum(run_net), sum(run_path)),
        "tortuosity": ratio(sum(run_path), sum(run_net)),
        "outreach_ratio": ratio(sum(run_max), sum(run_path)),
        "displacement_ratio": ratio(sum(run_net), sum(run_max)),
        "directionality_ratio_last": NAN if longest is None else f["ratio"][longest[1]],
        "straightness_fixed": np.mean([a / b for a, b in windows]) if windows else NAN,
        "straightness_fixed_pooled": ratio(sum(a for a, _ in windows), sum(b for _, b in windows)),
        "straightness_window_frames": straightness_frames,
        "n_straightness_windows": len(windows),
        "n_still_windows": still,
        "asphericity": asphericity,
        "mean_turning_angle_deg": np.mean(turns) if turns else NAN,
        "total_turning_angle_deg": sum(turns) if turns else NAN,
        "n_turning_angles": len(turns),
        "overall_angle_deg": angle(moved[0], moved[-1]) if len(moved) > 1 else NAN,
        "mean_directional_change_rate_deg_per_min": np.mean(rates) if rates else NAN,
        "n_turning_events": events,
        "turning_events_per_min": ratio(events, sum((t[i + 1] - t[i - 1]) / 2 for i in seen)),
        "n_window_turns": len(seen),
        "fmi_x": ratio(sum(m[1] for m in moved), path),
        "fmi_y": ratio(sum(m[0] for m in moved), path),
        "fmi_direction": ratio(sum(float(m @ way) for m in moved), path),
        "fmi_point": ratio(sum(nearer), path),
        "mean_angle_to_direction_deg": _mean(to_way),
        "mean_angle_to_point_deg": _mean(to_point),
    }


def _mean(values):
    known = [v for v in values if not math.isnan(v)]
    return np.mean(known) if known else NAN
