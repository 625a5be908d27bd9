"""study.toml and samples.csv: what is accepted, and what is said of the rest."""

import pytest

from lamella.core.errors import FaultsError, InputError, SettingsError
from lamella.measure import GROUPS
from lamella.run.init import find_movies, write_study
from lamella.run.samples import read_samples
from lamella.run.settings import read_settings, settings_from
from lamella.run.single import segmenter_from
from lamella.run.study import open_study
from lamella.segment import External, MultiOtsu


def test_nothing_set_is_a_whole_study():
    settings = settings_from({}, where="study.toml")
    assert list(settings.objects) == ["cell"]
    groups = ["migration", "walks", "region", "lamellipodium", "protrusion", "edge", "compartment"]
    assert list(settings.measure.groups) == groups
    assert tuple(settings.measure.groups.values()) == GROUPS  # as `measure` has them
    assert settings.objects["cell"].normaliser.rule == "never"


def test_groups_and_centring_can_be_turned_off():
    settings = settings_from(
        {"measure": {"lamellipodium": False}, "objects": {"cell": {"centre": False}}}, where="s"
    )
    groups = ["migration", "walks", "region", "protrusion", "edge", "compartment"]
    assert list(settings.measure.groups) == groups
    assert not settings.objects["cell"].centre


def test_models_that_depend_on_the_grey_scale_get_the_adaptive_rule():
    values = {"objects": {"cell": {"segment": {"method": "external", "function": "m:f"}}}}
    assert settings_from(values, where="s").objects["cell"].normaliser.rule == "adaptive"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"objects": {"cell": {"segment": {"method": "multiotsu", "clases": 3}}}},
            r"clases: unknown setting; did you mean 'classes'\?",
        ),
        ({"mesure": {}}, r"mesure: unknown setting; did you mean 'measure'\?"),
        ({"measure": {"sightings": {"min_iuo": 1}}}, r"min_iuo: unknown setting.*'min_iou'"),
        ({"scale": {"pixel_size": 1}}, r"\[scale\] pixel_size: unknown setting.*'pixel_size_um'"),
        ({"scale": {"interval_min": "sometimes"}}, r"\[scale\].*'sometimes' is not accepted"),
        (
            {"objects": {"cell": {"segment": {"method": "cellpoze"}}}},
            "segment: .cellpoze. is no method; set method to .*multiotsu",
        ),
        ({"measure": {"lamellipodium": {"percentile": 100}}}, "percentile: 100 is not accepted"),
        ({"objects": {}}, "objects"),
    ],
)
def test_what_is_wrong_is_told(values, told):
    with pytest.raises(FaultsError, match=told):
        settings_from(values, where="study.toml")


def test_every_fault_is_told_at_once():
    with pytest.raises(FaultsError) as caught:
        settings_from({"titel": "x", "scale": {"axis": "TYX"}}, where="study.toml")
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_is_no_toml(tmp_path):
    (tmp_path / "study.toml").write_text("[scale\n")
    with pytest.raises(SettingsError, match="it is not TOML"):
        read_settings(tmp_path / "study.toml")
    with pytest.raises(SettingsError, match=r"no such file.*lamella init"):
        read_settings(tmp_path / "other.toml")


class TestSamples:
    def read(self, tmp_path, text):
        (tmp_path / "samples.csv").write_text(text)
        return read_samples(tmp_path / "samples.csv")

    def test_names_come_from_paths(self, tmp_path):
        (sample,) = self.read(tmp_path, "path,condition\nki1/12.tif,ki\n")
        assert (sample.movie, sample.session, sample.fault) == ("ki1__12", "1", None)

    def test_a_row_tells_all_that_is_wrong_with_it(self, tmp_path):
        (sample,) = self.read(tmp_path, "movie,path,condition,z\n../d,d.tif,,top\n")
        assert str(sample.fault).endswith(
            "line 2 (../d): the movie's name is not safe as a folder name, and it has no condition"
            ", and z = 'top' names no slices; use letters, digits, '_', '-' and '.'; fill in the "
            "column condition; write max, mean, or the number of one slice, the first being 0"
        )

    def test_faults_belong_to_their_rows(self, tmp_path):
        samples = self.read(
            tmp_path,
            "movie,path,condition,session\na,a.tif,wt,1\na,a.tif,wt,1\nb,b.tif,,1\nc,,wt,1\n"
            "../d,d.tif,wt,1\ne,e.tif,wt,1\n",
        )
        told = [str(s.fault) if s.fault else "" for s in samples]
        assert "line 3 (a): the same movie twice (first on line 2)" in told[1]
        assert "line 4 (b): it has no condition" in told[2]
        assert "line 5 (c): it has no path" in told[3]
        assert "not safe as a folder name" in told[4]
        assert told[0] == told[5] == ""

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "lists no movie"),
            ("path,condition\n", "lists no movie"),
            ("movie,condition\na,b\n", "no column path"),
            ("path,conditoin\na,b\n", "unknown columns conditoin"),
            ("path,condition\na,b,c\n", "too many fields"),
            ("path,condition,condition\na,b,c\n", "the column 'condition' is there 2 times"),
        ],
    )
    def test_a_table_that_cannot_be_understood(self, tmp_path, text, told):
        with pytest.raises((SettingsError, InputError), match=told):
            self.read(tmp_path, text)


class TestInit:
    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("ki1/3.tif", "ki1/12.tif", "wt2/1.tif", "notes.txt", "wt2/odd.png"):
            (tmp_path / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "raw" / name).write_bytes(b"")
        return tmp_path / "raw"

    def test_finds_movies_and_tells_what_does_not_fit(self, folder):
        found = find_movies(folder, "{condition}{session}/{cell}.tif")
        assert found.samples["movie"].tolist() == ["ki1__3", "ki1__12", "wt2__1"]
        assert found.samples["session"].tolist() == ["1", "1", "2"]
        assert found.ignored == ("wt2/odd.png",)

    def test_a_pattern_that_fits_nothing(self, folder):
        with pytest.raises(SettingsError, match=r"none of the .* fits it, such as ki1"):
            find_movies(folder, "{condition}/{x}/{cell}.tif")

    def test_writes_a_study_that_can_be_opened(self, folder, tmp_path):
        into = tmp_path / "study"
        found = find_movies(folder, "{condition}{session}/{cell}.tif")
        write_study(folder, found, into, pixel_size_um=0.318, interval_min="unknown")
        study = open_study(into)
        assert study.settings.scale.pixel_size_um == 0.318
        assert study.settings.scale.interval_min == "unknown"
        assert study.path_of(study.samples[0]).resolve() == (folder / "ki1/3.tif").resolve()

    def test_never_overwrites_unasked(self, folder):
        found = find_movies(folder, "{condition}{session}/{cell}.tif")
        write_study(folder, found, folder)
        with pytest.raises(Exception, match=r"study.toml: it is there already; use --force"):
            write_study(folder, found, folder)
        write_study(folder, found, folder, force=True)


class TestOptions:
    def test_values_are_read_as_toml(self):
        step = segmenter_from("multiotsu", ["classes=2", "foreground=dark", "fill_holes=false"])
        assert step == MultiOtsu(classes=2, foreground="dark", fill_holes=False)
        step = segmenter_from("external", ["function=m:f", "arguments={a = 1}"])
        assert step == External(function="m:f", arguments={"a": 1})

    @pytest.mark.parametrize(
        ("method", "options", "told"),
        [
            ("multi", [], "there is no such method; use one of.*multiotsu"),
            ("multiotsu", ["clases=2"], "did you mean 'classes'"),
            ("multiotsu", ["classes"], "it has no value"),
            ("multiotsu", ["classes=9"], "not accepted"),
            ("labels", [], "needs pattern; add --set pattern="),
        ],
    )
    def test_faults(self, method, options, told):
        with pytest.raises((SettingsError, FaultsError), match=told):
            segmenter_from(method, options)


def test_a_misspelt_field_of_a_pattern_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"did you mean \{condition\}"):
        find_movies(tmp_path, "{conditon}/{cell}.tif")


def test_the_results_of_a_run_are_no_movies(tmp_path):
    (tmp_path / "WT").mkdir()
    (tmp_path / "WT" / "a.png").write_bytes(b"")
    (tmp_path / "results" / "figures").mkdir(parents=True)
    (tmp_path / "results" / "study.lock.toml").write_text("")
    (tmp_path / "results" / "figures" / "x.png").write_bytes(b"")
    found = find_movies(tmp_path, "{condition}/{cell}.png")
    assert found.samples["path"].tolist() == ["WT/a.png"]
    assert found.ignored == ()


def test_a_setting_that_is_needed_is_named():
    values = {"measure": {"background": {"method": "offset"}}}
    with pytest.raises(FaultsError, match=r"\[measure.background\] offset: it is missing"):
        settings_from(values, where="study.toml")


def test_a_setting_of_another_table_is_told_where_it_stands():
    with pytest.raises(FaultsError, match=r"min_iou: unknown setting here; it stands under "
                       r"\[measure\.sightings\]"):  # fmt: skip
        settings_from({"measure": {"migration": {"min_iou": 0.4}}}, where="study.toml")
