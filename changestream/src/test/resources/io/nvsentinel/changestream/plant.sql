-- Run by a user who may create in the schema and nothing else: operators and functions named as PostgreSQL's or as the
-- schema's own, for argument types for which there is no exact match in pg_catalog.
SET search_path = pg_catalog;
DO $body$
DECLARE
    types CONSTANT regtype[] := '{text,varchar,jsonb,integer,bigint,numeric,timestamptz,uuid,text[],name,boolean}';
    a     regtype;
    b     regtype;
    op    text;
    fn    text;
BEGIN
    FOREACH a IN ARRAY types LOOP
        EXECUTE format('CREATE FUNCTION public.planted(%s) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION ''planted''; END $$', a);
        FOREACH b IN ARRAY types LOOP
            EXECUTE format('CREATE FUNCTION public.planted(%s, %s) RETURNS boolean LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION ''planted''; END $$', a, b);
            FOREACH op IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>=', '->', '->>', '#>', '#>>', '@>', '||', '+', '-', '*',
                    '/', '%', '~', '~*', '!~', '@@', '?', '#-', '@?'] LOOP
                IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = op AND oprleft = a AND oprright = b) THEN
                    EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = public.planted, LEFTARG = %s, RIGHTARG = %s)',
                        op, a, b);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;

    FOREACH fn IN ARRAY ARRAY['count', 'max', 'min', 'sum', 'now', 'to_jsonb', 'jsonb_typeof', 'jsonb_array_elements',
            'nextval', 'set_config', 'current_setting', 'pg_notify', 'pg_try_advisory_lock', 'quote_ident', 'format',
            'to_regclass', 'to_regnamespace', 'clock_timestamp', 'md5', 'hashtextextended', 'length', 'octet_length',
            'pg_column_size', 'websearch_to_tsquery', 'to_char', 'date_part', 'jsonb_build_object', 'jsonb_strip_nulls',
            'jsonb_agg', 'generate_series', 'unnest', 'pg_total_relation_size', 'has_table_privilege',
            'nvsentinel_create_collection', 'nvsentinel_create_text_index', 'nvsentinel_words', 'nvsentinel_instant',
            'nvsentinel_number', 'nvsentinel_truth', 'nvsentinel_elements', 'nvsentinel_now'] LOOP
        FOREACH a IN ARRAY types LOOP
            IF to_regprocedure(format('public.%I(%s)', fn, a)) IS NULL THEN
                EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION ''planted''; END $$', fn, a);
            END IF;
        END LOOP;
    END LOOP;

    FOREACH fn IN ARRAY ARRAY['nvsentinel_set_images', 'set_config', 'coalesce', 'pg_notify', 'jsonb_build_object',
            'websearch_to_tsquery', 'nvsentinel_compare', 'nvsentinel_unset', 'has_table_privilege'] LOOP
        FOREACH a IN ARRAY types || ARRAY['regclass'::regtype] LOOP
            FOREACH b IN ARRAY types LOOP
                IF to_regprocedure(format('public.%I(%s, %s)', fn, a, b)) IS NULL THEN
                    EXECUTE format('CREATE FUNCTION public.%I(%s, %s) RETURNS text LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION ''planted''; END $$', fn, a, b);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
END
$body$;

CREATE FUNCTION public.nvsentinel_enable_capture(regclass) RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE TYPE public.trap AS (value text);
CREATE FUNCTION public.trapped(varchar) RETURNS public.trap LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE CAST (varchar AS public.trap) WITH FUNCTION public.trapped(varchar) AS IMPLICIT;
CREATE TABLE public.pg_locks (planted int);
CREATE TABLE public.pg_class (planted int);
CREATE TABLE public.pg_stat_activity (planted int);
