-- Who may do what. The role of the schedule loads and sees nothing; BI tools read the views and nothing below them.
-- Give a person or a tool the second: GRANT ROLE warehouse_reader TO "IAMR:analysts".

CREATE ROLE warehouse_loader;

CREATE ROLE warehouse_reader;

GRANT USAGE ON SCHEMA warehouse TO ROLE warehouse_loader;

GRANT EXECUTE ON PROCEDURE warehouse.load_lake(INTEGER) TO ROLE warehouse_loader;

GRANT EXECUTE ON PROCEDURE warehouse.require_partitions(INTEGER) TO ROLE warehouse_loader;

-- The database user that Redshift makes of the schedule's IAM role.
CREATE USER "IAMR:${loader_role_name}" PASSWORD DISABLE;

GRANT ROLE warehouse_loader TO "IAMR:${loader_role_name}";

GRANT USAGE ON SCHEMA bi TO ROLE warehouse_reader;

GRANT SELECT ON bi.daily_volume TO ROLE warehouse_reader;

GRANT SELECT ON bi.fraud_trend TO ROLE warehouse_reader;

GRANT SELECT ON bi.customer_360 TO ROLE warehouse_reader;

GRANT SELECT ON bi.merchant_risk TO ROLE warehouse_reader;
