-- Purpose: the time of the transaction as a document stores it: {"seconds": …, "nanos": …} or RFC 3339 text in UTC.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_now(seconds_and_nanos boolean) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN seconds_and_nanos
        THEN jsonb_build_object(
            'seconds', trunc(extract(epoch FROM now()))::bigint,
            'nanos', (extract(epoch FROM now()) % 1 * 1000000000)::bigint)
        ELSE to_jsonb(to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END
$$;

COMMENT ON FUNCTION nvsentinel_now(boolean) IS 'The time of the transaction, for a document.';
