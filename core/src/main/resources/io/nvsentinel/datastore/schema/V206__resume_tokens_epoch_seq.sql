-- Purpose: leaves room below each epoch for a random number, which tells two owners apart that drew from the same place of the
--          sequence: an asynchronous failover can lose an opening together with its epoch. Epochs still rise.
-- Locks:   SHARE ROW EXCLUSIVE on the sequence, for milliseconds.
ALTER SEQUENCE resume_tokens_epoch_seq INCREMENT BY 4294967296;
