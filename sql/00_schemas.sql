-- The lake as Redshift sees it, and the two schemas of the warehouse.

CREATE SCHEMA IF NOT EXISTS warehouse;

CREATE SCHEMA IF NOT EXISTS bi;

-- Tables of the lake's Glue database, read in place by Spectrum. The definition of each column is the lake's.
CREATE EXTERNAL SCHEMA IF NOT EXISTS lake
FROM DATA CATALOG DATABASE '${glue_database}'
IAM_ROLE '${lake_role_arn}';
