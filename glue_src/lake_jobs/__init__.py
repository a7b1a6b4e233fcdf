"""What the Spark jobs of the lake have in common: plain PySpark, the same on a laptop and in Glue."""
