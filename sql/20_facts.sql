-- Facts. Amounts are decimals in major units of their currency, and are never summed over currencies.

-- One row a transaction: its latest revision with its latest label. Spread by customer, because the largest dimension
-- is joined on it; sorted by day first, because every question has a time.
CREATE TABLE IF NOT EXISTS warehouse.fact_transactions (
    transaction_id VARCHAR(64) ENCODE ZSTD NOT NULL,
    date_key INTEGER ENCODE RAW NOT NULL, -- day of occurred_at, UTC: the lake's partition
    customer_key BIGINT ENCODE AZ64 NOT NULL,
    merchant_key BIGINT ENCODE AZ64 NOT NULL,
    category_key INTEGER ENCODE AZ64 NOT NULL,
    status_key SMALLINT ENCODE AZ64 NOT NULL,
    policy_key INTEGER ENCODE AZ64 NOT NULL,
    occurred_at TIMESTAMP ENCODE AZ64, -- times are UTC
    received_at TIMESTAMP ENCODE AZ64,
    processed_at TIMESTAMP ENCODE AZ64,
    transaction_type VARCHAR(16) ENCODE BYTEDICT,
    channel VARCHAR(16) ENCODE BYTEDICT,
    currency CHAR(3) ENCODE BYTEDICT,
    amount DECIMAL(18, 3) ENCODE AZ64,
    is_fraud BOOLEAN ENCODE RAW, -- null: nothing was decided
    risk_score DECIMAL(7, 6) ENCODE AZ64, -- 0 to 1
    label VARCHAR(8) ENCODE BYTEDICT, -- fraud or genuine; null while nobody knows
    revision INTEGER ENCODE AZ64 NOT NULL,
    label_revision INTEGER ENCODE AZ64 NOT NULL,
    PRIMARY KEY (transaction_id),
    FOREIGN KEY (date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (customer_key) REFERENCES warehouse.dim_customer (customer_key),
    FOREIGN KEY (merchant_key) REFERENCES warehouse.dim_merchant (merchant_key),
    FOREIGN KEY (category_key) REFERENCES warehouse.dim_category (category_key),
    FOREIGN KEY (status_key) REFERENCES warehouse.dim_status (status_key),
    FOREIGN KEY (policy_key) REFERENCES warehouse.dim_policy (policy_key)
) DISTSTYLE KEY DISTKEY (customer_key) COMPOUND SORTKEY (date_key, customer_key);

-- The lake's daily aggregates, as the Spark job wrote them: one row a day, customer, category and currency.
CREATE TABLE IF NOT EXISTS warehouse.fact_daily_aggregates (
    date_key INTEGER ENCODE RAW NOT NULL,
    customer_key BIGINT ENCODE AZ64 NOT NULL,
    category_key INTEGER ENCODE AZ64 NOT NULL,
    currency CHAR(3) ENCODE BYTEDICT NOT NULL,
    transaction_count BIGINT ENCODE AZ64 NOT NULL,
    total_amount DECIMAL(28, 3) ENCODE AZ64 NOT NULL,
    average_amount DECIMAL(28, 6) ENCODE AZ64 NOT NULL,
    minimum_amount DECIMAL(18, 3) ENCODE AZ64 NOT NULL,
    maximum_amount DECIMAL(18, 3) ENCODE AZ64 NOT NULL,
    fraud_count BIGINT ENCODE AZ64 NOT NULL,
    spending_change DOUBLE PRECISION ENCODE ZSTD, -- a ratio, not money; null without history
    unusual_category BOOLEAN ENCODE RAW,
    PRIMARY KEY (date_key, customer_key, category_key, currency),
    FOREIGN KEY (date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (customer_key) REFERENCES warehouse.dim_customer (customer_key),
    FOREIGN KEY (category_key) REFERENCES warehouse.dim_category (category_key)
) DISTSTYLE KEY DISTKEY (customer_key) COMPOUND SORTKEY (date_key, customer_key);

-- How far each table of the lake is loaded. A load holds the lock of this table: two loads never run at once.
CREATE TABLE IF NOT EXISTS warehouse.load_watermarks (
    source VARCHAR(64) ENCODE ZSTD NOT NULL,
    loaded_through TIMESTAMP ENCODE AZ64, -- latest time of an event that was loaded, UTC, never ahead of the clock
    loaded_at TIMESTAMP ENCODE AZ64 NOT NULL,
    PRIMARY KEY (source)
) DISTSTYLE ALL SORTKEY (source);

-- What each load found and did.
CREATE TABLE IF NOT EXISTS warehouse.load_runs (
    source VARCHAR(64) ENCODE ZSTD NOT NULL,
    started_at TIMESTAMP ENCODE RAW NOT NULL,
    ended_at TIMESTAMP ENCODE AZ64 NOT NULL,
    from_day VARCHAR(10) ENCODE ZSTD NOT NULL, -- first partition that was read
    rows_replaced BIGINT ENCODE AZ64 NOT NULL,
    rows_written BIGINT ENCODE AZ64 NOT NULL
) DISTSTYLE EVEN SORTKEY (started_at);
