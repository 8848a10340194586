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
