-- Purpose: the changes behind a client's position whose effect is committed. Written in the transaction of the effect, and
--          forgotten when the position is stored behind them: what is handled in any order has its effect once.
-- Locks:   none; the table is new.
CREATE TABLE handled_changes (
    client_name text   NOT NULL,
    position    bigint NOT NULL,
    CONSTRAINT handled_changes_pkey PRIMARY KEY (client_name, position)
);
