-- Purpose: nvsentinel_instant as before, but for Go's zero time, which is unset and gives NULL.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_instant(value jsonb) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text;
    part    text[];
    month   date;
    local   timestamp;
    seconds numeric;
    nanos   numeric := 0;
BEGIN
    IF jsonb_typeof(value) = 'string' THEN
        written := value #>> '{}';
        IF written ~ ('^(19|20)[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)T'
                '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$') THEN
            RETURN left(written, least(length(written) - 1, 26))::timestamp AT TIME ZONE 'UTC';
        END IF;
    END IF;
    IF "${flyway:defaultSchema}".nvsentinel_unset_time(value) THEN
        RETURN NULL;
    END IF;

    IF jsonb_typeof(value) = 'object' AND value ? '$date' THEN
        value := value -> '$date';
        IF jsonb_typeof(value) = 'object' THEN
            IF jsonb_typeof(value -> '$numberLong') IS DISTINCT FROM 'string'
                    OR value ->> '$numberLong' !~ '^-?[0-9]{1,15}$' THEN
                RETURN NULL;
            END IF;
            seconds := floor((value ->> '$numberLong')::numeric / 1000);
            nanos := ((value ->> '$numberLong')::numeric - seconds * 1000) * 1000000;
        ELSIF jsonb_typeof(value) <> 'string' THEN
            RETURN NULL;
        END IF;
    ELSIF jsonb_typeof(value) = 'object' AND jsonb_typeof(value -> 'seconds') = 'number' THEN
        seconds := (value -> 'seconds')::numeric;
        IF jsonb_typeof(value -> 'nanos') = 'number' THEN
            nanos := (value -> 'nanos')::numeric;
        ELSIF (value ->> 'nanos') IS NOT NULL THEN
            RETURN NULL;
        END IF;
    ELSIF jsonb_typeof(value) <> 'string' THEN
        RETURN NULL;
    END IF;

    IF jsonb_typeof(value) = 'string' THEN
        part := regexp_match(value #>> '{}',
            '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]'
            '([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?'
            '(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$');
        IF part IS NULL OR part[1] = '0000' THEN
            RETURN NULL;
        END IF;
        month := make_date(part[1]::int, part[2]::int, 1);
        IF date_part('month', month + (part[3]::int - 1)) <> part[2]::int THEN
            RETURN NULL;
        END IF;
        local := (month + (part[3]::int - 1))::timestamp
            + make_interval(hours => part[4]::int, mins => part[5]::int, secs => part[6]::int)
            + rpad(left(coalesce(part[7], ''), 6), 6, '0')::int * interval '1 microsecond';
        IF part[8] IS NOT NULL THEN
            local := local - (part[8] || '1')::int * make_interval(hours => part[9]::int, mins => part[10]::int);
        END IF;
        RETURN local AT TIME ZONE 'UTC';
    END IF;

    IF seconds IS NULL
            OR seconds NOT BETWEEN -62135596800 AND 253402300799 OR seconds <> trunc(seconds)
            OR nanos NOT BETWEEN 0 AND 999999999 OR nanos <> trunc(nanos) THEN
        RETURN NULL;
    END IF;
    RETURN (date '1970-01-01' + floor(seconds / 86400)::int
        + make_interval(secs => (seconds - floor(seconds / 86400) * 86400)::double precision)
        + (nanos::int / 1000) * interval '1 microsecond') AT TIME ZONE 'UTC';
END
$$;
