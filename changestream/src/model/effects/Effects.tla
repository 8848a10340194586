--------------------------------- MODULE Effects ---------------------------------
(***************************************************************************)
(* Effects exactly once: a handler's transaction inserts a mark for the    *)
(* change, applies its effect, makes sure in a later snapshot that its     *)
(* owner still owns the name, and commits.  Two transactions cannot insert *)
(* the same mark: the second waits for the end of the first.  Marks at or  *)
(* below the stored position are forgotten when it is stored.              *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS Owners, Changes, MaxEpoch, MaxRestarts, Mistake

VARIABLES
    epoch,     \* in the client's row
    position,  \* that is stored
    marks,     \* committed
    oldest,    \* changes at or below it are gone from the changelog
    owner,     \* of each process: epoch, position, transaction that is open, and the change in it
    effects,   \* how often each change's effect was committed
    restarts

vars == <<epoch, position, marks, oldest, owner, effects, restarts>>
Ids == 1..Changes

Init ==
    /\ epoch = 0 /\ position = 0 /\ marks = {} /\ oldest = 0 /\ restarts = 0
    /\ owner = [o \in Owners |-> [epoch |-> 0, position |-> 0, step |-> "none", change |-> 0]]
    /\ effects = [i \in Ids |-> 0]

(* Takes over from whoever owns the name, whose transaction may be open. *)
Open(o) ==
    /\ epoch < MaxEpoch /\ owner[o].step = "none"
    /\ epoch' = epoch + 1
    /\ owner' = [owner EXCEPT ![o] = [epoch |-> epoch + 1, position |-> position, step |-> "none", change |-> 0]]
    /\ UNCHANGED <<position, marks, oldest, effects, restarts>>

Marked(i) == \E o \in Owners : owner[o].change = i /\ owner[o].step \in {"marked", "both"}

(* A committed mark means that the change was handled. *)
Mark(o) ==
    LET s == owner[o]
        i == s.position + 1
        before == IF Mistake = "OwnerCheckedBeforeMark" THEN "checked" ELSE "none"
    IN /\ s.epoch > 0 /\ s.step = before /\ i \in Ids /\ i > oldest /\ ~Marked(i)
       /\ owner' = [owner EXCEPT ![o] =
            IF i \in marks /\ Mistake # "MarkIgnored" THEN [s EXCEPT !.position = i, !.step = "none", !.change = 0]
            ELSE [s EXCEPT !.step = IF before = "none" THEN "marked" ELSE "both", !.change = i]]
       /\ UNCHANGED <<epoch, position, marks, oldest, effects, restarts>>

(* Fails where another owner has come, which ends this one. *)
CheckOwner(o) ==
    LET s == owner[o]
        after == IF Mistake = "OwnerCheckedBeforeMark" THEN "none" ELSE "marked"
    IN /\ s.epoch > 0 /\ s.step = after
       /\ owner' = [owner EXCEPT ![o] =
            IF s.epoch = epoch \/ Mistake = "OwnerNotChecked"
            THEN [s EXCEPT !.step = IF after = "marked" THEN "both" ELSE "checked"]
            ELSE [s EXCEPT !.step = "none", !.change = 0, !.epoch = 0]]
       /\ UNCHANGED <<epoch, position, marks, oldest, effects, restarts>>

Commit(o) ==
    LET s == owner[o]
    IN /\ s.step = "both"
       /\ effects' = [effects EXCEPT ![s.change] = @ + 1]
       /\ marks' = marks \union {s.change}
       /\ owner' = [owner EXCEPT ![o] = [s EXCEPT !.position = s.change, !.step = "none", !.change = 0]]
       /\ UNCHANGED <<epoch, position, oldest, restarts>>

Rollback(o) ==
    /\ owner[o].step # "none"
    /\ owner' = [owner EXCEPT ![o].step = "none", ![o].change = 0]
    /\ UNCHANGED <<epoch, position, marks, oldest, effects, restarts>>

Store(o) ==
    LET s == owner[o]
    IN /\ s.epoch = epoch /\ s.epoch > 0 /\ s.position > position
       /\ position' = s.position
       /\ marks' = {i \in marks : i > s.position /\ Mistake # "AllMarksForgotten"}
       /\ UNCHANGED <<epoch, oldest, owner, effects, restarts>>

(* Retention passed the client, which starts again at the oldest change: what it has handled and is kept stays handled. *)
Restart(o) ==
    LET s == owner[o]
    IN /\ restarts < MaxRestarts /\ s.epoch = epoch /\ s.epoch > 0 /\ s.step = "none"
       /\ \E gone \in Ids :
            /\ gone > position
            /\ oldest' = gone
            /\ position' = gone
            /\ owner' = [owner EXCEPT ![o].position = gone]
            /\ marks' = IF Mistake = "RestartForgetsMarks" THEN {} ELSE {i \in marks : i > gone}
       /\ restarts' = restarts + 1
       /\ UNCHANGED <<epoch, effects>>

Stop(o) ==
    /\ owner[o].epoch > 0
    /\ owner' = [owner EXCEPT ![o] = [epoch |-> 0, position |-> 0, step |-> "none", change |-> 0]]
    /\ UNCHANGED <<epoch, position, marks, oldest, effects, restarts>>

Next ==
    \E o \in Owners :
        Open(o) \/ Mark(o) \/ CheckOwner(o) \/ Commit(o) \/ Rollback(o) \/ Store(o) \/ Restart(o) \/ Stop(o)

Spec == Init /\ [][Next]_vars

AtMostOnce == \A i \in Ids : effects[i] <= 1
StoredMeansHandled == \A i \in Ids : i <= position => effects[i] >= 1 \/ i <= oldest

Symmetry == Permutations(Owners)
================================================================================
