"""`make warehouse`: register the lake's partitions and install the SQL in the Redshift of a deployed system."""
