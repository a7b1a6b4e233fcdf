-- Views for BI tools. Amounts are by currency everywhere. Decided is what has is_fraud: rejected and failed transactions
-- have none, and count nowhere but in the reconciliation.

CREATE OR REPLACE VIEW bi.daily_volume AS
SELECT
    dates.day,
    facts.currency,
    COUNT(*) AS transactions,
    COUNT(DISTINCT facts.customer_key) AS customers,
    COUNT(DISTINCT facts.merchant_key) AS merchants,
    CAST(SUM(facts.amount) AS DECIMAL(28, 3)) AS total_amount,
    -- With six decimals from the start: Redshift's AVG keeps those of the amount only.
    CAST(CAST(SUM(facts.amount) AS DECIMAL(28, 6)) / COUNT(*) AS DECIMAL(28, 6)) AS average_amount,
    MIN(facts.amount) AS minimum_amount,
    MAX(facts.amount) AS maximum_amount
FROM warehouse.fact_transactions AS facts
INNER JOIN warehouse.dim_date AS dates ON dates.date_key = facts.date_key
WHERE facts.is_fraud IS NOT NULL
GROUP BY dates.day, facts.currency;

-- A row for each day from the first to the last with a decision, so that seven rows are seven days.
CREATE OR REPLACE VIEW bi.fraud_trend AS
WITH days AS (
    SELECT
        facts.date_key,
        COUNT(*) AS transactions,
        SUM(CASE WHEN facts.is_fraud THEN 1 ELSE 0 END) AS frauds,
        SUM(CASE WHEN facts.label = 'fraud' THEN 1 ELSE 0 END) AS labelled_fraud,
        SUM(CASE WHEN facts.label = 'genuine' THEN 1 ELSE 0 END) AS labelled_genuine,
        SUM(CASE WHEN facts.label = 'fraud' AND NOT facts.is_fraud THEN 1 ELSE 0 END) AS missed_frauds,
        SUM(CASE WHEN facts.label = 'genuine' AND facts.is_fraud THEN 1 ELSE 0 END) AS false_alarms
    FROM warehouse.fact_transactions AS facts
    WHERE facts.is_fraud IS NOT NULL
    GROUP BY facts.date_key
),
calendar AS (
    SELECT dates.date_key, dates.day
    FROM warehouse.dim_date AS dates
    WHERE dates.date_key >= (SELECT MIN(days.date_key) FROM days) AND dates.date_key <= (SELECT MAX(days.date_key) FROM days)
),
counted AS (
    SELECT
        calendar.day,
        COALESCE(days.transactions, 0) AS transactions,
        COALESCE(days.frauds, 0) AS frauds,
        COALESCE(days.labelled_fraud, 0) AS labelled_fraud,
        COALESCE(days.labelled_genuine, 0) AS labelled_genuine,
        COALESCE(days.missed_frauds, 0) AS missed_frauds,
        COALESCE(days.false_alarms, 0) AS false_alarms,
        SUM(COALESCE(days.transactions, 0)) OVER (ORDER BY calendar.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS transactions_of_7_days,
        SUM(COALESCE(days.frauds, 0)) OVER (ORDER BY calendar.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS frauds_of_7_days
    FROM calendar
    LEFT JOIN days ON days.date_key = calendar.date_key
)
SELECT
    counted.day,
    counted.transactions,
    counted.frauds,
    CAST(CAST(counted.frauds AS DECIMAL(18, 6)) / NULLIF(counted.transactions, 0) AS DECIMAL(9, 6)) AS fraud_rate,
    CAST(CAST(counted.frauds_of_7_days AS DECIMAL(18, 6)) / NULLIF(CAST(counted.transactions_of_7_days AS BIGINT), 0) AS DECIMAL(9, 6)) AS fraud_rate_of_7_days,
    counted.labelled_fraud,
    counted.labelled_genuine,
    counted.missed_frauds,
    counted.false_alarms
FROM counted;

-- One row a customer and currency.
CREATE OR REPLACE VIEW bi.customer_360 AS
WITH sums AS (
    SELECT
        facts.customer_key,
        facts.currency,
        COUNT(*) AS transactions,
        CAST(SUM(facts.amount) AS DECIMAL(28, 3)) AS total_amount,
        CAST(CAST(SUM(facts.amount) AS DECIMAL(28, 6)) / COUNT(*) AS DECIMAL(28, 6)) AS average_amount,
        MAX(facts.amount) AS maximum_amount,
        COUNT(DISTINCT facts.merchant_key) AS merchants,
        SUM(CASE WHEN facts.is_fraud THEN 1 ELSE 0 END) AS frauds,
        SUM(CASE WHEN facts.label = 'fraud' THEN 1 ELSE 0 END) AS labelled_fraud,
        CAST(SUM(CASE WHEN facts.occurred_at >= GETDATE() - INTERVAL '30 days' THEN facts.amount ELSE 0 END) AS DECIMAL(28, 3)) AS amount_of_30_days,
        MAX(facts.occurred_at) AS last_transaction_at
    FROM warehouse.fact_transactions AS facts
    WHERE facts.is_fraud IS NOT NULL
    GROUP BY facts.customer_key, facts.currency
),
categories AS (
    SELECT
        facts.customer_key,
        facts.currency,
        facts.category_key,
        ROW_NUMBER() OVER (PARTITION BY facts.customer_key, facts.currency ORDER BY COUNT(*) DESC, facts.category_key) AS place
    FROM warehouse.fact_transactions AS facts
    WHERE facts.is_fraud IS NOT NULL
    GROUP BY facts.customer_key, facts.currency, facts.category_key
)
SELECT
    customers.customer_id,
    sums.currency,
    customers.first_seen,
    customers.last_seen,
    sums.transactions,
    sums.total_amount,
    sums.average_amount,
    sums.maximum_amount,
    sums.amount_of_30_days,
    sums.last_transaction_at,
    sums.merchants,
    favourites.merchant_category AS usual_category,
    sums.frauds,
    sums.labelled_fraud
FROM sums
INNER JOIN warehouse.dim_customer AS customers ON customers.customer_key = sums.customer_key
INNER JOIN categories ON categories.customer_key = sums.customer_key AND categories.currency = sums.currency AND categories.place = 1
INNER JOIN warehouse.dim_category AS favourites ON favourites.category_key = categories.category_key;

-- Rates of few transactions mislead: enough_decisions says where there are 20 or more.
CREATE OR REPLACE VIEW bi.merchant_risk AS
WITH sums AS (
    SELECT
        facts.merchant_key,
        COUNT(*) AS transactions,
        COUNT(DISTINCT facts.customer_key) AS customers,
        SUM(CASE WHEN facts.is_fraud THEN 1 ELSE 0 END) AS frauds,
        SUM(CASE WHEN facts.label = 'fraud' THEN 1 ELSE 0 END) AS labelled_fraud,
        SUM(CASE WHEN facts.label = 'genuine' THEN 1 ELSE 0 END) AS labelled_genuine,
        SUM(CASE WHEN facts.occurred_at >= GETDATE() - INTERVAL '28 days' THEN 1 ELSE 0 END) AS transactions_of_28_days,
        SUM(CASE WHEN facts.is_fraud AND facts.occurred_at >= GETDATE() - INTERVAL '28 days' THEN 1 ELSE 0 END) AS frauds_of_28_days,
        CAST(CAST(SUM(facts.risk_score) AS DECIMAL(18, 6)) / COUNT(facts.risk_score) AS DECIMAL(7, 6)) AS average_risk
    FROM warehouse.fact_transactions AS facts
    WHERE facts.is_fraud IS NOT NULL
    GROUP BY facts.merchant_key
)
SELECT
    merchants.merchant_id,
    merchants.latest_category,
    sums.transactions,
    sums.customers,
    sums.frauds,
    CAST(CAST(sums.frauds AS DECIMAL(18, 6)) / sums.transactions AS DECIMAL(9, 6)) AS fraud_rate,
    sums.transactions_of_28_days,
    sums.frauds_of_28_days,
    CAST(CAST(sums.frauds_of_28_days AS DECIMAL(18, 6)) / NULLIF(sums.transactions_of_28_days, 0) AS DECIMAL(9, 6)) AS fraud_rate_of_28_days,
    sums.average_risk,
    sums.labelled_fraud,
    sums.labelled_genuine,
    sums.transactions >= 20 AS enough_decisions
FROM sums
INNER JOIN warehouse.dim_merchant AS merchants ON merchants.merchant_key = sums.merchant_key;

-- The last 35 days, by day, status and currency: the table of the API as the daily report counted it, the lake's lines,
-- and the warehouse. It reads the lake, so it costs a scan, and its reader needs USAGE on the schema lake.
CREATE OR REPLACE VIEW bi.reconciliation AS
WITH lines AS (
    SELECT
        versions.year || versions.month || versions.day AS partition_day,
        versions.status,
        versions.currency,
        versions.amount,
        ROW_NUMBER() OVER (PARTITION BY versions.transaction_id ORDER BY versions.revision DESC, versions.label_revision DESC) AS place
    FROM lake.raw_transactions AS versions
    WHERE versions.year || versions.month || versions.day
        BETWEEN TO_CHAR(GETDATE() - INTERVAL '35 days', 'YYYYMMDD') AND TO_CHAR(GETDATE() + INTERVAL '1 day', 'YYYYMMDD')
),
sides AS (
    SELECT
        CAST(lines.partition_day AS INTEGER) AS date_key,
        lines.status,
        COALESCE(lines.currency, '') AS currency,
        CAST(0 AS BIGINT) AS table_transactions,
        CAST(1 AS BIGINT) AS lake_transactions,
        CAST(0 AS BIGINT) AS warehouse_transactions,
        CAST(0 AS DECIMAL(28, 3)) AS table_amount,
        CAST(COALESCE(lines.amount, 0) AS DECIMAL(28, 3)) AS lake_amount,
        CAST(0 AS DECIMAL(28, 3)) AS warehouse_amount
    FROM lines
    WHERE lines.place = 1
    UNION ALL
    SELECT
        CAST(REPLACE(counts.day, '-', '') AS INTEGER),
        counts.status,
        COALESCE(counts.currency, ''),
        counts.transactions,
        0,
        0,
        COALESCE(counts.amount, 0),
        0,
        0
    FROM lake.table_counts AS counts
    WHERE counts.day
        BETWEEN TO_CHAR(GETDATE() - INTERVAL '35 days', 'YYYY-MM-DD') AND TO_CHAR(GETDATE() + INTERVAL '1 day', 'YYYY-MM-DD')
    UNION ALL
    SELECT
        facts.date_key,
        statuses.status,
        COALESCE(facts.currency, ''),
        0,
        0,
        1,
        0,
        0,
        COALESCE(facts.amount, 0)
    FROM warehouse.fact_transactions AS facts
    INNER JOIN warehouse.dim_status AS statuses ON statuses.status_key = facts.status_key
    WHERE facts.date_key >= CAST(TO_CHAR(GETDATE() - INTERVAL '35 days', 'YYYYMMDD') AS INTEGER)
),
sums AS (
    SELECT
        sides.date_key,
        sides.status,
        sides.currency,
        SUM(sides.table_transactions) AS table_transactions,
        SUM(sides.lake_transactions) AS lake_transactions,
        SUM(sides.warehouse_transactions) AS warehouse_transactions,
        CAST(SUM(sides.table_amount) AS DECIMAL(28, 3)) AS table_amount,
        CAST(SUM(sides.lake_amount) AS DECIMAL(28, 3)) AS lake_amount,
        CAST(SUM(sides.warehouse_amount) AS DECIMAL(28, 3)) AS warehouse_amount
    FROM sides
    GROUP BY sides.date_key, sides.status, sides.currency
),
counted_days AS (
    SELECT DISTINCT CAST(REPLACE(counts.day, '-', '') AS INTEGER) AS date_key
    FROM lake.table_counts AS counts
    WHERE counts.day
        BETWEEN TO_CHAR(GETDATE() - INTERVAL '35 days', 'YYYY-MM-DD') AND TO_CHAR(GETDATE() + INTERVAL '1 day', 'YYYY-MM-DD')
)
SELECT
    dates.day,
    sums.status,
    sums.currency,
    sums.table_transactions,
    sums.lake_transactions,
    sums.warehouse_transactions,
    sums.table_amount,
    sums.lake_amount,
    sums.warehouse_amount,
    CASE
        -- What is not decided yet is in the table only.
        WHEN sums.status = 'RECEIVED' THEN 'undecided'
        WHEN sums.lake_transactions <> sums.warehouse_transactions OR sums.lake_amount <> sums.warehouse_amount THEN 'warehouse differs'
        WHEN counted_days.date_key IS NULL THEN 'table not counted'
        WHEN sums.table_transactions <> sums.lake_transactions OR sums.table_amount <> sums.lake_amount THEN 'lake differs'
        ELSE 'equal'
    END AS verdict
FROM sums
INNER JOIN warehouse.dim_date AS dates ON dates.date_key = sums.date_key
LEFT JOIN counted_days ON counted_days.date_key = sums.date_key
WITH NO SCHEMA BINDING;
