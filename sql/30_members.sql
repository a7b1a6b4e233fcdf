-- Members of dimensions that are known beforehand, and the procedure that adds days.

INSERT INTO warehouse.dim_status (status_key, status, is_open, description)
SELECT members.status_key, members.status, members.is_open, members.description
FROM (
    SELECT 1 AS status_key, 'RECEIVED' AS status, TRUE AS is_open, 'Accepted, not decided yet; never in the lake' AS description
    UNION ALL SELECT 2, 'APPROVED', FALSE, 'Decided: nothing suspicious'
    UNION ALL SELECT 3, 'REVIEW_REQUIRED', TRUE, 'Decided: somebody has to look at it'
    UNION ALL SELECT 4, 'FRAUD_SUSPECTED', TRUE, 'Decided: suspected of fraud'
    UNION ALL SELECT 5, 'DECLINED', FALSE, 'Declined by a person or by a case'
    UNION ALL SELECT 6, 'REJECTED', FALSE, 'Not decided: invalid, or an unknown merchant'
    UNION ALL SELECT 7, 'FAILED', TRUE, 'Not decided: processing broke off'
    UNION ALL SELECT 8, 'HELD', TRUE, 'Waits for people, or for an earlier transaction'
) AS members
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_status AS known WHERE known.status_key = members.status_key
);

-- Adds the days from earliest to latest (at most 100,000) that the calendar lacks.
CREATE OR REPLACE PROCEDURE warehouse.add_days(earliest DATE, latest DATE)
AS $$
BEGIN
    INSERT INTO warehouse.dim_date (date_key, day, year, quarter, month, day_of_month, day_of_week, iso_week, is_weekend)
    WITH digits AS (
        SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
    ),
    days AS (
        SELECT earliest + (a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit) AS calendar_day
        FROM digits AS a
        CROSS JOIN digits AS b
        CROSS JOIN digits AS c
        CROSS JOIN digits AS d
        CROSS JOIN digits AS e
    )
    SELECT
        CAST(TO_CHAR(days.calendar_day, 'YYYYMMDD') AS INTEGER),
        days.calendar_day,
        CAST(EXTRACT(YEAR FROM days.calendar_day) AS SMALLINT),
        CAST(EXTRACT(QUARTER FROM days.calendar_day) AS SMALLINT),
        CAST(EXTRACT(MONTH FROM days.calendar_day) AS SMALLINT),
        CAST(EXTRACT(DAY FROM days.calendar_day) AS SMALLINT),
        -- DOW counts from Sunday, which is 0.
        CAST((CAST(EXTRACT(DOW FROM days.calendar_day) AS INTEGER) + 6) % 7 + 1 AS SMALLINT),
        CAST(EXTRACT(WEEK FROM days.calendar_day) AS SMALLINT),
        EXTRACT(DOW FROM days.calendar_day) IN (0, 6)
    FROM days
    WHERE days.calendar_day <= latest
        AND NOT EXISTS (SELECT 1 FROM warehouse.dim_date AS known WHERE known.day = days.calendar_day);
END;
$$ LANGUAGE plpgsql;

CALL warehouse.add_days(CAST('2020-01-01' AS DATE), CAST('2039-12-31' AS DATE));
