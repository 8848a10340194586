--------------------------------- MODULE Groups ---------------------------------
(***************************************************************************)
(* Which member of a group handles a partition.  The partition's row has   *)
(* an owner with an epoch and a lease by the database's clock; the owner   *)
(* counts the lease from before it asked for it, cancels its handler       *)
(* before the lease ends, and begins none afterwards.  Time passes between *)
(* sending a statement, its execution, and the arrival of its answer.      *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
    Members,
    Lease,        \* in ticks
    MaxTime,
    MaxEpoch,     \* times that the partition is opened
    MaxStops,     \* times that a process stands still, as SIGSTOP makes it
    Mistake

VARIABLES
    now,
    row,          \* owner's epoch, and the end of the lease; 0 for none
    member,       \* of each member: state, epoch, start of the lease as it counts it
    request,      \* of each member: the statement on its way: kind, sent at, and whether it was executed
    handling,     \* members that handle a change of the partition just now
    standing,     \* members that stand still
    stops

vars == <<now, row, member, request, handling, standing, stops>>

NoRequest == [kind |-> "none", sent |-> 0, done |-> "no", epoch |-> 0]

Init ==
    /\ now = 1
    /\ row = [epoch |-> 0, until |-> 0]
    /\ member = [m \in Members |-> [owns |-> FALSE, epoch |-> 0, since |-> 0]]
    /\ request = [m \in Members |-> NoRequest]
    /\ handling = {} /\ standing = {} /\ stops = 0

Acts(m) == m \notin standing

(* The handler must have been cancelled by then. *)
Deadline(m) == member[m].since + Lease

(* Time does not pass a deadline before a process that runs has met it: cancelling takes no longer than its margin. *)
Tick ==
    /\ now < MaxTime
    /\ \A m \in handling : m \in standing \/ Mistake = "HandlerNotCancelled" \/ now < Deadline(m)
    /\ now' = now + 1
    /\ UNCHANGED <<row, member, request, handling, standing, stops>>

Send(m) ==
    /\ Acts(m) /\ request[m].kind = "none"
    /\ request' = [request EXCEPT ![m] =
            [kind |-> IF member[m].owns THEN "renew" ELSE "open", sent |-> now, done |-> "no", epoch |-> 0]]
    /\ UNCHANGED <<now, row, member, handling, standing, stops>>

(* Also of a process that stands still: the statement was sent. *)
Execute(m) ==
    /\ request[m].kind # "none" /\ request[m].done = "no"
    /\ row.epoch < MaxEpoch \/ request[m].kind = "renew"
    /\ LET free == row.until = 0 \/ row.until < now \/ Mistake = "LeaseNotAwaited"
       IN IF request[m].kind = "open"
          THEN IF free
               THEN /\ row' = [epoch |-> row.epoch + 1, until |-> now + Lease]
                    /\ request' = [request EXCEPT ![m].done = "yes", ![m].epoch = row.epoch + 1]
               ELSE /\ request' = [request EXCEPT ![m].done = "refused"]
                    /\ UNCHANGED row
          ELSE IF row.epoch = member[m].epoch
               THEN /\ row' = [row EXCEPT !.until = now + Lease]
                    /\ request' = [request EXCEPT ![m].done = "yes"]
               ELSE /\ request' = [request EXCEPT ![m].done = "refused"]
                    /\ UNCHANGED row
    /\ UNCHANGED <<now, member, handling, standing, stops>>

(* The answer to an opening comes with the epoch that was taken; the row may have a later one by now. *)
Answer(m) ==
    /\ Acts(m) /\ request[m].done # "no"
    /\ LET since == IF Mistake = "LeaseFromAnswer" THEN now ELSE request[m].sent
       IN member' = [member EXCEPT ![m] =
            IF request[m].done = "refused" THEN [owns |-> FALSE, epoch |-> 0, since |-> 0]
            ELSE [owns |-> TRUE, since |-> since,
                  epoch |-> IF request[m].kind = "open" THEN request[m].epoch ELSE member[m].epoch]]
    /\ handling' = IF request[m].done = "refused" THEN handling \ {m} ELSE handling
    /\ request' = [request EXCEPT ![m] = NoRequest]
    /\ UNCHANGED <<now, row, standing, stops>>

Begin(m) ==
    /\ Acts(m) /\ member[m].owns /\ m \notin handling
    /\ now < Deadline(m) \/ Mistake = "LeaseNotRequired"
    /\ handling' = handling \union {m}
    /\ UNCHANGED <<now, row, member, request, standing, stops>>

EndOrCancel(m) ==
    /\ Acts(m) /\ m \in handling
    /\ handling' = handling \ {m}
    /\ UNCHANGED <<now, row, member, request, standing, stops>>

(* A partition that another one should have is given up when nothing of it is handled any more. *)
GiveUp(m) ==
    /\ Acts(m) /\ member[m].owns /\ request[m].kind = "none"
    /\ m \notin handling \/ Mistake = "GivenUpWhileHandling"
    /\ row' = IF row.epoch = member[m].epoch THEN [row EXCEPT !.until = 0] ELSE row
    /\ member' = [member EXCEPT ![m] = [owns |-> FALSE, epoch |-> 0, since |-> 0]]
    /\ UNCHANGED <<now, request, handling, standing, stops>>

StandStill(m) ==
    /\ stops < MaxStops /\ Acts(m)
    /\ standing' = standing \union {m} /\ stops' = stops + 1
    /\ UNCHANGED <<now, row, member, request, handling>>

GoOn(m) ==
    /\ m \in standing
    /\ standing' = standing \ {m}
    /\ UNCHANGED <<now, row, member, request, handling, stops>>

Next ==
    \/ Tick
    \/ \E m \in Members :
        Send(m) \/ Execute(m) \/ Answer(m) \/ Begin(m) \/ EndOrCancel(m) \/ GiveUp(m) \/ StandStill(m) \/ GoOn(m)

Spec == Init /\ [][Next]_vars

(* Changes of a partition are handled by one member at a time. *)
OneHandles == Cardinality(handling) <= 1

(* A member that stood still cannot harm what checks the epoch: only the newest owner's epoch is in the row. *)
EpochsDiffer == \A m, n \in Members : m # n /\ member[m].owns /\ member[n].owns => member[m].epoch # member[n].epoch

Symmetry == Permutations(Members)
================================================================================
