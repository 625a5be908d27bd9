"""What the methods rest on, numbered in the order in which a text names it."""

from __future__ import annotations

REFERENCES: dict[str, str] = {
    "benjamini": "Benjamini Y, Hochberg Y. Controlling the false discovery rate. J R Stat Soc B 57,"
    " 289–300 (1995). doi:10.1111/j.2517-6161.1995.tb02031.x",
    "cellpose": "Stringer C et al. Cellpose: a generalist algorithm for cellular segmentation. Nat"
    " Methods 18, 100–106 (2021). doi:10.1038/s41592-020-01018-x",
    "cliff": "Cliff N. Dominance statistics. Psychol Bull 114, 494–509 (1993)."
    " doi:10.1037/0033-2909.114.3.494",
    "cohen": "Cohen J. Statistical power analysis for the behavioral sciences, 2nd edn (1988)."
    " doi:10.4324/9780203771587",
    "cumming": "Cumming G, Finch S. A primer on confidence intervals based on noncentral"
    " distributions. Educ Psychol Meas 61, 532–574 (2001). doi:10.1177/0013164401614002",
    "dempster": "Dempster AP, Laird NM, Rubin DB. Maximum likelihood from incomplete data via the"
    " EM algorithm. J R Stat Soc B 39, 1–38 (1977). doi:10.1111/j.2517-6161.1977.tb01600.x",
    "furth": "Fürth R. Die Brownsche Bewegung bei Berücksichtigung einer Persistenz der"
    " Bewegungsrichtung. Z Phys 2, 244–256 (1920). doi:10.1007/BF01328731",
    "hedges": "Hedges LV. Distribution theory for Glass’s estimator of effect size. J Educ Stat 6,"
    " 107–128 (1981). doi:10.3102/10769986006002107",
    "hesterberg": "Hesterberg TC. What teachers should know about the bootstrap. Am Stat 69,"
    " 371–386 (2015). doi:10.1080/00031305.2015.1089789",
    "holm": "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 6, 65–70"
    " (1979).",
    "hothorn": "Hothorn T, Bretz F, Westfall P. Simultaneous inference in general parametric"
    " models. Biom J 50, 346–363 (2008). doi:10.1002/bimj.200810425",
    "imagej": "Schneider CA, Rasband WS, Eliceiri KW. NIH Image to ImageJ: 25 years of image"
    " analysis. Nat Methods 9, 671–675 (2012). doi:10.1038/nmeth.2089",
    "jackknife": "MacKinnon JG, Nielsen MØ, Webb MD. Fast and reliable jackknife and bootstrap"
    " methods for cluster-robust inference. J Appl Econom 38, 671–694 (2023)."
    " doi:10.1002/jae.2969",
    "jaqaman": "Jaqaman K et al. Robust single-particle tracking in live-cell time-lapse sequences."
    " Nat Methods 5, 695–702 (2008). doi:10.1038/nmeth.1237",
    "jones": "Jones TR, Carpenter A, Golland P. Voronoi-based segmentation of cells on image"
    " manifolds. Lect Notes Comput Sci 3765, 535–543 (2005). doi:10.1007/11569541_54",
    "jonker": "Jonker R, Volgenant A. A shortest augmenting path algorithm for dense and sparse"
    " linear assignment problems. Computing 38, 325–340 (1987). doi:10.1007/BF02278710",
    "laird": "Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics 38,"
    " 963–974 (1982). doi:10.2307/2529876",
    "lazic": "Lazic SE. The problem of pseudoreplication in neuroscientific studies. BMC Neurosci"
    " 11, 5 (2010). doi:10.1186/1471-2202-11-5",
    "lord": "Lord SJ et al. SuperPlots: communicating reproducibility and variability in cell"
    " biology. J Cell Biol 219, e202001064 (2020). doi:10.1083/jcb.202001064",
    "mackinnon": "MacKinnon JG, White H. Some heteroskedasticity-consistent covariance matrix"
    " estimators. J Econom 29, 305–325 (1985). doi:10.1016/0304-4076(85)90158-7",
    "miura": "Miura K. Bleach correction ImageJ plugin for compensating the photobleaching of"
    " time-lapse sequences. F1000Research 9, 1494 (2020). doi:10.12688/f1000research.27171.1",
    "numpy": "Harris CR et al. Array programming with NumPy. Nature 585, 357–362 (2020)."
    " doi:10.1038/s41586-020-2649-2",
    "otsu": "Otsu N. A threshold selection method from gray-level histograms. IEEE Trans Syst Man"
    " Cybern 9, 62–66 (1979). doi:10.1109/TSMC.1979.4310076",
    "protrusion": "Gómez-de-Mariscal E et al. Search for temporal cell segmentation robustness in"
    " phase-contrast microscopy videos. arXiv (2021). doi:10.48550/arXiv.2112.08817",
    "qian": "Qian H, Sheetz MP, Elson EL. Single particle tracking. Biophys J 60, 910–921 (1991)."
    " doi:10.1016/S0006-3495(91)82125-7",
    "robitaille": "Robitaille MC et al. Self-supervised machine learning for live cell imagery"
    " segmentation. Commun Biol 5, 1162 (2022). doi:10.1038/s42003-022-04117-x",
    "machacek": "Machacek M, Danuser G. Morphodynamic profiling of protrusion phenotypes. Biophys J"
    " 90, 1439–1452 (2006). doi:10.1529/biophysj.105.070383",
    "schuirmann": "Schuirmann DJ. A comparison of the two one-sided tests procedure and the power"
    " approach. J Pharmacokinet Biopharm 15, 657–680 (1987). doi:10.1007/BF01068419",
    "scikit-image": "van der Walt S et al. scikit-image: image processing in Python. PeerJ 2, e453"
    " (2014). doi:10.7717/peerj.453",
    "scipy": "Virtanen P et al. SciPy 1.0. Nat Methods 17, 261–272 (2020)."
    " doi:10.1038/s41592-019-0686-2",
    "singh": "Singh S et al. Pipeline for illumination correction of images for high-throughput"
    " microscopy. J Microsc 256, 231–236 (2014). doi:10.1111/jmi.12178",
    "sternberg": "Sternberg SR. Biomedical image processing. Computer 16, 22–34 (1983)."
    " doi:10.1109/MC.1983.1654163",
    "statsmodels": "Seabold S, Perktold J. statsmodels: econometric and statistical modeling with"
    " Python. Proc 9th Python in Science Conf, 92–96 (2010). doi:10.25080/Majora-92bf1922-011",
    "huber": "Huber PJ. Robust estimation of a location parameter. Ann Math Stat 35, 73–101 (1964)."
    " doi:10.1214/aoms/1177703732",
    "wedderburn": "Wedderburn RWM. Quasi-likelihood functions, generalized linear models, and the"
    " Gauss–Newton method. Biometrika 61, 439–447 (1974). doi:10.1093/biomet/61.3.439",
}


class Citations:
    """Numbers in brackets, given out as works are first named.

    >>> cite = Citations()
    >>> cite("otsu"), cite("holm", "otsu"), [text[:4] for text in cite.listed]
    ('[1]', '[1,2]', ['Otsu', 'Holm'])
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, *names: str) -> str:
        found = [self._numbers.setdefault(name, len(self._numbers) + 1) for name in names]
        return f"[{','.join(map(str, sorted(found)))}]"

    @property
    def listed(self) -> list[str]:
        """The works in the order of their numbers."""
        return [REFERENCES[name] for name in self._numbers]
