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
