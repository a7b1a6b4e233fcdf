-- Suspected fraud of each day, its share of the day and of the 7 days up to it, and what labels say by now.
-- Parameters: first_day date, last_day date, first_day date, last_day date
WITH lines AS (
    SELECT
        transaction_id,
        is_fraud,
        CAST(risk_score AS double) AS risk_score,
        CAST(label AS varchar) AS label,
        concat(year, '-', month, '-', day) AS event_day,
        row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place
    FROM ${raw_transactions}
    WHERE year BETWEEN substr(?, 1, 4) AND substr(?, 1, 4)
        AND concat(year, '-', month, '-', day) BETWEEN ? AND ?
),
days AS (
    SELECT
        event_day,
        count(*) AS transactions,
        count(*) FILTER (WHERE is_fraud) AS frauds,
        avg(risk_score) AS average_risk,
        count(*) FILTER (WHERE label = 'fraud') AS labelled_fraud,
        count(*) FILTER (WHERE label = 'genuine') AS labelled_genuine,
        count(*) FILTER (WHERE label = 'fraud' AND NOT is_fraud) AS missed_frauds,
        count(*) FILTER (WHERE label = 'genuine' AND is_fraud) AS false_alarms
    FROM lines
    WHERE place = 1
    GROUP BY event_day
)
SELECT
    event_day AS day,
    transactions,
    frauds,
    CAST(frauds AS double) / transactions AS fraud_rate,
    -- By date, not by row: a day without transactions is a day, too.
    CAST(sum(frauds) OVER seven_days AS double) / sum(transactions) OVER seven_days AS fraud_rate_of_7_days,
    average_risk,
    labelled_fraud,
    labelled_genuine,
    missed_frauds,
    false_alarms
FROM days
WINDOW seven_days AS (
    ORDER BY CAST(event_day AS date) RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW
)
ORDER BY event_day
