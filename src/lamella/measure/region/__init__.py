"""Shape and light of every region: what ImageJ and scikit-image measure, of all regions at once."""

from lamella.measure.region.group import Region
from lamella.measure.region.outline import outline_measures
from lamella.measure.region.table import region_table

__all__ = ["Region", "outline_measures", "region_table"]
