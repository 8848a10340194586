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
