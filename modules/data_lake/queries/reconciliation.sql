-- The table of transactions against the lake on one day, by status and currency: what differs, and by how much.
-- Parameters: day date, day date, day date, day date, day date
WITH lines AS (
    SELECT
        transaction_id,
        status,
        currency,
        CAST(amount AS decimal(28, 3)) AS amount,
        row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place
    FROM ${raw_transactions}
    WHERE year = substr(?, 1, 4) AND month = substr(?, 6, 2) AND day = substr(?, 9, 2)
),
lake AS (
    SELECT status, coalesce(currency, '') AS currency, count(*) AS transactions, sum(amount) AS amount
    FROM lines
    WHERE place = 1
    GROUP BY status, coalesce(currency, '')
),
counted AS (
    SELECT
        status,
        coalesce(currency, '') AS currency,
        sum(transactions) AS transactions,
        sum(CAST(amount AS decimal(28, 3))) AS amount
    FROM ${table_counts}
    WHERE day = ?
    GROUP BY status, coalesce(currency, '')
),
both_sides AS (
    SELECT
        coalesce(counted.status, lake.status) AS status,
        coalesce(counted.currency, lake.currency) AS currency,
        coalesce(counted.transactions, 0) AS table_transactions,
        coalesce(lake.transactions, 0) AS lake_transactions,
        coalesce(counted.amount, 0) AS table_amount,
        coalesce(lake.amount, 0) AS lake_amount
    FROM counted
    FULL OUTER JOIN lake ON counted.status = lake.status AND counted.currency = lake.currency
)
SELECT
    ? AS day,
    status,
    currency,
    table_transactions,
    lake_transactions,
    table_transactions - lake_transactions AS missing_transactions,
    table_amount,
    lake_amount,
    table_amount - lake_amount AS missing_amount,
    CASE
        -- What is not decided yet is in the table only.
        WHEN status = 'RECEIVED' THEN 'undecided'
        WHEN table_transactions = lake_transactions AND table_amount = lake_amount THEN 'equal'
        ELSE 'differs'
    END AS verdict
FROM both_sides
ORDER BY status, currency
