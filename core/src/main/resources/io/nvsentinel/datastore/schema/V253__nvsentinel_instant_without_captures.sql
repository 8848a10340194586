-- Purpose: nvsentinel_instant as before, faster. A regular expression with captures takes PostgreSQL some 500 microseconds, one
--          without takes 3: so each text is checked by one that has none, and its parts are cut out by position.
--          Texts as they are usually written, also within {"$date": ...}, are found first. Go's zero time is recognised by the
--          result, exactly: with digits other than 0 beyond the microseconds it is another time.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_instant(value jsonb) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
DECLARE
    kind    text := jsonb_typeof(value);
    written text;
    zone    integer;
    local   timestamp;
    seconds numeric;
    nanos   numeric;
BEGIN
    IF kind = 'object' AND value ? '$date' THEN
        value := value -> '$date';
        kind := jsonb_typeof(value);
        IF kind = 'object' THEN
            written := value ->> '$numberLong';
            IF jsonb_typeof(value -> '$numberLong') IS DISTINCT FROM 'string' OR written !~ '^-?[0-9]{1,15}$' THEN
                RETURN NULL;
            END IF;
            seconds := floor(written::numeric / 1000);
            nanos := (written::numeric - seconds * 1000) * 1000000;
        END IF;
    ELSIF kind = 'object' AND jsonb_typeof(value -> 'seconds') = 'number' THEN
        seconds := (value -> 'seconds')::numeric;
        nanos := CASE coalesce(jsonb_typeof(value -> 'nanos'), 'null')
            WHEN 'number' THEN (value -> 'nanos')::numeric
            WHEN 'null' THEN 0
            ELSE -1 END;
    END IF;

    IF kind = 'string' THEN
        written := value #>> '{}';
        IF written ~ ('^(19|20)[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)T'
                '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$') THEN
            RETURN left(written, least(length(written) - 1, 26))::timestamp AT TIME ZONE 'UTC';
        END IF;
        IF written !~ ('^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)[Tt]'
                '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') THEN
            RETURN NULL;
        END IF;
        IF left(written, 4) = '0000'
            OR substr(written, 6, 5) = '02-29' AND date_part('day', make_date(left(written, 4)::int, 3, 1) - 1) <> 29
        THEN
            RETURN NULL;
        END IF;
        zone := CASE WHEN right(written, 1) IN ('Z', 'z') THEN 1 ELSE 6 END;
        local := (left(written, 10) || ' ' || substr(written, 12, least(length(written) - 11 - zone, 15)))::timestamp;
        IF zone = 6 THEN
            local := local - right(written, 6)::interval;
        END IF;
        IF local = '0001-01-01' AND rtrim(substr(written, 20, length(written) - 19 - zone), '0') IN ('', '.') THEN
            RETURN NULL;
        END IF;
        RETURN local AT TIME ZONE 'UTC';
    END IF;

    IF seconds IS NULL
            OR seconds NOT BETWEEN -62135596800 AND 253402300799 OR seconds <> trunc(seconds)
            OR nanos NOT BETWEEN 0 AND 999999999 OR nanos <> trunc(nanos)
            OR seconds = -62135596800 AND nanos = 0 THEN
        RETURN NULL;
    END IF;
    RETURN (date '1970-01-01' + floor(seconds / 86400)::int
        + make_interval(secs => (seconds - floor(seconds / 86400) * 86400)::double precision)
        + (nanos::int / 1000) * interval '1 microsecond') AT TIME ZONE 'UTC';
END
$body$;
