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
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
    Changes,          \* changes of the record in this transaction
    MaxDepth,         \* of savepoints
    UsesImmediate,    \* whether the transaction uses SET CONSTRAINTS
    StaysImmediate

VARIABLES
    made,       \* changes made so far, numbered in their true order
    waiting,    \* events that have not fired
    written,    \* changelog rows in the order of their ids
    immediate,
    saved,      \* what was noted at each savepoint that is open
    committed

vars == <<made, waiting, written, immediate, saved, committed>>

Init == made = 0 /\ waiting = <<>> /\ written = <<>> /\ immediate = FALSE /\ saved = <<>> /\ committed = FALSE

Change ==
    /\ ~committed /\ made < Changes
    /\ made' = made + 1
    /\ IF immediate
       THEN written' = Append(written, made + 1) /\ UNCHANGED waiting
       ELSE waiting' = Append(waiting, made + 1) /\ UNCHANGED written
    /\ UNCHANGED <<immediate, saved, committed>>

Savepoint ==
    /\ ~committed /\ Len(saved) < MaxDepth
    /\ saved' = Append(saved, [made |-> made, waiting |-> waiting, written |-> written, immediate |-> immediate, set |-> FALSE])
    /\ UNCHANGED <<made, waiting, written, immediate, committed>>

SetImmediate ==
    /\ UsesImmediate /\ ~committed /\ ~immediate
    /\ immediate' = TRUE
    /\ written' = written \o waiting
    /\ waiting' = <<>>
    /\ saved' = IF saved = <<>> THEN saved ELSE [saved EXCEPT ![Len(saved)].set = TRUE]
    /\ UNCHANGED <<made, committed>>

Release ==
    /\ ~committed /\ saved # <<>>
    /\ saved' = SubSeq(saved, 1, Len(saved) - 1)
    /\ UNCHANGED <<made, waiting, written, immediate, committed>>

(* The mode goes back only if this very savepoint noted it, that is, if SET CONSTRAINTS ran directly below it. *)
RollbackTo ==
    /\ ~committed /\ saved # <<>>
    /\ LET then == saved[Len(saved)]
       IN /\ made' = then.made
          /\ waiting' = then.waiting
          /\ written' = then.written
          /\ immediate' = IF then.set \/ ~StaysImmediate THEN then.immediate ELSE immediate
          /\ saved' = [saved EXCEPT ![Len(saved)].set = FALSE]
    /\ UNCHANGED committed

(* What waits, fires. *)
Commit ==
    /\ ~committed
    /\ committed' = TRUE
    /\ written' = written \o waiting
    /\ waiting' = <<>>
    /\ UNCHANGED <<made, immediate, saved>>

Next == Change \/ Savepoint \/ SetImmediate \/ Release \/ RollbackTo \/ Commit

Spec == Init /\ [][Next]_vars

(* Every change that the transaction made is captured once. *)
EachOnce == committed => Len(written) = made /\ \A i \in 1..made : \E j \in 1..Len(written) : written[j] = i

(* A record's changes get their ids in the order in which they were made. *)
TrueOrder == committed => \A i, j \in 1..Len(written) : i < j => written[i] < written[j]
================================================================================
