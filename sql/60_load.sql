-- What the schedule calls.

-- Both loads, in one transaction.
CREATE OR REPLACE PROCEDURE warehouse.load_lake(lookback_days INTEGER)
AS $$
BEGIN
    CALL warehouse.load_transactions(lookback_days);
    CALL warehouse.load_daily_aggregates(lookback_days);
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;

-- Fails when the partitions that are registered in the catalogue end within days_ahead days. Spectrum reads registered
-- partitions only, Athena's projection is nothing to it: without them the loads would find nothing, and not say so.
CREATE OR REPLACE PROCEDURE warehouse.require_partitions(days_ahead INTEGER)
AS $$
DECLARE
    needed DATE;
    tables_found BIGINT;
BEGIN
    needed := CAST(GETDATE() AS DATE) + days_ahead;
    SELECT COUNT(DISTINCT partitions.tablename)
    INTO tables_found
    FROM svv_external_partitions AS partitions
    WHERE partitions.schemaname = 'lake'
        AND (
            (partitions.tablename = 'raw_transactions' AND partitions.location LIKE '%/year=' || TO_CHAR(needed, 'YYYY') || '/month=' || TO_CHAR(needed, 'MM') || '/day=' || TO_CHAR(needed, 'DD') || '%')
            OR (partitions.tablename = 'daily_aggregates' AND partitions.location LIKE '%/day=' || TO_CHAR(needed, 'YYYY-MM-DD') || '%')
        );
    IF tables_found < 2 THEN
        RAISE EXCEPTION 'the registered partitions of the lake end before %: run make warehouse', needed;
    END IF;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;
