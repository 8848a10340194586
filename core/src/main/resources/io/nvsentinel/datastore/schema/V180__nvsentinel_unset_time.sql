-- Purpose: whether a document value is Go's zero time, 0001-01-01T00:00:00Z, which Go writes for a time that was never set, in
--          any of the forms that nvsentinel_instant reads. Such a time is unset in records, in filters and in mirrored columns
--          alike. In PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_unset_time(value jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    IF jsonb_typeof(value) = 'object' AND value ? '$date' THEN
        value := value -> '$date';
        IF jsonb_typeof(value) = 'object' THEN
            RETURN jsonb_typeof(value -> '$numberLong') IS NOT DISTINCT FROM 'string'
                AND value ->> '$numberLong' ~ '^-0?62135596800000$';
        END IF;
    ELSIF jsonb_typeof(value) = 'object' THEN
        RETURN coalesce(
            value -> 'seconds' = '-62135596800' AND coalesce(nullif(value -> 'nanos', 'null'), '0') = '0', false);
    END IF;
    RETURN jsonb_typeof(value) = 'string' AND value #>> '{}' ~ ('^(0001-01-01[Tt]00:00:00(\.0{1,9})?([Zz]|-00:00)'
        '|0001-01-01[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):00(\.0{1,9})?\+\4:\5)$');
END
$body$;

COMMENT ON FUNCTION nvsentinel_unset_time(jsonb) IS 'Whether a document value is Go''s zero time.';
