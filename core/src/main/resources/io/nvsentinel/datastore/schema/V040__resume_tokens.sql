-- Purpose: where each named client of a change stream left off. epoch counts its owners: who opened the client last
--          owns it, and an earlier owner can no longer store. Written often and small, hence the free space per page.
-- Locks:   none; the table is new.
CREATE TABLE resume_tokens (
    client_name  text        NOT NULL,
    epoch        bigint      NOT NULL DEFAULT 1,
    last_updated timestamptz NOT NULL DEFAULT now(),
    resume_token jsonb       NOT NULL,
    CONSTRAINT resume_tokens_pkey PRIMARY KEY (client_name)
) WITH (fillfactor = 50);
