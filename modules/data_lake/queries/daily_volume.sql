-- Transactions (rejected ones, too), customers, amount and suspected frauds of each day and currency.
-- Parameters: first_day date, last_day date, first_day date, last_day date
WITH lines AS (
    SELECT
        transaction_id,
        customer_id,
        currency,
        CAST(amount AS decimal(18, 3)) AS amount,
        is_fraud,
        concat(year, '-', month, '-', day) AS event_day,
        row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place
    FROM ${raw_transactions}
    -- The years first: Athena then lists no partitions of others. All lines of a transaction lie in one partition.
    WHERE year BETWEEN substr(?, 1, 4) AND substr(?, 1, 4)
        AND concat(year, '-', month, '-', day) BETWEEN ? AND ?
)
SELECT
    event_day AS day,
    currency,
    count(*) AS transactions,
    count(DISTINCT customer_id) AS customers,
    sum(amount) AS amount,
    count(*) FILTER (WHERE is_fraud) AS frauds
FROM lines
WHERE place = 1
GROUP BY event_day, currency
ORDER BY event_day, currency
