--------------------------------- MODULE Capture ---------------------------------
(***************************************************************************)
(* The order in which one transaction's changes of a record get their ids, *)
(* with SET CONSTRAINTS IMMEDIATE below savepoints.  The server keeps a    *)
(* queue of trigger events.  Deferred events fire at commit, in the order  *)
(* in which they came; SET CONSTRAINTS IMMEDIATE fires those that wait,    *)
(* and then each at the end of its statement.  Rolling back to a savepoint *)
(* takes back the rows that were written below it, and events that fired   *)
(* below it count as not fired.                                            *)
(*                                                                         *)
(* StaysImmediate says what happens to the mode when the savepoint that    *)
(* set it is released and one around it is rolled back.  The server keeps  *)
(* IMMEDIATE then: a later event fires before one that waits again.        *)
(*                                                                         *)
(* So capture has to notice that an earlier capture was rolled back: the   *)
(* last id that the session drew, which a rollback does not take back, is  *)
(* not the last one that the transaction remembers, so one was undone.  It *)
(* then captures first what waits, and lets what comes later wait for the  *)
(* commit.                                                                 *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
    Changes,          \* changes of the record in this transaction
    MaxDepth,         \* of savepoints
    UsesImmediate,    \* whether the transaction uses SET CONSTRAINTS
    StaysImmediate,
    NoticesRollback   \* whether capture compares the two ids

VARIABLES
    made,       \* changes made so far, numbered in their true order
    waiting,    \* events that have not fired
    written,    \* changelog rows in the order of their ids
    immediate,
    saved,      \* what was noted at each savepoint that is open
    undone,     \* whether the capture of the last id that was drawn was rolled back
    committed

vars == <<made, waiting, written, immediate, saved, undone, committed>>

Init ==
    /\ made = 0 /\ waiting = <<>> /\ written = <<>> /\ immediate = FALSE /\ saved = <<>>
    /\ undone = FALSE /\ committed = FALSE

(* Ids are drawn below every savepoint that is open, and the last one is remembered. *)
Drew(savepoints) == [i \in 1..Len(savepoints) |-> [savepoints[i] EXCEPT !.drew = TRUE]]

Notices == NoticesRollback /\ undone

Change ==
    /\ ~committed /\ made < Changes
    /\ made' = made + 1
    /\ IF ~immediate
       THEN waiting' = Append(waiting, made + 1) /\ UNCHANGED <<written, immediate, saved, undone>>
       ELSE /\ written' = Append(IF Notices THEN written \o waiting ELSE written, made + 1)
            /\ waiting' = IF Notices THEN <<>> ELSE waiting
            /\ immediate' = ~Notices
            /\ saved' = Drew(saved)
            /\ undone' = FALSE
    /\ UNCHANGED committed

Savepoint ==
    /\ ~committed /\ Len(saved) < MaxDepth
    /\ saved' = Append(saved, [made |-> made, waiting |-> waiting, written |-> written, immediate |-> immediate,
                               undone |-> undone, drew |-> FALSE, set |-> FALSE])
    /\ UNCHANGED <<made, waiting, written, immediate, undone, committed>>

SetImmediate ==
    /\ UsesImmediate /\ ~committed /\ ~immediate
    /\ immediate' = (waiting = <<>> \/ ~Notices)
    /\ written' = written \o waiting
    /\ waiting' = <<>>
    /\ LET fired == IF waiting = <<>> THEN saved ELSE Drew(saved)
       IN saved' = IF fired = <<>> THEN fired ELSE [fired EXCEPT ![Len(fired)].set = TRUE]
    /\ undone' = (undone /\ waiting = <<>>)
    /\ UNCHANGED <<made, committed>>

Release ==
    /\ ~committed /\ saved # <<>>
    /\ saved' = SubSeq(saved, 1, Len(saved) - 1)
    /\ UNCHANGED <<made, waiting, written, immediate, undone, committed>>

(* The mode goes back only if this very savepoint noted it, that is, if SET CONSTRAINTS ran directly below it. *)
RollbackTo ==
    /\ ~committed /\ saved # <<>>
    /\ LET then == saved[Len(saved)]
       IN /\ made' = then.made
          /\ waiting' = then.waiting
          /\ written' = then.written
          /\ undone' = (then.undone \/ then.drew)
          /\ immediate' = IF then.set \/ ~StaysImmediate THEN then.immediate ELSE immediate
          /\ saved' = [saved EXCEPT ![Len(saved)].set = FALSE]
    /\ UNCHANGED committed

(* What waits, fires. *)
Commit ==
    /\ ~committed
    /\ committed' = TRUE
    /\ written' = written \o waiting
    /\ waiting' = <<>>
    /\ UNCHANGED <<made, immediate, saved, undone>>

Next == Change \/ Savepoint \/ SetImmediate \/ Release \/ RollbackTo \/ Commit

Spec == Init /\ [][Next]_vars

(* Every change that the transaction made is captured once. *)
EachOnce == committed => Len(written) = made /\ \A i \in 1..made : \E j \in 1..Len(written) : written[j] = i

(* A record's changes get their ids in the order in which they were made. *)
TrueOrder == committed => \A i, j \in 1..Len(written) : i < j => written[i] < written[j]
================================================================================
