"""Objects that are positive for a signal: thresholds by plate, fractions by field and by well."""

from lamella.statistics.positives.controls import ByControls as ByControls
from lamella.statistics.positives.counts import fields_of as fields_of
from lamella.statistics.positives.counts import wells_of as wells_of
from lamella.statistics.positives.counts import with_positives as with_positives
from lamella.statistics.positives.given import ByValue as ByValue
from lamella.statistics.positives.mixture import ByMixture as ByMixture
from lamella.statistics.positives.otsu import ByOtsu as ByOtsu
from lamella.statistics.positives.step import Judged as Judged
from lamella.statistics.positives.step import Positives as Positives
from lamella.statistics.positives.step import Threshold as Threshold
