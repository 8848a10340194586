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
    FROM "${flyway:defaultSchema}".resume_tokens
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
