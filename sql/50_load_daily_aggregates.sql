-- Brings the lake's daily aggregates into fact_daily_aggregates, whole days at a time: a day that the Spark job has
-- computed again replaces what is here of it. A day that the lake does not hold is left alone.
CREATE OR REPLACE PROCEDURE warehouse.load_daily_aggregates(lookback_days INTEGER)
AS $$
DECLARE
    started TIMESTAMP;
    watermark TIMESTAMP;
    first_partition VARCHAR(10) := '0000-00-00';
    last_partition VARCHAR(10);
    rows_staged BIGINT;
    rows_deleted BIGINT := 0;
    rows_inserted BIGINT := 0;
    first_staged DATE;
    last_staged DATE;
BEGIN
    IF lookback_days IS NULL OR lookback_days < 0 THEN
        RAISE EXCEPTION 'lookback_days must be 0 or more, not %', lookback_days;
    END IF;

    LOCK warehouse.load_watermarks;
    started := GETDATE();
    last_partition := TO_CHAR(CAST(started AS DATE) + 1, 'YYYY-MM-DD');

    SELECT MAX(marks.loaded_through) INTO watermark FROM warehouse.load_watermarks AS marks WHERE marks.source = 'daily_aggregates';
    IF watermark IS NOT NULL THEN
        first_partition := TO_CHAR(CAST(watermark AS DATE) - lookback_days, 'YYYY-MM-DD');
    END IF;

    DROP TABLE IF EXISTS staged_aggregates;
    CREATE TEMP TABLE staged_aggregates AS
    SELECT
        CAST(REPLACE(aggregates.day, '-', '') AS INTEGER) AS date_key,
        aggregates.customer_id,
        COALESCE(aggregates.merchant_category, '(none)') AS merchant_category,
        aggregates.currency,
        aggregates.transaction_count,
        aggregates.total_amount,
        aggregates.average_amount,
        aggregates.minimum_amount,
        aggregates.maximum_amount,
        aggregates.fraud_count,
        aggregates.spending_change,
        aggregates.unusual_category
    FROM lake.daily_aggregates AS aggregates
    WHERE aggregates.day BETWEEN first_partition AND last_partition;

    SELECT COUNT(*) INTO rows_staged FROM staged_aggregates;

    IF rows_staged > 0 THEN
        SELECT TO_DATE(CAST(MIN(staged.date_key) AS VARCHAR(8)), 'YYYYMMDD'), TO_DATE(CAST(MAX(staged.date_key) AS VARCHAR(8)), 'YYYYMMDD')
        INTO first_staged, last_staged
        FROM staged_aggregates AS staged;
        CALL warehouse.add_days(first_staged, last_staged);

        -- Both loads add the members they meet: which of them comes first does not matter.
        INSERT INTO warehouse.dim_customer (customer_id)
        SELECT DISTINCT staged.customer_id
        FROM staged_aggregates AS staged
        LEFT JOIN warehouse.dim_customer AS known ON known.customer_id = staged.customer_id
        WHERE known.customer_id IS NULL;

        INSERT INTO warehouse.dim_category (merchant_category)
        SELECT DISTINCT staged.merchant_category
        FROM staged_aggregates AS staged
        LEFT JOIN warehouse.dim_category AS known ON known.merchant_category = staged.merchant_category
        WHERE known.merchant_category IS NULL;

        DELETE FROM warehouse.fact_daily_aggregates
        WHERE fact_daily_aggregates.date_key IN (SELECT staged.date_key FROM staged_aggregates AS staged);
        GET DIAGNOSTICS rows_deleted := ROW_COUNT;

        INSERT INTO warehouse.fact_daily_aggregates (
            date_key, customer_key, category_key, currency, transaction_count, total_amount, average_amount,
            minimum_amount, maximum_amount, fraud_count, spending_change, unusual_category
        )
        SELECT
            staged.date_key,
            customers.customer_key,
            categories.category_key,
            staged.currency,
            staged.transaction_count,
            staged.total_amount,
            staged.average_amount,
            staged.minimum_amount,
            staged.maximum_amount,
            staged.fraud_count,
            staged.spending_change,
            staged.unusual_category
        FROM staged_aggregates AS staged
        INNER JOIN warehouse.dim_customer AS customers ON customers.customer_id = staged.customer_id
        INNER JOIN warehouse.dim_category AS categories ON categories.merchant_category = staged.merchant_category;
        GET DIAGNOSTICS rows_inserted := ROW_COUNT;

        IF rows_inserted <> rows_staged THEN
            RAISE EXCEPTION '% aggregates were to be written, but % were: a dimension lacks a member, or has one twice', rows_staged, rows_inserted;
        END IF;

        SELECT GREATEST(watermark, CASE WHEN CAST(last_staged AS TIMESTAMP) > started THEN started ELSE CAST(last_staged AS TIMESTAMP) END)
        INTO watermark;
        DELETE FROM warehouse.load_watermarks WHERE load_watermarks.source = 'daily_aggregates';
        INSERT INTO warehouse.load_watermarks (source, loaded_through, loaded_at) VALUES ('daily_aggregates', watermark, started);
    END IF;

    INSERT INTO warehouse.load_runs (source, started_at, ended_at, from_day, rows_replaced, rows_written)
    VALUES ('daily_aggregates', started, GETDATE(), first_partition, rows_deleted, rows_inserted);
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;
