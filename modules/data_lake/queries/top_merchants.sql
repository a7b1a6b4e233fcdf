-- The merchants with the largest sums of each currency, which cannot be compared with each other.
-- Parameters: first_day date, last_day date, first_day date, last_day date, places number
WITH lines AS (
    SELECT
        transaction_id,
        customer_id,
        merchant_id,
        currency,
        CAST(amount AS decimal(18, 3)) AS amount,
        is_fraud,
        row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place
    FROM ${raw_transactions}
    WHERE year BETWEEN substr(?, 1, 4) AND substr(?, 1, 4)
        AND concat(year, '-', month, '-', day) BETWEEN ? AND ?
),
sums AS (
    SELECT
        currency,
        merchant_id,
        count(*) AS transactions,
        count(DISTINCT customer_id) AS customers,
        sum(amount) AS amount,
        count(*) FILTER (WHERE is_fraud) AS frauds
    FROM lines
    WHERE place = 1
    GROUP BY currency, merchant_id
),
places AS (
    SELECT sums.*, row_number() OVER (PARTITION BY currency ORDER BY amount DESC, merchant_id) AS place
    FROM sums
)
SELECT currency, place, merchant_id, transactions, customers, amount, frauds
FROM places
WHERE place <= ?
ORDER BY currency, place
