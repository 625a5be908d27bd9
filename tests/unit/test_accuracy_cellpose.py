"""What the page of accuracies says of self-training is what its table holds."""

import numpy as np
import pandas as pd
import pytest
from accuracy_cellpose import gains, interval, verdict
from accuracy_page import with_section
from scipy.stats import ttest_1samp


def table(gain, *, light="dim", rule="never", kept=1):
    """Three seeds of two movies; `gain` over an IoU of 0.5, by seed and round."""
    return pd.DataFrame(
        {
            "light": light,
            "rule": rule,
            "seed": seed,
            "round": number,
            "movie": movie,
            "iou": 0.5 + 0.1 * movie + (gain[seed] * number),
            "kept": number == kept,
        }
        for seed in range(3)
        for number in range(3)
        for movie in range(2)
    )


def test_gains_are_paired_with_the_first_round_of_the_same_movies():
    found = gains(table([0.1, 0.2, -0.1]))
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found[2], [0.2, 0.4, -0.2])


def test_the_interval_is_that_of_a_t_test():
    values = [0.1, 0.2, 0.15]
    low, high = ttest_1samp(values, 0).confidence_interval()
    assert interval(values) == f"+0.150 ({low:+.3f} to {high:+.3f})"
    assert interval([0.1]) == "+0.100"


@pytest.mark.parametrize(
    ("gain", "line"), [([0.1, 0.2, 0.1], 0), ([-0.1, -0.2, -0.1], 1), ([0.1, -0.1, 0.1], 2)]
)
def test_harm_is_told_as_plainly_as_help(gain, line):
    told = verdict(table(gain))
    assert ["round 1" in each for each in told[:3]] == [i == line for i in range(3)]
    assert f"at worst {min(gain):+.3f}" in told[3]


def test_a_stretch_that_does_nothing_is_told():
    both = pd.concat([table([0.1] * 3), table([0.1] * 3, rule="adaptive")])
    assert "changes the IoU of 0 of 6 movies" in verdict(both)[-1]


def test_one_section_of_a_page_is_replaced_and_the_others_stay():
    page = "# Head\n\nWords.\n\n## One\n\n1\n\n### Part\n\n## Two\n\n2\n"
    assert with_section(page, "## One\n\nnew") == page.replace("1\n\n### Part", "new")
    assert with_section(page, "## Three\n\n3") == page + "\n## Three\n\n3\n"
