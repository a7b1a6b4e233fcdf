-- The transactions of one customer, the latest first, each as it stands by now.
-- Parameters: first_day date, last_day date, first_day date, last_day date, customer_id text
WITH lines AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place
    FROM ${raw_transactions}
    WHERE year BETWEEN substr(?, 1, 4) AND substr(?, 1, 4)
        AND concat(year, '-', month, '-', day) BETWEEN ? AND ?
        AND customer_id = ?
)
SELECT
    CAST(occurred_at AS varchar) AS occurred_at,
    transaction_id,
    merchant_id,
    merchant_category,
    transaction_type,
    channel,
    CAST(amount AS decimal(18, 3)) AS amount,
    currency,
    status,
    is_fraud,
    risk_score,
    reasons,
    label
FROM lines
WHERE place = 1
ORDER BY occurred_at DESC, transaction_id
