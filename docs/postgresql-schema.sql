-- The schema of the NVSentinel datastore in one file, to apply it without the library:
--
--     psql -v ON_ERROR_STOP=1 -f postgresql-schema.sql
--
-- It is for a database without that schema, and creates all of it or nothing. It records the versions, so
-- that schemaMode validate accepts it and schemaMode migrate continues from there. The tables are in the
-- schema public; for another one, replace it in this file. Privileges: postgresql-grants.sql.
--
-- Generated from the files in core/src/main/resources/io/nvsentinel/datastore/schema. Do not change it here;
-- CONTRIBUTING.md says how to generate it.

BEGIN;
SET LOCAL search_path = public;

-- V001__nvsentinel_text.sql
-- Purpose: reads one JSON value as text for a mirrored column: the first of up to four that is there and not null; anything
--          but a JSON string is no text. In PL/pgSQL, because an SQL function would be unfolded anew by every statement
--          that writes the table, which costs more than the write.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_text(
    first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL, fourth jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value CONSTANT jsonb := coalesce(
        nullif(first, 'null'), nullif(second, 'null'), nullif(third, 'null'), nullif(fourth, 'null'));
BEGIN
    RETURN CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END;
END
$body$;

-- V002__nvsentinel_boolean.sql
-- Purpose: reads one JSON value as a boolean for a mirrored column: the first of up to three that is true, false or
--          {"value": true|false}; else null. In PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_boolean(first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value jsonb;
BEGIN
    FOREACH value IN ARRAY ARRAY[first, second, third] LOOP
        IF jsonb_typeof(value) = 'boolean' THEN
            RETURN value::boolean;
        ELSIF jsonb_typeof(value -> 'value') = 'boolean' THEN
            RETURN (value -> 'value')::boolean;
        END IF;
    END LOOP;
    RETURN NULL;
END
$body$;

-- V003__nvsentinel_recommended_action.sql
-- Purpose: the name of a recommendedAction number, for the mirrored column, from the first of two values that is there and
--          not null; a number without a name stays a number. In PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_recommended_action(first jsonb, second jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value CONSTANT text := coalesce(first #>> '{}', second #>> '{}', '0');
BEGIN
    RETURN CASE value
        WHEN '0' THEN 'NONE'
        WHEN '2' THEN 'COMPONENT_RESET'
        WHEN '5' THEN 'CONTACT_SUPPORT'
        WHEN '6' THEN 'RUN_FIELDDIAG'
        WHEN '15' THEN 'RESTART_VM'
        WHEN '24' THEN 'RESTART_BM'
        WHEN '25' THEN 'REPLACE_VM'
        WHEN '26' THEN 'RUN_DCGMEUD'
        WHEN '27' THEN 'CUSTOM'
        WHEN '28' THEN 'REMEDIATE'
        WHEN '99' THEN 'UNKNOWN'
        ELSE value
    END;
END
$body$;

-- V004__nvsentinel_stamp_document.sql
-- Purpose: keeps created_at in step with the document's own createdAt, updated_at with the last write unless it is set, and
--          version with the number of writes, by which a writer tells that somebody else came first.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.updated_at = OLD.updated_at THEN
            NEW.updated_at := now();
        END IF;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.created_at := coalesce(
        "public".nvsentinel_instant(NEW.data -> 'createdAt'),
        "public".nvsentinel_instant(NEW.data -> 'createdat'),
        NEW.created_at);
    RETURN NEW;
END
$body$;

-- V005__datastore_changelog.sql
-- Purpose: the changelog. One row for each committed change of a watched collection, written by the capture trigger.
--          id   is the order. It is drawn while the transaction commits, one at a time (CACHE 1), by the default alone.
--          xid  stands before id, so that whoever draws an id has a transaction id already: the reader proves a gap in
--               the ids dead by the transaction ids that hold a lock on this table.
--          old_values, new_values hold the documents before and after the change.
-- Locks:   none; the objects are new.
CREATE SEQUENCE datastore_changelog_id_seq AS bigint CACHE 1;

CREATE TABLE datastore_changelog (
    xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id         bigint      NOT NULL DEFAULT nextval('datastore_changelog_id_seq'),
    record_id  uuid,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed  boolean     NOT NULL DEFAULT false,
    table_name text        NOT NULL,
    operation  text        NOT NULL,
    old_values jsonb,
    new_values jsonb,
    CONSTRAINT datastore_changelog_pkey PRIMARY KEY (id),
    CONSTRAINT datastore_changelog_operation_known CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))
);

ALTER SEQUENCE datastore_changelog_id_seq OWNED BY datastore_changelog.id;

-- V006__datastore_changelog_state.sql
-- Purpose: one row of facts about the changelog, read together with each page of it.
--          incarnation  tells this changelog from another one under the same name (a token of the other is refused).
--          oldest_id    is the lowest id that retention may not have removed; raised before anything is removed.
-- Locks:   none; the table is new.
CREATE TABLE datastore_changelog_state (
    singleton   boolean NOT NULL DEFAULT true,
    incarnation uuid    NOT NULL DEFAULT gen_random_uuid(),
    oldest_id   bigint  NOT NULL DEFAULT 1,
    CONSTRAINT datastore_changelog_state_pkey PRIMARY KEY (singleton),
    CONSTRAINT datastore_changelog_state_single_row CHECK (singleton)
);

INSERT INTO datastore_changelog_state DEFAULT VALUES;

-- V007__nvsentinel_capture_change.sql
-- Purpose: writes a change into the changelog, and wakes subscribers that sleep.
--          A crash may not lose a change that was delivered, so asynchronous commit is turned on again here.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that is prepared may not have notified; its subscribers find the change by polling. So, where
--          the server allows prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement
--          inside a transaction block (constraints are immediate there, or it is TRUNCATE), which may be prepared later.
--          There is no current query when a statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    query       text;
    before      jsonb;
    after       jsonb;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, before);
        WHEN 'TRUNCATE' THEN
            INSERT INTO "public".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP);
        ELSE
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, before, after);
    END CASE;

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF current_setting('max_prepared_transactions') = '0'
            OR query IS NULL
            OR query ~* '^\s*(commit|end)\M'
            OR (statement_timestamp() = transaction_timestamp() AND query !~* 'prepare\s+transaction')
        THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- V008__nvsentinel_enable_capture.sql
-- Purpose: turns capture on for a collection (a table with the columns id uuid and data jsonb). Deferred, so that ids
--          are drawn while a transaction commits; ALWAYS, so that replicas and restores that apply changes are captured.
--          images says which documents are kept with a change: full (before and after), after, or none (ids only).
-- Locks:   called once for each table: SHARE ROW EXCLUSIVE on it, for milliseconds.
CREATE FUNCTION nvsentinel_enable_capture(collection regclass, images text DEFAULT 'full') RETURNS void
    LANGUAGE plpgsql
AS $body$
BEGIN
    IF images NOT IN ('full', 'after', 'none') THEN
        RAISE invalid_parameter_value USING MESSAGE = format('images must be full, after or none, not "%s"', images);
    END IF;
    EXECUTE format(
        'CREATE CONSTRAINT TRIGGER nvsentinel_capture AFTER INSERT OR UPDATE OR DELETE ON %s'
        ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "public".nvsentinel_capture_change(%L)', collection, images);
    EXECUTE format(
        'CREATE TRIGGER nvsentinel_capture_truncate AFTER TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION "public".nvsentinel_capture_change()', collection);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER nvsentinel_capture', collection);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate', collection);
END
$body$;

-- V009__nvsentinel_words.sql
-- Purpose: the words of a document's strings, for full-text search. Of a document of more than 400,000 bytes there are none:
--          PostgreSQL refuses lists of words beyond 1 MB, and a document that cannot be searched must still be stored. The
--          concatenation unpacks what is stored compressed, so that its size is always the same, and copies nothing. In
--          PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_words(document jsonb) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE WHEN pg_column_size(document || '{}') <= 400000 THEN to_tsvector('simple'::regconfig, document)
        ELSE ''::tsvector END;
END
$body$;

COMMENT ON FUNCTION nvsentinel_words(jsonb) IS 'The words of a document.';

-- V010__nvsentinel_instant.sql
-- Purpose: reads a time found in a document: an RFC 3339 text with an offset, {"seconds": …, "nanos": …}, or the
--          {"$date": …} of Extended JSON with such a text or {"$numberLong": "milliseconds"}; cut to microseconds, in the
--          years 1 to 9999. Anything else is no time and gives NULL, never an error, so that one odd document cannot break
--          a query, an index or a generated column. Change streams read times the same way outside the database; a test
--          holds both to the same answers.
--          Texts as they are usually written are left to PostgreSQL's own parser, ten times as fast: capital T and Z, a day
--          that its month always has, digits cut where the parser would round. A test holds both ways to the same answers.
--          It has no EXCEPTION block, which parallel plans refuse before PostgreSQL 17.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_instant(value jsonb) RETURNS timestamptz
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
    ELSIF jsonb_typeof(value) = 'object' AND value ? '$date' THEN
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

COMMENT ON FUNCTION nvsentinel_instant(jsonb) IS 'The time a document value stands for, or NULL.';

-- V011__nvsentinel_set.sql
-- Purpose: gives the field at a path a value. Parents that are missing, null or scalar become objects. A whole number picks
--          the element of an array; where there is none, the call fails (22033).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_set(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    parent jsonb;
BEGIN
    IF cardinality(path) = 0 THEN
        RETURN value;
    END IF;
    parent := document #> path[:cardinality(path) - 1];
    IF jsonb_typeof(parent) = 'object' THEN
        RETURN jsonb_set(document, path, value, true);
    END IF;

    IF jsonb_typeof(document) = 'array' THEN
        IF (document #> path[1:1]) IS NULL THEN
            RAISE EXCEPTION 'there is no element % in an array of % elements', quote_literal(path[1]), jsonb_array_length(document)
                USING ERRCODE = '22033';
        END IF;
        RETURN jsonb_set(document, path[1:1], nvsentinel_set(document #> path[1:1], path[2:], value), false);
    END IF;
    IF jsonb_typeof(document) <> 'object' THEN
        document := '{}';
    END IF;
    RETURN document
        || jsonb_build_object(path[1], nvsentinel_set(coalesce(document -> path[1], 'null'), path[2:], value));
END
$$;

COMMENT ON FUNCTION nvsentinel_set(jsonb, text[], jsonb) IS 'The document with a field set, parents created.';

-- V012__nvsentinel_unset.sql
-- Purpose: removes the field, or the element of an array, at a path; a path that leads nowhere changes nothing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_unset(document jsonb, path text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> path) IS NULL THEN document ELSE document #- path END
$$;

COMMENT ON FUNCTION nvsentinel_unset(jsonb, text[]) IS 'The document without a field.';

-- V013__nvsentinel_inc.sql
-- Purpose: adds to the number at a path; missing and null count as 0, any other value fails (2203B).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_inc(document jsonb, path text[], amount jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN nvsentinel_set(document, path, amount);
    END IF;
    IF jsonb_typeof(present) <> 'number' THEN
        RAISE EXCEPTION 'inc needs a number at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '2203B';
    END IF;
    RETURN nvsentinel_set(document, path, to_jsonb(present::numeric + amount::numeric));
END
$$;

COMMENT ON FUNCTION nvsentinel_inc(jsonb, text[], jsonb) IS 'The document with a number increased.';

-- V014__nvsentinel_push.sql
-- Purpose: adds an element at the end of the array at a path; missing and null count as an empty array, any other value
--          fails (22039).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_push(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        present := '[]';
    ELSIF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'push needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN nvsentinel_set(document, path, present || jsonb_build_array(element));
END
$$;

COMMENT ON FUNCTION nvsentinel_push(jsonb, text[], jsonb) IS 'The document with an element added to an array.';

-- V015__nvsentinel_pull.sql
-- Purpose: removes the elements that equal a value from the array at a path; missing and null stay as they are, any other
--          value fails (22039).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_pull(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN document;
    END IF;
    IF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'pull needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN nvsentinel_set(document, path, (
        SELECT coalesce(jsonb_agg(e.value ORDER BY e.position), '[]')
        FROM jsonb_array_elements(present) WITH ORDINALITY AS e(value, position)
        WHERE e.value <> element));
END
$$;

COMMENT ON FUNCTION nvsentinel_pull(jsonb, text[], jsonb) IS 'The document with elements removed from an array.';

-- V016__nvsentinel_add_to_set.sql
-- Purpose: adds an element to the array at a path unless an element equals it; else as nvsentinel_push.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_add_to_set(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(present) = 'array'
            AND EXISTS (SELECT FROM jsonb_array_elements(present) AS e(value) WHERE e.value = element) THEN
        RETURN document;
    END IF;
    RETURN nvsentinel_push(document, path, element);
END
$$;

COMMENT ON FUNCTION nvsentinel_add_to_set(jsonb, text[], jsonb) IS 'The document with an element in an array.';

-- V017__nvsentinel_rename.sql
-- Purpose: moves the value at a path to another path; if there is none, nothing changes.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE nvsentinel_set(document #- source, target, document #> source) END
$$;

COMMENT ON FUNCTION nvsentinel_rename(jsonb, text[], text[]) IS 'The document with a field moved.';

-- V018__nvsentinel_adopt.sql
-- Purpose: brings a field that is stored at another path, in an old spelling, to the path where it is written now. What the
--          new path holds already counts, unless that is null; of two objects the members are put together. The old path is
--          removed.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN nvsentinel_set(document #- other, target, document #> other)
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN nvsentinel_set(document #- other, target, (document #> other) || (document #> target))
        ELSE document #- other END
$$;

COMMENT ON FUNCTION nvsentinel_adopt(jsonb, text[], text[]) IS 'The document with a field in one spelling only.';

-- V019__nvsentinel_now.sql
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

-- V020__health_events.sql
-- Purpose: health events. data is the document; every other column but id and the two stamps is derived from it by the
--          database, from the first spelling that is not null, so that no write can let them disagree. version counts the
--          writes of the row.
-- Locks:   none; the table is new.
CREATE TABLE health_events (
    id                          uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at                  timestamptz NOT NULL DEFAULT now(),
    updated_at                  timestamptz NOT NULL DEFAULT now(),
    version                     bigint      NOT NULL DEFAULT 1,
    data                        jsonb       NOT NULL,
    node_name                   text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,nodeName}',
        data #> '{healthevent,nodename}',
        data -> 'nodeName')) STORED,
    event_type                  text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,checkName}',
        data #> '{healthevent,checkname}')) STORED,
    severity                    text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,componentClass}',
        data #> '{healthevent,componentclass}')) STORED,
    recommended_action          text        GENERATED ALWAYS AS (nvsentinel_recommended_action(
        data #> '{healthevent,recommendedAction}',
        data #> '{healthevent,recommendedaction}')) STORED,
    node_quarantined            text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,nodequarantined}',
        data #> '{healtheventstatus,nodeQuarantined}',
        data #> '{healthEventStatus,nodeQuarantined}')) STORED,
    user_pods_eviction_status   text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,userpodsevictionstatus,status}',
        data #> '{healtheventstatus,userpodsevictionstatus,Status}',
        data #> '{healtheventstatus,userPodsEvictionStatus,status}',
        data #> '{healthEventStatus,userPodsEvictionStatus,status}')) STORED,
    user_pods_eviction_message  text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,userpodsevictionstatus,message}',
        data #> '{healtheventstatus,userpodsevictionstatus,Message}',
        data #> '{healtheventstatus,userPodsEvictionStatus,message}',
        data #> '{healthEventStatus,userPodsEvictionStatus,message}')) STORED,
    fault_remediated            boolean     GENERATED ALWAYS AS (nvsentinel_boolean(
        data #> '{healtheventstatus,faultremediated}',
        data #> '{healtheventstatus,faultRemediated}',
        data #> '{healthEventStatus,faultRemediated}')) STORED,
    quarantine_finish_timestamp timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,quarantinefinishtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,quarantineFinishTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,quarantineFinishTimestamp}', 'null')))) STORED,
    drain_finish_timestamp      timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,drainfinishtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,drainFinishTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,drainFinishTimestamp}', 'null')))) STORED,
    last_remediation_timestamp  timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,lastremediationtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,lastRemediationTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,lastRemediationTimestamp}', 'null')))) STORED,
    CONSTRAINT health_events_pkey PRIMARY KEY (id),
    CONSTRAINT health_events_data_is_object CHECK (jsonb_typeof(data) = 'object')
);

-- V021__health_events_node_created.sql
-- Purpose: serves "events of a node, newest first".
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_node_created ON health_events (node_name, created_at DESC, id DESC);

-- V022__health_events_created.sql
-- Purpose: serves paging through all events by (created_at, id).
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_created ON health_events (created_at, id);

-- V023__health_events_triggers.sql
-- Purpose: stamps and captures health events.
-- Locks:   SHARE ROW EXCLUSIVE on the new, empty table.
CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON health_events
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_stamp_document();

SELECT nvsentinel_enable_capture('health_events');

-- V024__health_events_idempotency_key.sql
-- Purpose: an event that carries an idempotency key is stored once: inserts that name the key find the conflict here.
-- Locks:   SHARE on health_events while it is built: writes wait, a minute for some ten million rows.
CREATE UNIQUE INDEX healthevent_idempotency_key_unique
    ON health_events ((data #>> '{healthevent,metadata,idempotencyKey}'))
    WHERE (data #>> '{healthevent,metadata,idempotencyKey}') IS NOT NULL;

-- V030__maintenance_events.sql
-- Purpose: maintenance events. data is the document; the mirrored columns are derived from it by the database.
--          version counts the writes of the row.
-- Locks:   none; the table is new.
CREATE TABLE maintenance_events (
    id                       uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    version                  bigint      NOT NULL DEFAULT 1,
    data                     jsonb       NOT NULL,
    event_id                 text        NOT NULL GENERATED ALWAYS AS (nvsentinel_text(data -> 'eventId')) STORED,
    csp                      text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'csp')) STORED,
    cluster_name             text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'clusterName')) STORED,
    node_name                text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'nodeName')) STORED,
    status                   text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'status')) STORED,
    csp_status               text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'cspStatus')) STORED,
    scheduled_start_time     timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'scheduledStartTime')) STORED,
    actual_end_time          timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'actualEndTime')) STORED,
    event_received_timestamp timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'eventReceivedTimestamp')) STORED,
    last_updated_timestamp   timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'lastUpdatedTimestamp')) STORED,
    CONSTRAINT maintenance_events_pkey PRIMARY KEY (id),
    CONSTRAINT maintenance_events_event_id_unique UNIQUE (event_id),
    CONSTRAINT maintenance_events_data_is_object CHECK (jsonb_typeof(data) = 'object')
);

-- V031__maintenance_events_created.sql
-- Purpose: serves paging through all events by (created_at, id).
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_created ON maintenance_events (created_at, id);

-- V032__maintenance_events_triggers.sql
-- Purpose: stamps and captures maintenance events.
-- Locks:   SHARE ROW EXCLUSIVE on the new, empty table.
CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON maintenance_events
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_stamp_document();

SELECT nvsentinel_enable_capture('maintenance_events');

-- V033__health_events_eviction.sql
-- Purpose: serves "events by the state of the eviction, newest first".
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_eviction ON health_events (user_pods_eviction_status, created_at DESC, id DESC);

-- V034__health_events_drained.sql
-- Purpose: serves "was this node ever drained", however long its history.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_drained ON health_events (node_name, created_at)
    WHERE user_pods_eviction_status = 'Succeeded';

-- V035__health_events_data.sql
-- Purpose: serves equality and containment on any field of the document.
--          New entries wait in a list; the insert that fills it sorts them in, and those that wait for a commit wait for it:
--          half a megabyte takes some 10 ms, the server's default of 4 MB a tenth of a second.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_data ON health_events USING gin (data jsonb_path_ops) WITH (gin_pending_list_limit = 512);

-- V036__maintenance_events_received.sql
-- Purpose: serves "when was the last event of this provider and cluster received".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_received ON maintenance_events (csp, cluster_name, event_received_timestamp);

-- V037__maintenance_events_due.sql
-- Purpose: serves "which maintenance begins soon".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_due ON maintenance_events (scheduled_start_time) WHERE status = 'DETECTED';

-- V038__maintenance_events_over.sql
-- Purpose: serves "which maintenance is over".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_over ON maintenance_events (actual_end_time) WHERE status = 'QUARANTINE_TRIGGERED';

-- V039__maintenance_events_node.sql
-- Purpose: serves "the event of this node that was received last".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_node ON maintenance_events (node_name, event_received_timestamp DESC);

-- V040__resume_tokens.sql
-- Purpose: where each named client of a change stream left off, and who owns the name.
--          epoch         changes with each owner, and is never used twice, not even after the client was deleted: an
--                        earlier owner can no longer store.
--          leased_until  says until when an owner that is alive is expected to be heard of again; none when it left.
--          cut_off       is when the client was last told to start afresh, now: what is older is not in its stream.
--          fresh         says that nobody has opened the client since: telling it once more changes nothing.
--          group_name    is the client whose work is shared; its partitions are named group#0 and so on, and are owned
--                        one by one.
--          Written often and small, hence the free space per page.
-- Locks:   none; the objects are new.
CREATE SEQUENCE resume_tokens_epoch_seq AS bigint;

CREATE TABLE resume_tokens (
    client_name  text        NOT NULL,
    epoch        bigint      NOT NULL DEFAULT nextval('resume_tokens_epoch_seq'),
    owner        text,
    last_seen    timestamptz,
    leased_until timestamptz,
    cut_off      timestamptz,
    fresh        boolean     NOT NULL DEFAULT false,
    group_name   text,
    last_updated timestamptz NOT NULL DEFAULT now(),
    resume_token jsonb       NOT NULL,
    position     bigint      NOT NULL GENERATED ALWAYS AS ((resume_token ->> 'position')::bigint) STORED,
    CONSTRAINT resume_tokens_pkey PRIMARY KEY (client_name)
) WITH (fillfactor = 50);

ALTER SEQUENCE resume_tokens_epoch_seq OWNED BY resume_tokens.epoch;

-- V041__dead_letters.sql
-- Purpose: changes that a client's processor gave up, with all that is needed to process them again after the changelog
--          has forgotten them.
--          position, xid, changed_at, table_name, record_id, operation, old_values, new_values  are the changelog's.
--          replay_requested  asks the processor of the client to try again;
--          replay_epoch      is the owner of the name that has taken up that request.
-- Locks:   none; the table is new.
CREATE TABLE dead_letters (
    id               bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_name      text        NOT NULL,
    incarnation      uuid        NOT NULL,
    position         bigint      NOT NULL,
    xid              bigint      NOT NULL,
    changed_at       timestamptz NOT NULL,
    table_name       text        NOT NULL,
    record_id        uuid,
    operation        text        NOT NULL,
    old_values       jsonb,
    new_values       jsonb,
    error_class      text        NOT NULL,
    error_message    text,
    attempts         integer     NOT NULL,
    first_failed_at  timestamptz NOT NULL DEFAULT now(),
    last_failed_at   timestamptz NOT NULL DEFAULT now(),
    replay_requested boolean     NOT NULL DEFAULT false,
    replay_epoch     bigint,
    CONSTRAINT dead_letters_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letters_change_unique UNIQUE (client_name, incarnation, position)
);

-- V042__dead_letters_replay.sql
-- Purpose: serves "is anything to be replayed", which each running processor asks about once a second.
-- Locks:   none; the table is new and empty.
CREATE INDEX dead_letters_replay ON dead_letters (client_name, position) WHERE replay_requested;

-- V043__datastore_changelog_processed.sql
-- Purpose: remembers how far retention has marked changes as processed.
-- Locks:   ACCESS EXCLUSIVE on the table of one row, for milliseconds.
ALTER TABLE datastore_changelog_state ADD COLUMN processed_id bigint NOT NULL DEFAULT 0;

-- V044__handled_changes.sql
-- Purpose: the changes behind a client's position whose effect is committed. Written in the transaction of the effect, and
--          forgotten when the position is stored behind them: what is handled in any order has its effect once.
-- Locks:   none; the table is new.
CREATE TABLE handled_changes (
    client_name text   NOT NULL,
    position    bigint NOT NULL,
    CONSTRAINT handled_changes_pkey PRIMARY KEY (client_name, position)
);

-- V045__group_members.sql
-- Purpose: the processes that share the work of a client name, each of which says every few seconds that it is alive. They
--          only decide who should have which partition; who has it is said by the partition's row in resume_tokens.
--          leased_until  is when a member that is not heard of again counts no more.
-- Locks:   none; the table is new.
CREATE TABLE group_members (
    group_name   text        NOT NULL,
    member       uuid        NOT NULL,
    owner        text        NOT NULL,
    leased_until timestamptz NOT NULL,
    CONSTRAINT group_members_pkey PRIMARY KEY (group_name, member)
) WITH (fillfactor = 50);

-- V050__nvsentinel_create_collection.sql
-- Purpose: creates a collection: a table with a document per row, stamped and captured. Does nothing where it exists.
--          Runs with its owner's rights, so that an application needs EXECUTE on this function and no right to create;
--          whoever creates a collection may read and write it. Nobody but the owner may call it before a GRANT.
-- Locks:   none on existing tables; callers of one name wait for one another.
CREATE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', 'public', collection);
BEGIN
    IF octet_length(collection) NOT BETWEEN 1 AND 63 OR starts_with(collection, 'pg_') THEN
        RAISE invalid_name USING MESSAGE = 'the name of a collection must have 1 to 63 bytes and not begin with pg_';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF to_regclass(target) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s ('
            ' id         uuid        NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,'
            ' created_at timestamptz NOT NULL DEFAULT now(),'
            ' updated_at timestamptz NOT NULL DEFAULT now(),'
            ' version    bigint      NOT NULL DEFAULT 1,'
            ' data       jsonb       NOT NULL,'
            ' CONSTRAINT data_is_object CHECK (jsonb_typeof(data) = ''object''))', target);
        EXECUTE format('CREATE INDEX ON %s (created_at, id)', target);
        EXECUTE format(
            'CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION "public".nvsentinel_stamp_document()', target);
        PERFORM "public".nvsentinel_enable_capture(target::regclass);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, session_user);
    ELSIF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    END IF;
END
$body$;

REVOKE ALL ON FUNCTION nvsentinel_create_collection(text) FROM PUBLIC;

-- V070__nvsentinel_put.sql
-- Purpose: as nvsentinel_set, but a value that is missing (SQL's null) changes nothing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_put(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NULL THEN document ELSE nvsentinel_set(document, path, value) END;

COMMENT ON FUNCTION nvsentinel_put(jsonb, text[], jsonb) IS 'The document with a field set, if there is a value.';

-- V071__nvsentinel_create_text_index.sql
-- Purpose: creates the index that serves full-text search over a collection. Does nothing where there is one. Not there from
--          the beginning, because it makes each insert half as dear again, and few search.
--          Runs with its owner's rights, as nvsentinel_create_collection does. Nobody but the owner may call it before a GRANT.
--          New entries wait in a list; the insert that fills it sorts them in, and those that wait for a commit wait for it:
--          half a megabyte takes some 10 ms, the server's default of 4 MB a tenth of a second.
-- Locks:   SHARE on the collection while it is built: writes wait. The operations guide tells how the owner creates it
--          without, on a large one that is in use.
CREATE FUNCTION nvsentinel_create_text_index(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', 'public', collection);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE wrong_object_type USING MESSAGE = format('%s is no collection', target);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = to_regclass(target) AND indisvalid
            AND pg_get_indexdef(indexrelid) LIKE '%nvsentinel_words(data)%') THEN
        EXECUTE format(
            'CREATE INDEX ON %s USING gin ("public".nvsentinel_words(data))'
            ' WITH (gin_pending_list_limit = 512)', target);
    END IF;
END
$body$;

REVOKE ALL ON FUNCTION nvsentinel_create_text_index(text) FROM PUBLIC;

-- V072__nvsentinel_number.sql
-- Purpose: reads one JSON value as a number for arithmetic in aggregations; anything else is no number.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_number(value jsonb) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END;

COMMENT ON FUNCTION nvsentinel_number(jsonb) IS 'The number a document value is, or NULL.';

-- V073__nvsentinel_truth.sql
-- Purpose: whether a JSON value counts as true in the expressions of aggregations: all but false, null, 0 and what is missing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_truth(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(value <> ALL (ARRAY['false', 'null', '0']::jsonb[]), false);

COMMENT ON FUNCTION nvsentinel_truth(jsonb) IS 'Whether a document value counts as true.';

-- V074__nvsentinel_compare.sql
-- Purpose: orders two JSON values of the same type as filters do: numbers by value, strings by code point, false before true.
--          Gives -1, 0 or 1; values of different types, and others, have no order and give NULL.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_compare(a jsonb, b jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE
        WHEN jsonb_typeof(a) <> jsonb_typeof(b) OR jsonb_typeof(a) NOT IN ('number', 'string', 'boolean') THEN NULL
        WHEN a = b THEN 0
        WHEN jsonb_typeof(a) = 'string' THEN CASE WHEN (a #>> '{}') COLLATE "C" < (b #>> '{}') THEN -1 ELSE 1 END
        WHEN a < b THEN -1
        ELSE 1
    END;

COMMENT ON FUNCTION nvsentinel_compare(jsonb, jsonb) IS 'The order of two document values of one type, or NULL.';

-- V075__nvsentinel_elements.sql
-- Purpose: the elements of a JSON array; anything else has none.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_elements(value jsonb) RETURNS SETOF jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT ROWS 10
BEGIN ATOMIC
    SELECT e.value FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value END) AS e(value);
END;

COMMENT ON FUNCTION nvsentinel_elements(jsonb) IS 'The elements of a document value, if it is an array.';

-- V076__nvsentinel_first.sql
-- Purpose: aggregate over JSON values: the first, in the order of the rows. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_first_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN kept;

CREATE AGGREGATE nvsentinel_first(jsonb) (SFUNC = nvsentinel_first_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_first(jsonb) IS 'The first document value.';

-- V077__nvsentinel_last.sql
-- Purpose: aggregate over JSON values: the last, in the order of the rows. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_last_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN value;

CREATE AGGREGATE nvsentinel_last(jsonb) (SFUNC = nvsentinel_last_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_last(jsonb) IS 'The last document value.';

-- V078__nvsentinel_min.sql
-- Purpose: aggregate over JSON values: the smallest by the order of jsonb. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_min_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN value < kept THEN value ELSE kept END;

CREATE AGGREGATE nvsentinel_min(jsonb) (SFUNC = nvsentinel_min_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_min(jsonb) IS 'The min document value.';

-- V079__nvsentinel_max.sql
-- Purpose: aggregate over JSON values: the greatest by the order of jsonb. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_max_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN value > kept THEN value ELSE kept END;

CREATE AGGREGATE nvsentinel_max(jsonb) (SFUNC = nvsentinel_max_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_max(jsonb) IS 'The max document value.';

-- V080__datastore_changelog_changed_at.sql
-- Purpose: finds where a change stream starts at a time. Ids and times rise together, so a few bytes for every 128 pages are
--          enough, and writers pay next to nothing.
-- Locks:   SHARE on datastore_changelog, which holds writers up, for milliseconds while it is empty.
CREATE INDEX datastore_changelog_changed_at ON datastore_changelog USING brin (changed_at) WITH (autosummarize = on);

-- V081__nvsentinel_set_images.sql
-- Purpose: changes which documents are kept with the changes of a collection that is captured: full, after or none. Changes
--          made so far stay as they are.
-- Locks:   called once in a while for a table: ACCESS EXCLUSIVE on it, for milliseconds after its writers have ended.
CREATE FUNCTION nvsentinel_set_images(collection regclass, images text) RETURNS void
    LANGUAGE plpgsql
AS $body$
BEGIN
    EXECUTE format('DROP TRIGGER nvsentinel_capture ON %s', collection);
    EXECUTE format('DROP TRIGGER nvsentinel_capture_truncate ON %s', collection);
    PERFORM "public".nvsentinel_enable_capture(collection, images);
END
$body$;

-- V090__datastore_changelog_vacuum.sql
-- Purpose: has the changelog vacuumed by the number of rows that retention marked or removed, not by a share of a table
--          that may be large: space is used again soon, and the index stays short at its old end.
-- Locks:   SHARE UPDATE EXCLUSIVE on the table, for milliseconds.
ALTER TABLE datastore_changelog SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 200000
);

-- V100__nvsentinel_capture_change.sql
-- Purpose: writes a change into the changelog, and wakes subscribers that sleep.
--          A crash may not lose a change that was delivered, so asynchronous commit is turned on again here.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that has notified cannot be prepared: PREPARE TRANSACTION would fail. So, where the server allows
--          prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement inside a transaction
--          block (constraints are immediate there, or it is TRUNCATE), which may be prepared later; such changes are found
--          by polling. Everything else commits, and notifies: COMMIT in any spelling, with comments before it, a statement
--          outside a block, and CALL and DO, which may commit themselves. Comments, which can be nested, and literals may
--          hold any words and are removed first. There is no current query when a
--          statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    outside     CONSTANT boolean := transaction_timestamp() >= statement_timestamp();
    notifies    boolean := true;
    query       text;
    words       text := '';
    before      jsonb;
    after       jsonb;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, before);
        WHEN 'TRUNCATE' THEN
            INSERT INTO "public".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP);
        ELSE
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, before, after);
    END CASE;

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF query IS NOT NULL AND current_setting('max_prepared_transactions') <> '0'
            AND NOT (outside AND strpos(lower(query), 'prepare') = 0)
        THEN
            WHILE query <> words LOOP
                words := query;
                query := regexp_replace(query, $re$--[^\n]*|/\*([^*/]|\*(?!/)|/(?!\*))*\*/|'[^']*'$re$, ' ', 'g');
            END LOOP;
            notifies := query !~* '\mprepare\s+transaction\M' AND (outside OR query ~* '(^|;)\s*(commit|end|call|do)\M');
        END IF;
        IF notifies THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- V130__nvsentinel_set.sql
-- Purpose: nvsentinel_set names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_set(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    parent jsonb;
BEGIN
    IF cardinality(path) = 0 THEN
        RETURN value;
    END IF;
    parent := document #> path[:cardinality(path) - 1];
    IF jsonb_typeof(parent) = 'object' THEN
        RETURN jsonb_set(document, path, value, true);
    END IF;

    IF jsonb_typeof(document) = 'array' THEN
        IF (document #> path[1:1]) IS NULL THEN
            RAISE EXCEPTION 'there is no element % in an array of % elements', quote_literal(path[1]), jsonb_array_length(document)
                USING ERRCODE = '22033';
        END IF;
        RETURN jsonb_set(document, path[1:1], "public".nvsentinel_set(document #> path[1:1], path[2:], value), false);
    END IF;
    IF jsonb_typeof(document) <> 'object' THEN
        document := '{}';
    END IF;
    RETURN document
        || jsonb_build_object(path[1], "public".nvsentinel_set(coalesce(document -> path[1], 'null'), path[2:], value));
END
$$;

-- V131__nvsentinel_inc.sql
-- Purpose: nvsentinel_inc names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_inc(document jsonb, path text[], amount jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN "public".nvsentinel_set(document, path, amount);
    END IF;
    IF jsonb_typeof(present) <> 'number' THEN
        RAISE EXCEPTION 'inc needs a number at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '2203B';
    END IF;
    RETURN "public".nvsentinel_set(document, path, to_jsonb(present::numeric + amount::numeric));
END
$$;

-- V132__nvsentinel_push.sql
-- Purpose: nvsentinel_push names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_push(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        present := '[]';
    ELSIF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'push needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN "public".nvsentinel_set(document, path, present || jsonb_build_array(element));
END
$$;

-- V133__nvsentinel_pull.sql
-- Purpose: nvsentinel_pull names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_pull(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN document;
    END IF;
    IF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'pull needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN "public".nvsentinel_set(document, path, (
        SELECT coalesce(jsonb_agg(e.value ORDER BY e.position), '[]')
        FROM jsonb_array_elements(present) WITH ORDINALITY AS e(value, position)
        WHERE e.value <> element));
END
$$;

-- V134__nvsentinel_add_to_set.sql
-- Purpose: nvsentinel_add_to_set names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_add_to_set(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(present) = 'array'
            AND EXISTS (SELECT FROM jsonb_array_elements(present) AS e(value) WHERE e.value = element) THEN
        RETURN document;
    END IF;
    RETURN "public".nvsentinel_push(document, path, element);
END
$$;

-- V135__nvsentinel_rename.sql
-- Purpose: nvsentinel_rename names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE "public".nvsentinel_set(document #- source, target, document #> source) END
$$;

-- V136__nvsentinel_adopt.sql
-- Purpose: nvsentinel_adopt names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN "public".nvsentinel_set(document #- other, target, document #> other)
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN "public".nvsentinel_set(document #- other, target, (document #> other) || (document #> target))
        ELSE document #- other END
$$;

-- V137__nvsentinel_create_collection.sql
-- Purpose: nvsentinel_create_collection calls nvsentinel_enable_capture with all of its arguments in their exact types. Whoever
--          may create functions in the schema could otherwise plant one that takes the first alone, and it would run with
--          the owner's rights.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', 'public', collection);
BEGIN
    IF octet_length(collection) NOT BETWEEN 1 AND 63 OR starts_with(collection, 'pg_') THEN
        RAISE invalid_name USING MESSAGE = 'the name of a collection must have 1 to 63 bytes and not begin with pg_';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF to_regclass(target) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s ('
            ' id         uuid        NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,'
            ' created_at timestamptz NOT NULL DEFAULT now(),'
            ' updated_at timestamptz NOT NULL DEFAULT now(),'
            ' version    bigint      NOT NULL DEFAULT 1,'
            ' data       jsonb       NOT NULL,'
            ' CONSTRAINT data_is_object CHECK (jsonb_typeof(data) = ''object''))', target);
        EXECUTE format('CREATE INDEX ON %s (created_at, id)', target);
        EXECUTE format(
            'CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION "public".nvsentinel_stamp_document()', target);
        PERFORM "public".nvsentinel_enable_capture(target::regclass, 'full'::text);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, session_user);
    ELSIF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    END IF;
END
$body$;

-- V138__nvsentinel_capture_change.sql
-- Purpose: capture runs with the rights of the schema's owner, so that a user who writes a collection needs no right to write
--          the changelog, and cannot forge changes there. Whoever could attach the function to a table of their own could
--          forge changes by way of it, so only the owner may; that takes nothing from the triggers that exist.
--          The lock on the changelog that the change stream's proof needs is still held by the writer's transaction.
-- Locks:   none on tables.
ALTER FUNCTION nvsentinel_capture_change() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

REVOKE ALL ON FUNCTION nvsentinel_capture_change() FROM PUBLIC;

-- V139__datastore_changelog_writers.sql
-- Purpose: takes the right to insert into the changelog, and to draw its ids, from everybody but the owner: it was needed when
--          capture ran with the writer's rights.
-- Locks:   none on tables.
DO $body$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT class.oid::regclass AS object, class.relkind, acl.grantee, acl.privilege_type AS privilege
        FROM pg_class AS class CROSS JOIN LATERAL aclexplode(class.relacl) AS acl
        WHERE class.oid IN ('datastore_changelog'::regclass, 'datastore_changelog_id_seq'::regclass)
            AND acl.grantee <> class.relowner
            AND acl.privilege_type IN ('INSERT', 'TRUNCATE', 'TRIGGER', 'USAGE')
    LOOP
        EXECUTE format('REVOKE %s ON %s %s FROM %s', granted.privilege,
            CASE granted.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, granted.object,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END);
    END LOOP;
END
$body$;

-- V140__nvsentinel_guard_client.sql
-- Purpose: keeps a client's position, dead letters, marks and members from users that it does not belong to. A client belongs to
--          the role of the user who created it or opened it first, with that role's members, and to the owner of the tables. It
--          belongs to everybody while client_role is NULL or names a role that no longer exists.
--          Not SECURITY DEFINER: it judges the user who writes.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_guard_client() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    clients text[];
    foreigner record;
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;

    IF TG_TABLE_NAME = 'resume_tokens' THEN
        clients := ARRAY[OLD.client_name, OLD.group_name, NEW.client_name, NEW.group_name];
    ELSIF TG_TABLE_NAME = 'group_members' THEN
        clients := ARRAY[OLD.group_name, NEW.group_name];
    ELSE
        clients := ARRAY[OLD.client_name, NEW.client_name];
    END IF;
    SELECT client_name, client_role INTO foreigner
    FROM "public".resume_tokens
    WHERE (client_name = ANY (clients) OR group_name = ANY (clients))
        AND CASE WHEN to_regrole(quote_ident(client_role)) IS NOT NULL
            THEN NOT pg_has_role(current_user, client_role, 'MEMBER') END
    LIMIT 1;
    IF FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('client "%s" belongs to role "%s"', foreigner.client_name, foreigner.client_role),
            HINT = format('Choose another client name, or GRANT %I TO %I.', foreigner.client_role, current_user);
    END IF;

    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_TABLE_NAME = 'resume_tokens' THEN
        NEW.client_role := CASE WHEN to_regrole(quote_ident(OLD.client_role)) IS NULL THEN current_user
            ELSE OLD.client_role END;
    END IF;
    RETURN NEW;
END
$body$;

-- V141__resume_tokens_role.sql
-- Purpose: remembers which role a client belongs to, and keeps others from its position. NULL belongs to everybody, as before.
-- Locks:   ACCESS EXCLUSIVE on the small table, for milliseconds.
ALTER TABLE resume_tokens ADD COLUMN client_role name;

CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON resume_tokens
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

-- V142__dead_letters_guard.sql
-- Purpose: keeps users from the dead letters of a client that does not belong to them.
-- Locks:   SHARE ROW EXCLUSIVE on the table, for milliseconds.
CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON dead_letters
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

-- V143__handled_changes_guard.sql
-- Purpose: keeps users from the handled changes of a client that does not belong to them.
-- Locks:   SHARE ROW EXCLUSIVE on the table, for milliseconds.
CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON handled_changes
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

-- V144__group_members_guard.sql
-- Purpose: keeps users from the group members of a client that does not belong to them.
-- Locks:   SHARE ROW EXCLUSIVE on the table, for milliseconds.
CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON group_members
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

-- V180__nvsentinel_unset_time.sql
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

-- V181__nvsentinel_instant_unset.sql
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
    IF "public".nvsentinel_unset_time(value) THEN
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

-- V182__unset_times.sql
-- Purpose: empties the mirrored columns of rows that were written with Go's zero time before that became unset. The documents
--          stay as they are, so nothing is stamped or captured: the triggers are off meanwhile, and then as they were.
-- Locks:   SHARE ROW EXCLUSIVE on health_events and maintenance_events, which holds writers up, while each is read once: a
--          second for some million rows.
DO $body$
DECLARE
    condition  text;
    collection text;
    names      text[];
    modes      text[];
BEGIN
    FOREACH collection IN ARRAY ARRAY['health_events', 'maintenance_events'] LOOP
        SELECT array_agg(tgname ORDER BY tgname), array_agg(CASE tgenabled
                WHEN 'A' THEN 'ENABLE ALWAYS'
                WHEN 'R' THEN 'ENABLE REPLICA'
                WHEN 'O' THEN 'ENABLE'
                ELSE 'DISABLE' END ORDER BY tgname)
        INTO names, modes
        FROM pg_trigger WHERE tgrelid = collection::regclass AND NOT tgisinternal;

        FOR i IN 1 .. cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', collection, names[i]);
        END LOOP;

        SELECT string_agg(format('%I < ''0001-01-01T00:00:00.000001Z''', attname), ' OR ') INTO condition
        FROM pg_attribute WHERE attrelid = collection::regclass AND attgenerated <> '' AND atttypid = 'timestamptz'::regtype;
        EXECUTE format('UPDATE %I SET data = data WHERE %s', collection, condition);

        FOR i IN 1 .. cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %I %s TRIGGER %I', collection, modes[i], names[i]);
        END LOOP;
    END LOOP;
END
$body$;

-- V183__nvsentinel_exceeded.sql
-- Purpose: fails because a value is beyond a limit of the library's readers, with the field's path as the error's column and the
--          limit's name as its constraint. Never gives a value; of type jsonb so that it can stand in place of one.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_exceeded(limit_name text, path text[], message text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    field CONSTANT text := (
        SELECT string_agg(
            CASE name WHEN '' THEN '\e' ELSE replace(replace(name, '\', '\\'), '.', '\.') END, '.' ORDER BY position)
        FROM unnest(path) WITH ORDINALITY AS names (name, position));
BEGIN
    RAISE program_limit_exceeded USING
        MESSAGE = message || coalesce(' at ' || field, ''),
        COLUMN = coalesce(field, ''),
        CONSTRAINT = limit_name;
END
$body$;

COMMENT ON FUNCTION nvsentinel_exceeded(text, text[], text) IS 'Fails because a limit is exceeded.';

-- V184__nvsentinel_limited_number.sql
-- Purpose: a computed number as a document value, if the library's readers accept it: they read at most 1,000 digits.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_limited_number(value numeric, operation text, path text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    IF value BETWEEN -1e100 AND 1e100 AND scale(value) <= 100
            OR length(translate(value::text, '-.', '')) <= 1000 THEN
        RETURN to_jsonb(value);
    END IF;
    RETURN "public".nvsentinel_exceeded(
        'nvsentinel_digits', path, operation || ' makes a number of more than 1000 digits');
END
$body$;

COMMENT ON FUNCTION nvsentinel_limited_number(numeric, text, text[]) IS 'A number of at most 1000 digits.';

-- V185__nvsentinel_limited_levels.sql
-- Purpose: a value that is to stand at a path, if the library's readers accept it there: they read documents of at most 500
--          levels of objects and arrays.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_limited_levels(value jsonb, operation text, path text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    IF jsonb_typeof(value) IN ('object', 'array') AND jsonb_path_exists(value, format(
            'strict $.**{%s} ? (@.type() == "object" || @.type() == "array")', 500 - cardinality(path))::jsonpath) THEN
        RETURN "public".nvsentinel_exceeded(
            'nvsentinel_levels', path, operation || ' makes a document of more than 500 levels');
    END IF;
    RETURN value;
END
$body$;

COMMENT ON FUNCTION nvsentinel_limited_levels(jsonb, text, text[]) IS 'A value of at most 500 levels.';

-- V186__nvsentinel_inc_limited.sql
-- Purpose: nvsentinel_inc as before, but it fails (54000) instead of making a number that the library could not read.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_inc(document jsonb, path text[], amount jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN "public".nvsentinel_set(document, path, amount);
    END IF;
    IF jsonb_typeof(present) <> 'number' THEN
        RAISE EXCEPTION 'inc needs a number at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '2203B';
    END IF;
    RETURN "public".nvsentinel_set(document, path,
        "public".nvsentinel_limited_number(present::numeric + amount::numeric, 'inc', path));
END
$$;

-- V187__nvsentinel_rename_limited.sql
-- Purpose: nvsentinel_rename as before, but it fails (54000) instead of making a document too deep for the library to read.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE "public".nvsentinel_set(document #- source, target,
            "public".nvsentinel_limited_levels(document #> source, 'rename', target)) END
$$;

-- V188__nvsentinel_adopt_limited.sql
-- Purpose: nvsentinel_adopt as before, but it fails (54000) instead of making a document too deep for the library to read: an
--          old spelling may lie higher than the new one.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN "public".nvsentinel_set(document #- other, target,
                "public".nvsentinel_limited_levels(document #> other, 'update', target))
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN "public".nvsentinel_set(document #- other, target,
                "public".nvsentinel_limited_levels((document #> other) || (document #> target), 'update', target))
        ELSE document #- other END
$$;

-- V189__nvsentinel_stamp_document_limited.sql
-- Purpose: nvsentinel_stamp_document as before, but no document is stored whose text has 256 MiB or more, which is what the
--          library reads and sends: numbers such as 1e999 take few bytes and a thousand characters. The text is made only
--          where it could be that long.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    IF pg_column_size(NEW.data) > 2000000 AND octet_length(NEW.data::text) >= 268435456 THEN
        PERFORM "public".nvsentinel_exceeded('nvsentinel_size', '{}', 'the document''s text is 256 MiB or more');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.updated_at = OLD.updated_at THEN
            NEW.updated_at := now();
        END IF;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.created_at := coalesce(
        "public".nvsentinel_instant(NEW.data -> 'createdAt'),
        "public".nvsentinel_instant(NEW.data -> 'createdat'),
        NEW.created_at);
    RETURN NEW;
END
$body$;

-- V190__health_events_lengths.sql
-- Purpose: an indexed field that is too long for its index is refused with its name: an entry of a B-tree has at most 2,704
--          bytes. Rows that are there already are checked when they are written again.
-- Locks:   ACCESS EXCLUSIVE on health_events, for milliseconds: nothing is read.
ALTER TABLE health_events
    ADD CONSTRAINT health_events_node_name_length CHECK (octet_length(node_name) <= 2000) NOT VALID,
    ADD CONSTRAINT health_events_user_pods_eviction_status_length
        CHECK (octet_length(user_pods_eviction_status) <= 2000) NOT VALID,
    ADD CONSTRAINT health_events_idempotency_key_length
        CHECK (octet_length(data #>> '{healthevent,metadata,idempotencyKey}') <= 2000) NOT VALID;

-- V191__maintenance_events_lengths.sql
-- Purpose: as for health events; the provider and the cluster share an index. An event without an id is refused however it is
--          written.
-- Locks:   ACCESS EXCLUSIVE on maintenance_events, for milliseconds: nothing is read.
ALTER TABLE maintenance_events
    ADD CONSTRAINT maintenance_events_event_id_length CHECK (octet_length(event_id) <= 2000) NOT VALID,
    ADD CONSTRAINT maintenance_events_node_name_length CHECK (octet_length(node_name) <= 2000) NOT VALID,
    ADD CONSTRAINT maintenance_events_csp_length CHECK (octet_length(csp) <= 1000) NOT VALID,
    ADD CONSTRAINT maintenance_events_cluster_name_length CHECK (octet_length(cluster_name) <= 1000) NOT VALID,
    ADD CONSTRAINT maintenance_events_event_id_present CHECK (event_id <> '') NOT VALID;

-- V192__nvsentinel_drop_empty_key.sql
-- Purpose: an empty idempotency key is no key: it is not stored, so that two events with one are no duplicates. The index on
--          the key stays as it is, because others name its predicate in ON CONFLICT.
-- Locks:   SHARE ROW EXCLUSIVE on health_events, for milliseconds.
CREATE FUNCTION nvsentinel_drop_empty_key() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    NEW.data := NEW.data #- '{healthevent,metadata,idempotencyKey}';
    RETURN NEW;
END
$body$;

CREATE TRIGGER nvsentinel_drop_empty_key BEFORE INSERT OR UPDATE ON health_events
    FOR EACH ROW WHEN (NEW.data #>> '{healthevent,metadata,idempotencyKey}' = '')
    EXECUTE FUNCTION nvsentinel_drop_empty_key();

ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_drop_empty_key;

-- V193__nvsentinel_require_match.sql
-- Purpose: whether an upsert's filter holds in the document that it inserts; fails if not, because the next call would insert
--          another one. VOLATILE, so that it is called for an insert only and not while the statement is planned.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_require_match(matches boolean) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL SAFE
AS $body$
BEGIN
    IF matches IS NOT TRUE THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the document to be inserted does not match the filter, so that each'
            ' upsert would insert another one; the filter has to hold in it, or to name the id';
    END IF;
    RETURN true;
END
$body$;

COMMENT ON FUNCTION nvsentinel_require_match(boolean) IS 'True, or fails if an upsert''s document does not match its filter.';

-- V194__nvsentinel_refused_document.sql
-- Purpose: finds which document of many the database refuses, after it has refused all of them together: stores them one by
--          one until one fails, and then fails itself, so that nothing stays stored. The error's constraint is the number of
--          that document, from 0, or empty if all could be stored.
-- Locks:   those of inserting.
CREATE FUNCTION nvsentinel_refused_document(collection text, documents jsonb, idempotent boolean) RETURNS void
    LANGUAGE plpgsql
AS $body$
DECLARE
    statement CONSTANT text := format(
        'INSERT INTO %I.%I (data) VALUES ($1)', 'public', collection) || CASE WHEN idempotent
        THEN ' ON CONFLICT ((data #>> ''{healthevent,metadata,idempotencyKey}''))'
            ' WHERE (data #>> ''{healthevent,metadata,idempotencyKey}'') IS NOT NULL DO NOTHING'
        ELSE '' END;
    document  jsonb;
    number    bigint := 0;
    refused   text := '';
BEGIN
    FOR document IN SELECT value FROM jsonb_array_elements(documents) LOOP
        BEGIN
            EXECUTE statement USING document;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
            refused := number::text;
        END;
        EXIT WHEN refused <> '';
        number := number + 1;
    END LOOP;
    RAISE triggered_action_exception USING MESSAGE = 'looked for the refused document', CONSTRAINT = refused;
END
$body$;

COMMENT ON FUNCTION nvsentinel_refused_document(text, jsonb, boolean) IS 'Fails with the number of the refused document.';

-- V195__nvsentinel_recommended_action_restart_app.sql
-- Purpose: nvsentinel_recommended_action as before, and RESTART_APP. Rows that hold it already show the number in the mirrored
--          column until they are written again.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_recommended_action(first jsonb, second jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value CONSTANT text := coalesce(first #>> '{}', second #>> '{}', '0');
BEGIN
    RETURN CASE value
        WHEN '0' THEN 'NONE'
        WHEN '2' THEN 'COMPONENT_RESET'
        WHEN '5' THEN 'CONTACT_SUPPORT'
        WHEN '6' THEN 'RUN_FIELDDIAG'
        WHEN '15' THEN 'RESTART_VM'
        WHEN '24' THEN 'RESTART_BM'
        WHEN '25' THEN 'REPLACE_VM'
        WHEN '26' THEN 'RUN_DCGMEUD'
        WHEN '27' THEN 'CUSTOM'
        WHEN '28' THEN 'REMEDIATE'
        WHEN '39' THEN 'RESTART_APP'
        WHEN '99' THEN 'UNKNOWN'
        ELSE value
    END;
END
$body$;

-- V196__maintenance_events_over_complete.sql
-- Purpose: serves "which maintenance is complete and over", for the status that the services ask for.
-- Locks:   ACCESS EXCLUSIVE on maintenance_events while the index is built: a second for some million rows.
DROP INDEX maintenance_events_over;
CREATE INDEX maintenance_events_over ON maintenance_events (actual_end_time) WHERE status = 'MAINTENANCE_COMPLETE';

-- V197__maintenance_events_cancelled.sql
-- Purpose: serves "which maintenance was cancelled and is not settled yet".
-- Locks:   SHARE on maintenance_events while the index is built, which holds writers up: a second for some million rows.
CREATE INDEX maintenance_events_cancelled ON maintenance_events (last_updated_timestamp) WHERE status = 'CANCELLED';

-- V205__nvsentinel_capture_change.sql
-- Purpose: writes a change into the changelog, and wakes subscribers that sleep. As before, and in the order of the changes:
--          SET CONSTRAINTS IMMEDIATE below a savepoint that is released, and a rollback to a savepoint around it, let events
--          wait for the commit that had been captured already, and leave the mode immediate: the next change would overtake
--          them. Their first capture drew an id, which a rollback does not take back. So, where the id that this session
--          drew last is not the one that was captured last, a capture was rolled back: what waits is captured first, and
--          what comes later waits for the commit again. The id captured last is remembered in a setting, which a rollback
--          sets back.
--          A crash may not lose a change that was delivered; subscribers see to that themselves, and asynchronous commit is
--          turned on again here so that they need not wait.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that has notified cannot be prepared: PREPARE TRANSACTION would fail. So, where the server allows
--          prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement inside a transaction
--          block (constraints are immediate there, or it is TRUNCATE), which may be prepared later; such changes are found
--          by polling. Everything else commits, and notifies: COMMIT in any spelling, with comments before it, a statement
--          outside a block, and CALL and DO, which may commit themselves. Comments, which can be nested, and literals may
--          hold any words and are removed first. There is no current query when a
--          statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    outside     CONSTANT boolean := transaction_timestamp() >= statement_timestamp();
    notifies    boolean := true;
    query       text;
    words       text := '';
    before      jsonb;
    after       jsonb;
    last_drawn  bigint;
    captured    bigint;
    captures    text;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF current_setting('nvsentinel.capturing', true) = 'on' THEN
        last_drawn := currval('"public".datastore_changelog_id_seq');
    ELSE
        BEGIN
            last_drawn := currval('"public".datastore_changelog_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_drawn := NULL;
        END;
        PERFORM set_config('nvsentinel.capturing', 'on', true);
    END IF;
    IF last_drawn::text <> coalesce(current_setting('nvsentinel.captured', true), '') THEN
        SELECT string_agg(DISTINCT format('%I.nvsentinel_capture', nspname), ', ') INTO captures
        FROM pg_trigger
        JOIN pg_constraint ON pg_constraint.oid = tgconstraint
        JOIN pg_namespace ON pg_namespace.oid = connamespace
        WHERE conname = 'nvsentinel_capture' AND has_schema_privilege(pg_namespace.oid, 'USAGE')
            AND tgfoid = '"public".nvsentinel_capture_change()'::regprocedure;
        IF captures IS NOT NULL THEN
            EXECUTE format('SET CONSTRAINTS %s IMMEDIATE', captures);
            EXECUTE format('SET CONSTRAINTS %s DEFERRED', captures);
        END IF;
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, before)
            RETURNING id INTO captured;
        WHEN 'TRUNCATE' THEN
            INSERT INTO "public".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP)
            RETURNING id INTO captured;
        ELSE
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, before, after)
            RETURNING id INTO captured;
    END CASE;
    PERFORM set_config('nvsentinel.captured', captured::text, false);

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF query IS NOT NULL AND current_setting('max_prepared_transactions') <> '0'
            AND NOT (outside AND strpos(lower(query), 'prepare') = 0)
        THEN
            WHILE query <> words LOOP
                words := query;
                query := regexp_replace(query, $re$--[^\n]*|/\*([^*/]|\*(?!/)|/(?!\*))*\*/|'[^']*'$re$, ' ', 'g');
            END LOOP;
            notifies := query !~* '\mprepare\s+transaction\M' AND (outside OR query ~* '(^|;)\s*(commit|end|call|do)\M');
        END IF;
        IF notifies THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- V206__resume_tokens_epoch_seq.sql
-- Purpose: leaves room below each epoch for a random number, which tells two owners apart that drew from the same place of the
--          sequence: an asynchronous failover can lose an opening together with its epoch. Epochs still rise.
-- Locks:   SHARE ROW EXCLUSIVE on the sequence, for milliseconds.
ALTER SEQUENCE resume_tokens_epoch_seq INCREMENT BY 4294967296;

-- V207__nvsentinel_create_collection.sql
-- Purpose: nvsentinel_create_collection mends what it is asked for: where the table is there and its capture was disabled, enabled
--          without ALWAYS, or dropped, capture is as it was made. Changes made meanwhile are in no stream.
-- Locks:   none on tables; when called where capture has to be mended: ACCESS EXCLUSIVE on the collection, for milliseconds
--          after its writers have ended.
CREATE OR REPLACE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', 'public', collection);
    rows_captured      bigint;
    truncates_captured bigint;
    disabled           text;
BEGIN
    IF octet_length(collection) NOT BETWEEN 1 AND 63 OR starts_with(collection, 'pg_') THEN
        RAISE invalid_name USING MESSAGE = 'the name of a collection must have 1 to 63 bytes and not begin with pg_';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF to_regclass(target) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s ('
            ' id         uuid        NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,'
            ' created_at timestamptz NOT NULL DEFAULT now(),'
            ' updated_at timestamptz NOT NULL DEFAULT now(),'
            ' version    bigint      NOT NULL DEFAULT 1,'
            ' data       jsonb       NOT NULL,'
            ' CONSTRAINT data_is_object CHECK (jsonb_typeof(data) = ''object''))', target);
        EXECUTE format('CREATE INDEX ON %s (created_at, id)', target);
        EXECUTE format(
            'CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION "public".nvsentinel_stamp_document()', target);
        PERFORM "public".nvsentinel_enable_capture(target::regclass, 'full'::text);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, session_user);
    ELSIF NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = to_regclass(target) AND tgname IN ('nvsentinel_capture', 'nvsentinel_stamp')) THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    ELSE
        SELECT count(*) FILTER (WHERE tgname = 'nvsentinel_capture'),
            count(*) FILTER (WHERE tgname = 'nvsentinel_capture_truncate'),
            string_agg(format(' ENABLE ALWAYS TRIGGER %I', tgname), ',') FILTER (WHERE tgenabled <> 'A')
        INTO rows_captured, truncates_captured, disabled
        FROM pg_trigger
        WHERE tgrelid = to_regclass(target) AND tgname IN ('nvsentinel_capture', 'nvsentinel_capture_truncate');
        IF rows_captured = 0 THEN
            EXECUTE format('DROP TRIGGER IF EXISTS nvsentinel_capture_truncate ON %s', target);
            PERFORM "public".nvsentinel_enable_capture(target::regclass, 'full'::text);
        ELSE
            IF truncates_captured = 0 THEN
                EXECUTE format(
                    'CREATE TRIGGER nvsentinel_capture_truncate AFTER TRUNCATE ON %s'
                    ' FOR EACH STATEMENT EXECUTE FUNCTION "public".nvsentinel_capture_change()', target);
                disabled := concat_ws(',', disabled, ' ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate');
            END IF;
            IF disabled IS NOT NULL THEN
                EXECUTE format('ALTER TABLE %s%s', target, disabled);
            END IF;
        END IF;
    END IF;
END
$body$;

-- V240__nvsentinel_guard_changelog.sql
-- Purpose: refuses to change or remove changes outside the retention. A change that is removed before every client has read it is
--          lost for the others without an error; the retention raises oldest_id first, so that they fail with a typed error.
--          The retention sets nvsentinel.retention; so does an operator who has raised oldest_id by hand.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_guard_changelog() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF current_setting('nvsentinel.retention', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% on %.% is refused: clients would lose changes without an error', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Run the retention instead: nvsentinel retention run. To do it all the same, raise oldest_id in'
                    ' datastore_changelog_state above every change that is removed, and SET nvsentinel.retention = ''on''.';
    END IF;
    RETURN NULL;
END
$body$;

-- V241__datastore_changelog_guard.sql
-- Purpose: puts the guard on the changelog. It does not fire for logical replication, which repeats what the retention did elsewhere.
-- Locks:   SHARE ROW EXCLUSIVE on the changelog, for milliseconds; writers wait for as long as the longest commit under way.
CREATE TRIGGER nvsentinel_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON datastore_changelog
    FOR EACH STATEMENT EXECUTE FUNCTION nvsentinel_guard_changelog();

-- V242__nvsentinel_capture_change.sql
-- Purpose: writes a change into the changelog, and wakes subscribers that sleep. As before, and a record whose id is changed
--          ends under the old id and begins under the new one: as an update it would be found under the new id only, and the
--          old record would remain in each copy of the table. In the order of the changes:
--          SET CONSTRAINTS IMMEDIATE below a savepoint that is released, and a rollback to a savepoint around it, let events
--          wait for the commit that had been captured already, and leave the mode immediate: the next change would overtake
--          them. Their first capture drew an id, which a rollback does not take back. So, where the id that this session
--          drew last is not the one that was captured last, a capture was rolled back: what waits is captured first, and
--          what comes later waits for the commit again. The id captured last is remembered in a setting, which a rollback
--          sets back.
--          A crash may not lose a change that was delivered; subscribers see to that themselves, and asynchronous commit is
--          turned on again here so that they need not wait.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that has notified cannot be prepared: PREPARE TRANSACTION would fail. So, where the server allows
--          prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement inside a transaction
--          block (constraints are immediate there, or it is TRUNCATE), which may be prepared later; such changes are found
--          by polling. Everything else commits, and notifies: COMMIT in any spelling, with comments before it, a statement
--          outside a block, and CALL and DO, which may commit themselves. Comments, which can be nested, and literals may
--          hold any words and are removed first. There is no current query when a
--          statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    outside     CONSTANT boolean := transaction_timestamp() >= statement_timestamp();
    notifies    boolean := true;
    query       text;
    words       text := '';
    moved       boolean;
    before      jsonb;
    after       jsonb;
    last_drawn  bigint;
    captured    bigint;
    captures    text;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF current_setting('nvsentinel.capturing', true) = 'on' THEN
        last_drawn := currval('"public".datastore_changelog_id_seq');
    ELSE
        BEGIN
            last_drawn := currval('"public".datastore_changelog_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_drawn := NULL;
        END;
        PERFORM set_config('nvsentinel.capturing', 'on', true);
    END IF;
    IF last_drawn::text <> coalesce(current_setting('nvsentinel.captured', true), '') THEN
        SELECT string_agg(DISTINCT format('%I.nvsentinel_capture', nspname), ', ') INTO captures
        FROM pg_trigger
        JOIN pg_constraint ON pg_constraint.oid = tgconstraint
        JOIN pg_namespace ON pg_namespace.oid = connamespace
        WHERE conname = 'nvsentinel_capture' AND has_schema_privilege(pg_namespace.oid, 'USAGE')
            AND tgfoid = '"public".nvsentinel_capture_change()'::regprocedure;
        IF captures IS NOT NULL THEN
            EXECUTE format('SET CONSTRAINTS %s IMMEDIATE', captures);
            EXECUTE format('SET CONSTRAINTS %s DEFERRED', captures);
        END IF;
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, before)
            RETURNING id INTO captured;
        WHEN 'TRUNCATE' THEN
            INSERT INTO "public".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP)
            RETURNING id INTO captured;
        ELSE
            moved := TG_OP = 'UPDATE' AND NEW.id IS DISTINCT FROM OLD.id;
            IF moved THEN
                INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values)
                VALUES (TG_TABLE_NAME, OLD.id, 'DELETE', before);
                before := NULL;
            END IF;
            INSERT INTO "public".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, CASE WHEN moved THEN 'INSERT' ELSE TG_OP END, before, after)
            RETURNING id INTO captured;
    END CASE;
    PERFORM set_config('nvsentinel.captured', captured::text, false);

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF query IS NOT NULL AND current_setting('max_prepared_transactions') <> '0'
            AND NOT (outside AND strpos(lower(query), 'prepare') = 0)
        THEN
            WHILE query <> words LOOP
                words := query;
                query := regexp_replace(query, $re$--[^\n]*|/\*([^*/]|\*(?!/)|/(?!\*))*\*/|'[^']*'$re$, ' ', 'g');
            END LOOP;
            notifies := query !~* '\mprepare\s+transaction\M' AND (outside OR query ~* '(^|;)\s*(commit|end|call|do)\M');
        END IF;
        IF notifies THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- V243__datastore_probe.sql
-- Purpose: probes the server. One session inserts a row as capture does, and waits at the barrier, before it draws the id, for
--          another session, which looks for the lock of the first one in pg_locks. Both roll back. A row that stays remembers
--          the server that passed, by its version(), and the server is not probed again until that changes.
--          The columns are filled in their order, as those of datastore_changelog are. The number is that of an advisory lock.
-- Locks:   none; the objects are new.
CREATE SEQUENCE datastore_probe_id_seq AS bigint CACHE 1;

CREATE TABLE datastore_probe (
    xid    xid8    NOT NULL DEFAULT pg_current_xact_id(),
    barrier   boolean NOT NULL DEFAULT (pg_advisory_xact_lock_shared(7813858212840129892) IS NOT NULL),
    id     bigint  NOT NULL DEFAULT nextval('datastore_probe_id_seq'),
    server text    NOT NULL,
    CONSTRAINT datastore_probe_pkey PRIMARY KEY (id)
);

ALTER SEQUENCE datastore_probe_id_seq OWNED BY datastore_probe.id;

-- V250__nvsentinel_stamp_document_bytes.sql
-- Purpose: nvsentinel_stamp_document as before, but no document is stored whose text has more bytes than the session's setting
--          nvsentinel.max_document_bytes says, 16 MiB without it, and never 256 MiB or more: readers cannot hold any size in
--          memory. The text is made only where it could be that long; it has at most 150 times the bytes of the document.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    most bigint := 16777216;
BEGIN
    IF coalesce(current_setting('nvsentinel.max_document_bytes', true), '') <> '' THEN
        most := least(268435455, current_setting('nvsentinel.max_document_bytes')::bigint);
    END IF;
    IF pg_column_size(NEW.data) * 150::bigint > most AND octet_length(NEW.data::text) > most THEN
        PERFORM "public".nvsentinel_exceeded(
            'nvsentinel_size', '{}', 'the document''s text has more than ' || most || ' bytes');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.updated_at = OLD.updated_at THEN
            NEW.updated_at := now();
        END IF;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.created_at := coalesce(
        "public".nvsentinel_instant(NEW.data -> 'createdAt'),
        "public".nvsentinel_instant(NEW.data -> 'createdat'),
        NEW.created_at);
    RETURN NEW;
END
$body$;

-- V251__nvsentinel_text_one_expression.sql
-- Purpose: nvsentinel_text as before, in one expression that ends at the first value: an insert calls it for seven columns.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_text(
    first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL, fourth jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE
        WHEN jsonb_typeof(first) = 'string' THEN first #>> '{}'
        WHEN jsonb_typeof(first) <> 'null' THEN NULL
        WHEN jsonb_typeof(second) = 'string' THEN second #>> '{}'
        WHEN jsonb_typeof(second) <> 'null' THEN NULL
        WHEN jsonb_typeof(third) = 'string' THEN third #>> '{}'
        WHEN jsonb_typeof(third) <> 'null' THEN NULL
        WHEN jsonb_typeof(fourth) = 'string' THEN fourth #>> '{}'
    END;
END
$body$;

-- V252__nvsentinel_boolean_one_expression.sql
-- Purpose: nvsentinel_boolean as before, in one expression that ends at the first value, without an array to loop over.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_boolean(first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE 'boolean'
        WHEN jsonb_typeof(first) THEN first::boolean
        WHEN jsonb_typeof(first -> 'value') THEN (first -> 'value')::boolean
        WHEN jsonb_typeof(second) THEN second::boolean
        WHEN jsonb_typeof(second -> 'value') THEN (second -> 'value')::boolean
        WHEN jsonb_typeof(third) THEN third::boolean
        WHEN jsonb_typeof(third -> 'value') THEN (third -> 'value')::boolean
    END;
END
$body$;

-- V253__nvsentinel_instant_without_captures.sql
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

-- V261__datastore_changelog_table_oid.sql
-- Purpose: the object id of the table that changed. A table may be renamed and back while no reader looks, so what was written
--          meanwhile carries the other name; its object id stays. Null in rows that were written before this migration.
-- Locks:   ACCESS EXCLUSIVE on the changelog, for milliseconds; nothing is rewritten.
ALTER TABLE datastore_changelog ADD COLUMN table_oid oid;

-- V262__nvsentinel_capture_change.sql
-- Purpose: writes a change into the changelog, and wakes subscribers that sleep. As before, and with the table's object id.
--          A record whose id is changed ends under the old id and begins under the new one: as an update it would be found
--          under the new id only, and the old record would remain in each copy of the table. In the order of the changes:
--          SET CONSTRAINTS IMMEDIATE below a savepoint that is released, and a rollback to a savepoint around it, let events
--          wait for the commit that had been captured already, and leave the mode immediate: the next change would overtake
--          them. Their first capture drew an id, which a rollback does not take back. So, where the id that this session
--          drew last is not the one that was captured last, a capture was rolled back: what waits is captured first, and
--          what comes later waits for the commit again. The id captured last is remembered in a setting, which a rollback
--          sets back.
--          A crash may not lose a change that was delivered; subscribers see to that themselves, and asynchronous commit is
--          turned on again here so that they need not wait.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that has notified cannot be prepared: PREPARE TRANSACTION would fail. So, where the server allows
--          prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement inside a transaction
--          block (constraints are immediate there, or it is TRUNCATE), which may be prepared later; such changes are found
--          by polling. Everything else commits, and notifies: COMMIT in any spelling, with comments before it, a statement
--          outside a block, and CALL and DO, which may commit themselves. Comments, which can be nested, and literals may
--          hold any words and are removed first. There is no current query when a
--          statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    outside     CONSTANT boolean := transaction_timestamp() >= statement_timestamp();
    notifies    boolean := true;
    query       text;
    words       text := '';
    moved       boolean;
    before      jsonb;
    after       jsonb;
    last_drawn  bigint;
    captured    bigint;
    captures    text;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF current_setting('nvsentinel.capturing', true) = 'on' THEN
        last_drawn := currval('"public".datastore_changelog_id_seq');
    ELSE
        BEGIN
            last_drawn := currval('"public".datastore_changelog_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_drawn := NULL;
        END;
        PERFORM set_config('nvsentinel.capturing', 'on', true);
    END IF;
    IF last_drawn::text <> coalesce(current_setting('nvsentinel.captured', true), '') THEN
        SELECT string_agg(DISTINCT format('%I.nvsentinel_capture', nspname), ', ') INTO captures
        FROM pg_trigger
        JOIN pg_constraint ON pg_constraint.oid = tgconstraint
        JOIN pg_namespace ON pg_namespace.oid = connamespace
        WHERE conname = 'nvsentinel_capture' AND has_schema_privilege(pg_namespace.oid, 'USAGE')
            AND tgfoid = '"public".nvsentinel_capture_change()'::regprocedure;
        IF captures IS NOT NULL THEN
            EXECUTE format('SET CONSTRAINTS %s IMMEDIATE', captures);
            EXECUTE format('SET CONSTRAINTS %s DEFERRED', captures);
        END IF;
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "public".datastore_changelog (table_name, table_oid, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, TG_RELID, OLD.id, TG_OP, before)
            RETURNING id INTO captured;
        WHEN 'TRUNCATE' THEN
            INSERT INTO "public".datastore_changelog (table_name, table_oid, operation)
            VALUES (TG_TABLE_NAME, TG_RELID, TG_OP)
            RETURNING id INTO captured;
        ELSE
            moved := TG_OP = 'UPDATE' AND NEW.id IS DISTINCT FROM OLD.id;
            IF moved THEN
                INSERT INTO "public".datastore_changelog (table_name, table_oid, record_id, operation, old_values)
                VALUES (TG_TABLE_NAME, TG_RELID, OLD.id, 'DELETE', before);
                before := NULL;
            END IF;
            INSERT INTO "public".datastore_changelog (table_name, table_oid, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, TG_RELID, NEW.id, CASE WHEN moved THEN 'INSERT' ELSE TG_OP END, before, after)
            RETURNING id INTO captured;
    END CASE;
    PERFORM set_config('nvsentinel.captured', captured::text, false);

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF query IS NOT NULL AND current_setting('max_prepared_transactions') <> '0'
            AND NOT (outside AND strpos(lower(query), 'prepare') = 0)
        THEN
            WHILE query <> words LOOP
                words := query;
                query := regexp_replace(query, $re$--[^\n]*|/\*([^*/]|\*(?!/)|/(?!\*))*\*/|'[^']*'$re$, ' ', 'g');
            END LOOP;
            notifies := query !~* '\mprepare\s+transaction\M' AND (outside OR query ~* '(^|;)\s*(commit|end|call|do)\M');
        END IF;
        IF notifies THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- The versions.
CREATE TABLE nvsentinel_schema_history (
    installed_rank integer       NOT NULL,
    version        varchar(50),
    description    varchar(200)  NOT NULL,
    type           varchar(20)   NOT NULL,
    script         varchar(1000) NOT NULL,
    checksum       integer,
    installed_by   varchar(100)  NOT NULL,
    installed_on   timestamp     NOT NULL DEFAULT now(),
    execution_time integer       NOT NULL,
    success        boolean       NOT NULL,
    CONSTRAINT nvsentinel_schema_history_pk PRIMARY KEY (installed_rank)
);
CREATE INDEX nvsentinel_schema_history_s_idx ON nvsentinel_schema_history (success);

INSERT INTO nvsentinel_schema_history
    (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
SELECT rank, version, description, 'SQL', script, checksum, current_user, 0, true
FROM (VALUES
    (1, '001', 'nvsentinel text', 'V001__nvsentinel_text.sql', -1352548450),
    (2, '002', 'nvsentinel boolean', 'V002__nvsentinel_boolean.sql', -1756341775),
    (3, '003', 'nvsentinel recommended action', 'V003__nvsentinel_recommended_action.sql', 1309483997),
    (4, '004', 'nvsentinel stamp document', 'V004__nvsentinel_stamp_document.sql', -1702463240),
    (5, '005', 'datastore changelog', 'V005__datastore_changelog.sql', -199083194),
    (6, '006', 'datastore changelog state', 'V006__datastore_changelog_state.sql', 1936420168),
    (7, '007', 'nvsentinel capture change', 'V007__nvsentinel_capture_change.sql', -1211606023),
    (8, '008', 'nvsentinel enable capture', 'V008__nvsentinel_enable_capture.sql', -405213134),
    (9, '009', 'nvsentinel words', 'V009__nvsentinel_words.sql', -829618784),
    (10, '010', 'nvsentinel instant', 'V010__nvsentinel_instant.sql', -620868026),
    (11, '011', 'nvsentinel set', 'V011__nvsentinel_set.sql', -774851331),
    (12, '012', 'nvsentinel unset', 'V012__nvsentinel_unset.sql', -1199547266),
    (13, '013', 'nvsentinel inc', 'V013__nvsentinel_inc.sql', -1718722914),
    (14, '014', 'nvsentinel push', 'V014__nvsentinel_push.sql', -720941314),
    (15, '015', 'nvsentinel pull', 'V015__nvsentinel_pull.sql', -2060359087),
    (16, '016', 'nvsentinel add to set', 'V016__nvsentinel_add_to_set.sql', -290261883),
    (17, '017', 'nvsentinel rename', 'V017__nvsentinel_rename.sql', 1013896759),
    (18, '018', 'nvsentinel adopt', 'V018__nvsentinel_adopt.sql', 593222651),
    (19, '019', 'nvsentinel now', 'V019__nvsentinel_now.sql', 2138114603),
    (20, '020', 'health events', 'V020__health_events.sql', 1875786843),
    (21, '021', 'health events node created', 'V021__health_events_node_created.sql', -1324834674),
    (22, '022', 'health events created', 'V022__health_events_created.sql', 35605201),
    (23, '023', 'health events triggers', 'V023__health_events_triggers.sql', 1448956179),
    (24, '024', 'health events idempotency key', 'V024__health_events_idempotency_key.sql', 1650677537),
    (25, '030', 'maintenance events', 'V030__maintenance_events.sql', -1141220749),
    (26, '031', 'maintenance events created', 'V031__maintenance_events_created.sql', 1324046667),
    (27, '032', 'maintenance events triggers', 'V032__maintenance_events_triggers.sql', -2091482822),
    (28, '033', 'health events eviction', 'V033__health_events_eviction.sql', 1447389877),
    (29, '034', 'health events drained', 'V034__health_events_drained.sql', 1034045502),
    (30, '035', 'health events data', 'V035__health_events_data.sql', -254959220),
    (31, '036', 'maintenance events received', 'V036__maintenance_events_received.sql', 464914055),
    (32, '037', 'maintenance events due', 'V037__maintenance_events_due.sql', 899686183),
    (33, '038', 'maintenance events over', 'V038__maintenance_events_over.sql', 548247570),
    (34, '039', 'maintenance events node', 'V039__maintenance_events_node.sql', 1462184851),
    (35, '040', 'resume tokens', 'V040__resume_tokens.sql', -885739095),
    (36, '041', 'dead letters', 'V041__dead_letters.sql', -923225265),
    (37, '042', 'dead letters replay', 'V042__dead_letters_replay.sql', -809326061),
    (38, '043', 'datastore changelog processed', 'V043__datastore_changelog_processed.sql', -1856651253),
    (39, '044', 'handled changes', 'V044__handled_changes.sql', 1205444883),
    (40, '045', 'group members', 'V045__group_members.sql', -303029537),
    (41, '050', 'nvsentinel create collection', 'V050__nvsentinel_create_collection.sql', -1123446687),
    (42, '070', 'nvsentinel put', 'V070__nvsentinel_put.sql', 1801279915),
    (43, '071', 'nvsentinel create text index', 'V071__nvsentinel_create_text_index.sql', -1944462213),
    (44, '072', 'nvsentinel number', 'V072__nvsentinel_number.sql', 145565379),
    (45, '073', 'nvsentinel truth', 'V073__nvsentinel_truth.sql', 1026274867),
    (46, '074', 'nvsentinel compare', 'V074__nvsentinel_compare.sql', -1272268023),
    (47, '075', 'nvsentinel elements', 'V075__nvsentinel_elements.sql', -1158202609),
    (48, '076', 'nvsentinel first', 'V076__nvsentinel_first.sql', -1219516804),
    (49, '077', 'nvsentinel last', 'V077__nvsentinel_last.sql', 497762331),
    (50, '078', 'nvsentinel min', 'V078__nvsentinel_min.sql', 1519906970),
    (51, '079', 'nvsentinel max', 'V079__nvsentinel_max.sql', 402950184),
    (52, '080', 'datastore changelog changed at', 'V080__datastore_changelog_changed_at.sql', 499090928),
    (53, '081', 'nvsentinel set images', 'V081__nvsentinel_set_images.sql', -26222573),
    (54, '090', 'datastore changelog vacuum', 'V090__datastore_changelog_vacuum.sql', -199521309),
    (55, '100', 'nvsentinel capture change', 'V100__nvsentinel_capture_change.sql', 510586271),
    (56, '130', 'nvsentinel set', 'V130__nvsentinel_set.sql', 1268886272),
    (57, '131', 'nvsentinel inc', 'V131__nvsentinel_inc.sql', -1875685363),
    (58, '132', 'nvsentinel push', 'V132__nvsentinel_push.sql', 1695204812),
    (59, '133', 'nvsentinel pull', 'V133__nvsentinel_pull.sql', 1865767441),
    (60, '134', 'nvsentinel add to set', 'V134__nvsentinel_add_to_set.sql', -142483531),
    (61, '135', 'nvsentinel rename', 'V135__nvsentinel_rename.sql', 1375636635),
    (62, '136', 'nvsentinel adopt', 'V136__nvsentinel_adopt.sql', 872904511),
    (63, '137', 'nvsentinel create collection', 'V137__nvsentinel_create_collection.sql', -277308885),
    (64, '138', 'nvsentinel capture change', 'V138__nvsentinel_capture_change.sql', -1349870479),
    (65, '139', 'datastore changelog writers', 'V139__datastore_changelog_writers.sql', -1318183094),
    (66, '140', 'nvsentinel guard client', 'V140__nvsentinel_guard_client.sql', -2110605166),
    (67, '141', 'resume tokens role', 'V141__resume_tokens_role.sql', 664792960),
    (68, '142', 'dead letters guard', 'V142__dead_letters_guard.sql', -1217746695),
    (69, '143', 'handled changes guard', 'V143__handled_changes_guard.sql', -125837306),
    (70, '144', 'group members guard', 'V144__group_members_guard.sql', 1274058590),
    (71, '180', 'nvsentinel unset time', 'V180__nvsentinel_unset_time.sql', -1956326094),
    (72, '181', 'nvsentinel instant unset', 'V181__nvsentinel_instant_unset.sql', -700583853),
    (73, '182', 'unset times', 'V182__unset_times.sql', 502254733),
    (74, '183', 'nvsentinel exceeded', 'V183__nvsentinel_exceeded.sql', 1438750375),
    (75, '184', 'nvsentinel limited number', 'V184__nvsentinel_limited_number.sql', -1942498732),
    (76, '185', 'nvsentinel limited levels', 'V185__nvsentinel_limited_levels.sql', -560050801),
    (77, '186', 'nvsentinel inc limited', 'V186__nvsentinel_inc_limited.sql', -1162365785),
    (78, '187', 'nvsentinel rename limited', 'V187__nvsentinel_rename_limited.sql', -649191320),
    (79, '188', 'nvsentinel adopt limited', 'V188__nvsentinel_adopt_limited.sql', 2126076283),
    (80, '189', 'nvsentinel stamp document limited', 'V189__nvsentinel_stamp_document_limited.sql', -1382932382),
    (81, '190', 'health events lengths', 'V190__health_events_lengths.sql', 851699636),
    (82, '191', 'maintenance events lengths', 'V191__maintenance_events_lengths.sql', 521118164),
    (83, '192', 'nvsentinel drop empty key', 'V192__nvsentinel_drop_empty_key.sql', -2143295421),
    (84, '193', 'nvsentinel require match', 'V193__nvsentinel_require_match.sql', -404599964),
    (85, '194', 'nvsentinel refused document', 'V194__nvsentinel_refused_document.sql', -2140128679),
    (86, '195', 'nvsentinel recommended action restart app', 'V195__nvsentinel_recommended_action_restart_app.sql', -1986872169),
    (87, '196', 'maintenance events over complete', 'V196__maintenance_events_over_complete.sql', -574868414),
    (88, '197', 'maintenance events cancelled', 'V197__maintenance_events_cancelled.sql', -591836714),
    (89, '205', 'nvsentinel capture change', 'V205__nvsentinel_capture_change.sql', 1218037544),
    (90, '206', 'resume tokens epoch seq', 'V206__resume_tokens_epoch_seq.sql', 224196501),
    (91, '207', 'nvsentinel create collection', 'V207__nvsentinel_create_collection.sql', 1300985925),
    (92, '240', 'nvsentinel guard changelog', 'V240__nvsentinel_guard_changelog.sql', 1889186458),
    (93, '241', 'datastore changelog guard', 'V241__datastore_changelog_guard.sql', 48984325),
    (94, '242', 'nvsentinel capture change', 'V242__nvsentinel_capture_change.sql', -205931058),
    (95, '243', 'datastore probe', 'V243__datastore_probe.sql', -1040601438),
    (96, '250', 'nvsentinel stamp document bytes', 'V250__nvsentinel_stamp_document_bytes.sql', -153725046),
    (97, '251', 'nvsentinel text one expression', 'V251__nvsentinel_text_one_expression.sql', 74221643),
    (98, '252', 'nvsentinel boolean one expression', 'V252__nvsentinel_boolean_one_expression.sql', 629541887),
    (99, '253', 'nvsentinel instant without captures', 'V253__nvsentinel_instant_without_captures.sql', 161538632),
    (100, '261', 'datastore changelog table oid', 'V261__datastore_changelog_table_oid.sql', -1908260535),
    (101, '262', 'nvsentinel capture change', 'V262__nvsentinel_capture_change.sql', 1757030324)
) AS versions (rank, version, description, script, checksum);

COMMIT;
