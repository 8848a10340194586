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
