-- Brings the transactions of the lake's raw lines into fact_transactions.
--
-- It reads the partitions from lookback_days before the watermark on, all of them the first time, and none after
-- tomorrow: each that is registered ahead would be looked for in S3. Of several lines of a transaction the highest
-- (revision, label_revision) counts, and only if it is higher than what is here. So lines may come late, repeated and in
-- any order, and a second run finds nothing to do. All of it is one transaction.
CREATE OR REPLACE PROCEDURE warehouse.load_transactions(lookback_days INTEGER)
AS $$
DECLARE
    started TIMESTAMP;
    watermark TIMESTAMP;
    first_partition VARCHAR(8) := '00000000';
    last_partition VARCHAR(8);
    rows_staged BIGINT;
    rows_deleted BIGINT := 0;
    rows_inserted BIGINT := 0;
    first_staged DATE;
    last_staged DATE;
BEGIN
    IF lookback_days IS NULL OR lookback_days < 0 THEN
        RAISE EXCEPTION 'lookback_days must be 0 or more, not %', lookback_days;
    END IF;

    -- Before anything is read: a second load waits here, and then sees what the first has committed.
    LOCK warehouse.load_watermarks;
    started := GETDATE();
    last_partition := TO_CHAR(CAST(started AS DATE) + 1, 'YYYYMMDD');

    SELECT MAX(marks.loaded_through) INTO watermark FROM warehouse.load_watermarks AS marks WHERE marks.source = 'raw_transactions';
    IF watermark IS NOT NULL THEN
        first_partition := TO_CHAR(CAST(watermark AS DATE) - lookback_days, 'YYYYMMDD');
    END IF;

    DROP TABLE IF EXISTS staged_transactions;
    CREATE TEMP TABLE staged_transactions AS
    SELECT
        lines.transaction_id,
        CAST(lines.partition_day AS INTEGER) AS date_key,
        COALESCE(lines.customer_id, '(none)') AS customer_id,
        COALESCE(lines.merchant_id, '(none)') AS merchant_id,
        COALESCE(lines.merchant_category, '(none)') AS merchant_category,
        lines.status,
        COALESCE(lines.policy, '(none)') AS policy,
        COALESCE(lines.policy_version, '(none)') AS policy_version,
        COALESCE(lines.document_version, '(none)') AS document_version,
        CAST(lines.occurred_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS occurred_at,
        CAST(lines.received_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS received_at,
        CAST(lines.processed_timestamp AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS processed_at,
        lines.transaction_type,
        lines.channel,
        lines.currency,
        lines.amount,
        lines.is_fraud,
        CAST(lines.risk_score AS DECIMAL(7, 6)) AS risk_score,
        lines.label,
        lines.revision,
        lines.label_revision
    FROM (
        -- Column by column: the list of reasons stays in the lake, and Spectrum has no * over a list.
        SELECT
            versions.transaction_id,
            versions.customer_id,
            versions.merchant_id,
            versions.merchant_category,
            versions.transaction_type,
            versions.channel,
            versions.amount,
            versions.currency,
            versions.occurred_at,
            versions.received_at,
            versions.processed_timestamp,
            versions.status,
            versions.is_fraud,
            versions.risk_score,
            versions.policy,
            versions.policy_version,
            versions.document_version,
            versions.label,
            versions.revision,
            versions.label_revision,
            versions.year || versions.month || versions.day AS partition_day,
            ROW_NUMBER() OVER (PARTITION BY versions.transaction_id ORDER BY versions.revision DESC, versions.label_revision DESC) AS place
        FROM lake.raw_transactions AS versions
        WHERE versions.year || versions.month || versions.day BETWEEN first_partition AND last_partition
    ) AS lines
    LEFT JOIN warehouse.fact_transactions AS known ON known.transaction_id = lines.transaction_id
    WHERE lines.place = 1
        AND (
            known.transaction_id IS NULL
            OR lines.revision > known.revision
            OR (lines.revision = known.revision AND lines.label_revision > known.label_revision)
        );

    SELECT COUNT(*) INTO rows_staged FROM staged_transactions;

    IF rows_staged > 0 THEN
        -- Members of the dimensions that are new.
        SELECT TO_DATE(CAST(MIN(staged.date_key) AS VARCHAR(8)), 'YYYYMMDD'), TO_DATE(CAST(MAX(staged.date_key) AS VARCHAR(8)), 'YYYYMMDD')
        INTO first_staged, last_staged
        FROM staged_transactions AS staged;
        CALL warehouse.add_days(first_staged, last_staged);

        INSERT INTO warehouse.dim_customer (customer_id)
        SELECT DISTINCT staged.customer_id
        FROM staged_transactions AS staged
        LEFT JOIN warehouse.dim_customer AS known ON known.customer_id = staged.customer_id
        WHERE known.customer_id IS NULL;

        INSERT INTO warehouse.dim_merchant (merchant_id)
        SELECT DISTINCT staged.merchant_id
        FROM staged_transactions AS staged
        LEFT JOIN warehouse.dim_merchant AS known ON known.merchant_id = staged.merchant_id
        WHERE known.merchant_id IS NULL;

        INSERT INTO warehouse.dim_category (merchant_category)
        SELECT DISTINCT staged.merchant_category
        FROM staged_transactions AS staged
        LEFT JOIN warehouse.dim_category AS known ON known.merchant_category = staged.merchant_category
        WHERE known.merchant_category IS NULL;

        INSERT INTO warehouse.dim_policy (policy, policy_version, document_version)
        SELECT DISTINCT staged.policy, staged.policy_version, staged.document_version
        FROM staged_transactions AS staged
        LEFT JOIN warehouse.dim_policy AS known
            ON known.policy = staged.policy
            AND known.policy_version = staged.policy_version
            AND known.document_version = staged.document_version
        WHERE known.policy IS NULL;

        -- What the dimensions tell that transactions change. NULL gives way in LEAST and GREATEST.
        UPDATE warehouse.dim_customer
        SET first_seen = LEAST(dim_customer.first_seen, seen.first_at), last_seen = GREATEST(dim_customer.last_seen, seen.last_at)
        FROM (
            SELECT staged.customer_id, MIN(staged.occurred_at) AS first_at, MAX(staged.occurred_at) AS last_at
            FROM staged_transactions AS staged
            GROUP BY staged.customer_id
        ) AS seen
        WHERE dim_customer.customer_id = seen.customer_id;

        UPDATE warehouse.dim_merchant
        SET latest_category = latest.merchant_category, latest_category_at = latest.occurred_at
        FROM (
            SELECT
                staged.merchant_id,
                staged.merchant_category,
                staged.occurred_at,
                ROW_NUMBER() OVER (PARTITION BY staged.merchant_id ORDER BY staged.occurred_at DESC, staged.transaction_id DESC) AS place
            FROM staged_transactions AS staged
            WHERE staged.merchant_category <> '(none)' AND staged.occurred_at IS NOT NULL
        ) AS latest
        WHERE dim_merchant.merchant_id = latest.merchant_id
            AND latest.place = 1
            AND (dim_merchant.latest_category_at IS NULL OR latest.occurred_at > dim_merchant.latest_category_at);

        DELETE FROM warehouse.fact_transactions
        USING staged_transactions
        WHERE fact_transactions.transaction_id = staged_transactions.transaction_id;
        GET DIAGNOSTICS rows_deleted := ROW_COUNT;

        INSERT INTO warehouse.fact_transactions (
            transaction_id, date_key, customer_key, merchant_key, category_key, status_key, policy_key,
            occurred_at, received_at, processed_at, transaction_type, channel, currency, amount,
            is_fraud, risk_score, label, revision, label_revision
        )
        SELECT
            staged.transaction_id,
            staged.date_key,
            customers.customer_key,
            merchants.merchant_key,
            categories.category_key,
            statuses.status_key,
            policies.policy_key,
            staged.occurred_at,
            staged.received_at,
            staged.processed_at,
            staged.transaction_type,
            staged.channel,
            staged.currency,
            staged.amount,
            staged.is_fraud,
            staged.risk_score,
            staged.label,
            staged.revision,
            staged.label_revision
        FROM staged_transactions AS staged
        INNER JOIN warehouse.dim_customer AS customers ON customers.customer_id = staged.customer_id
        INNER JOIN warehouse.dim_merchant AS merchants ON merchants.merchant_id = staged.merchant_id
        INNER JOIN warehouse.dim_category AS categories ON categories.merchant_category = staged.merchant_category
        INNER JOIN warehouse.dim_status AS statuses ON statuses.status = staged.status
        INNER JOIN warehouse.dim_policy AS policies
            ON policies.policy = staged.policy
            AND policies.policy_version = staged.policy_version
            AND policies.document_version = staged.document_version;
        GET DIAGNOSTICS rows_inserted := ROW_COUNT;

        -- A status that dim_status lacks would vanish in the join, and a member that is there twice would double.
        IF rows_inserted <> rows_staged THEN
            RAISE EXCEPTION '% transactions were to be written, but % were: a dimension lacks a member, or has one twice', rows_staged, rows_inserted;
        END IF;

        -- Only what was loaded moves the watermark, and a clock that runs ahead does not.
        SELECT GREATEST(watermark, CASE WHEN MAX(staged.occurred_at) > started THEN started ELSE MAX(staged.occurred_at) END)
        INTO watermark
        FROM staged_transactions AS staged;
        DELETE FROM warehouse.load_watermarks WHERE load_watermarks.source = 'raw_transactions';
        INSERT INTO warehouse.load_watermarks (source, loaded_through, loaded_at) VALUES ('raw_transactions', watermark, started);
    END IF;

    INSERT INTO warehouse.load_runs (source, started_at, ended_at, from_day, rows_replaced, rows_written)
    VALUES ('raw_transactions', started, GETDATE(), first_partition, rows_deleted, rows_inserted);
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;
