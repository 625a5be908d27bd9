"""Cells from graphs, against other people's code for the same."""

import networkx as nx
from geff import write
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.labels import Labels
from lamella.io.ctc import write_ctc
from lamella.io.geff import read_geff, write_geff
from lamella.io.track_ids import tracked_from_ids
from worlds import dividing_cell


@st.composite
def graphs(draw):
    """Nodes in random frames, joined forward in time at random."""
    frames = draw(st.lists(st.integers(0, 5), min_size=1, max_size=12))
    graph = nx.DiGraph()
    numbers = draw(
        st.lists(st.integers(0, 2**40), min_size=len(frames), max_size=len(frames), unique=True)
    )
    for i, (number, t) in enumerate(zip(numbers, frames, strict=True)):
        graph.add_node(number, when=t, row=float(i), column=-0.5 * i)
    pairs = [(a, b) for a in numbers for b in numbers
             if graph.nodes[a]["when"] < graph.nodes[b]["when"]]  # fmt: skip
    if pairs:
        graph.add_edges_from(draw(st.lists(st.sampled_from(pairs), max_size=14, unique=True)))
    return graph


def stretches(graph):
    """Sets of rows: the graph without the edges at which it branches or joins, by networkx."""
    plain = graph.copy()
    plain.remove_edges_from(
        [(a, b) for a, b in graph.edges if graph.out_degree(a) != 1 or graph.in_degree(b) != 1]
    )
    return {
        frozenset(plain.nodes[n]["row"] for n in part)
        for part in nx.weakly_connected_components(plain)
    }


@settings(max_examples=15, deadline=None)
@given(graph=graphs())
def test_cells_are_the_parts_that_networkx_finds(tmp_path_factory, graph):
    path = tmp_path_factory.mktemp("nx") / "g.zarr"
    write(graph, path, axis_names=["when", "row", "column"],
          axis_types=["time", "space", "space"])  # fmt: skip
    tracked = read_geff(path)
    links = tracked.tracks.links
    ours = {frozenset(rows["y_px"]) for _, rows in links.groupby("cell")}
    assert ours == stretches(graph)
    cell_of = dict(zip(links["y_px"], links["cell"], strict=True))
    row = nx.get_node_attributes(graph, "row")
    between = {(cell_of[row[a]], cell_of[row[b]]) for a, b in graph.edges}
    between = {(a, b) for a, b in between if a != b}
    named = {(parent, c) for c, found in tracked.tracks.parents.items() for parent in found}
    assert named == between


def test_traccuracy_reads_the_same_graph_from_geff_as_from_the_challenge(tmp_path):
    from traccuracy.loaders import load_ctc_data, load_geff_data

    labels, parents = dividing_cell(12, division=4)
    tracked = tracked_from_ids(Labels.from_array(labels), {c: (p,) for c, p in parents.items()})
    write_ctc(tmp_path / "01_RES", tracked)
    write_geff(tmp_path / "g.geff", tracked)
    ctc = load_ctc_data(str(tmp_path / "01_RES")).graph
    geff = load_geff_data(str(tmp_path / "g.geff"), load_all_props=True).graph

    def places(graph):
        of = {n: (d["t"], round(d["y"], 6), round(d["x"], 6)) for n, d in graph.nodes(data=True)}
        return sorted(of.values()), sorted((of[a], of[b]) for a, b in graph.edges)

    assert places(geff) == places(ctc)
    assert (len(geff.nodes), len(geff.edges)) == (20, 19)
    assert sorted(d["track_id"] for _, d in geff.nodes(data=True)) == [1] * 4 + [2] * 8 + [3] * 8
