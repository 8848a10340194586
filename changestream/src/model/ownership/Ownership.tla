-------------------------------- MODULE Ownership --------------------------------
(***************************************************************************)
(* Who may store a position for a named client, and which.  An owner draws *)
(* an epoch and opens the name with it; each statement that stores names   *)
(* the epoch, and the row that the position ends at.  A statement that was *)
(* given up may still arrive, after those of a later owner.                *)
(*                                                                         *)
(* An epoch is a number of a sequence and a random one, the tag.  Within   *)
(* one history the numbers differ; of two that were drawn before and after *)
(* a failover that set the sequence back, the tags do.                     *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC, Sequences

CONSTANTS
    Owners,
    Changes,      \* number of changes
    MaxEpoch,
    MaxMessages,  \* statements on their way at one time
    MaxRestarts,  \* times that an owner moves its client back
    MaxCuts,      \* asynchronous failovers
    EpochsLost,   \* whether a failover may lose an opening and give its epoch again
    Mistake

VARIABLES
    history,      \* of each change, which server wrote it; 0 if it is not there
    row,          \* the client's row: epoch with its tag, owner's lease, position and which server wrote the row at it
    drawn,        \* the newest epoch drawn
    owner,        \* what each process believes
    messages,     \* statements on their way
    done,         \* changes that some owner has acknowledged, with the server that wrote them
    current,      \* the process and session that opened the name last in this history
    openings,     \* who opened it with which number, if a failover may lose that
    wrong,        \* whether one stored that was not the current owner
    sessions, restarts, cuts

vars == <<history, row, drawn, owner, messages, done, current, openings, wrong, sessions, restarts, cuts>>

Ids == 1..Changes
Max(S) == CHOOSE x \in S : \A y \in S : x >= y

(* The tag of a name that was given up. *)
Nobody == -1

Out == [state |-> "out", epoch |-> 0, tag |-> 0, session |-> 0, from |-> 0, delivered |-> 0, acked |-> {}, got |-> [i \in Ids |-> 0]]

Init ==
    /\ history = [i \in Ids |-> IF i < Changes THEN 1 ELSE 0]
    /\ row = [epoch |-> 0, tag |-> 0, leased |-> FALSE, id |-> 0, of |-> 0]
    /\ drawn = 0
    /\ owner = [o \in Owners |-> Out]
    /\ messages = {}
    /\ done = {}
    /\ current = <<>> /\ openings = {}
    /\ wrong = FALSE
    /\ sessions = 0 /\ restarts = 0 /\ cuts = 0

Here == {i \in Ids : history[i] # 0}

Commit ==
    /\ Here # Ids
    /\ \E i \in Ids : i \notin Here /\ (\A j \in 1..(i - 1) : j \in Here) /\ history' = [history EXCEPT ![i] = cuts + 1]
    /\ UNCHANGED <<row, drawn, owner, messages, done, current, openings, wrong, sessions, restarts, cuts>>

(* The epoch is drawn in a statement of its own, before it is taken. *)
Draw(o) ==
    /\ owner[o].state = "out" /\ drawn < MaxEpoch
    /\ LET epoch == IF Mistake = "EpochReused" THEN row.epoch ELSE Max({drawn, row.epoch}) + 1
       IN /\ drawn' = Max({drawn, epoch})
          /\ owner' = [owner EXCEPT ![o] = [Out EXCEPT !.state = "drawn", !.epoch = epoch, !.tag = cuts]]
    /\ UNCHANGED <<history, row, messages, done, current, openings, wrong, sessions, restarts, cuts>>

(* Takes over from an owner that is alive, too: that is the caller's decision. *)
Open(o) ==
    /\ owner[o].state = "drawn" /\ sessions < MaxEpoch
    /\ IF row.epoch < owner[o].epoch \/ Mistake = "EpochReused"
       THEN /\ row' = [row EXCEPT !.epoch = owner[o].epoch, !.tag = owner[o].tag, !.leased = TRUE]
            /\ sessions' = sessions + 1
            /\ current' = <<o, sessions + 1>>
            /\ openings' = IF EpochsLost THEN openings \union {[epoch |-> owner[o].epoch, who |-> current']} ELSE openings
            /\ owner' = [owner EXCEPT ![o] = [@ EXCEPT !.state = "owner", !.session = sessions + 1,
                    !.from = row.id, !.delivered = row.id,
                    !.got = [i \in Ids |-> IF i = row.id THEN row.of ELSE 0]]]
       ELSE /\ owner' = [owner EXCEPT ![o] = Out]
            /\ UNCHANGED <<row, sessions, current, openings>>
    /\ UNCHANGED <<history, drawn, messages, done, wrong, restarts, cuts>>

(* The reader verifies the row that it delivered last; the module Reading says how. *)
Deliver(o) ==
    LET s == owner[o]
    IN /\ s.state = "owner" /\ s.delivered + 1 \in Here
       /\ IF s.delivered = 0 THEN TRUE ELSE s.got[s.delivered] = history[s.delivered]
       /\ owner' = [owner EXCEPT ![o].delivered = @ + 1, ![o].got[s.delivered + 1] = history[s.delivered + 1]]
       /\ UNCHANGED <<history, row, drawn, messages, done, current, openings, wrong, sessions, restarts, cuts>>

Acknowledge(o, i) ==
    LET s == owner[o]
    IN /\ s.state = "owner" /\ i > s.from /\ i <= s.delivered /\ i \notin s.acked
       /\ owner' = [owner EXCEPT ![o].acked = @ \union {i}]
       /\ done' = done \union {<<i, s.got[i]>>}
       /\ UNCHANGED <<history, row, drawn, messages, current, openings, wrong, sessions, restarts, cuts>>

(* Everything up to it is acknowledged. *)
Prefix(s) ==
    CASE Mistake = "TokenBeforeAcknowledgement" -> s.delivered
      [] Mistake = "NewestAcknowledged" -> Max({s.from} \union s.acked)
      [] OTHER -> Max({i \in {s.from} \union Ids : i >= s.from /\ i <= s.delivered /\ \A j \in (s.from + 1)..i : j \in s.acked})

SendStore(o) ==
    LET s == owner[o]
        id == Prefix(s)
    IN /\ s.state = "owner" /\ id > s.from /\ Cardinality(messages) < MaxMessages
       /\ messages' = messages \union {[kind |-> "store", owner |-> o, session |-> s.session, epoch |-> s.epoch, tag |-> s.tag, id |-> id,
                                       of |-> s.got[id]]}
       /\ messages' # messages
       /\ UNCHANGED <<history, row, drawn, owner, done, current, openings, wrong, sessions, restarts, cuts>>

(* The last position goes with the name, and the row gets a new epoch. *)
SendRelease(o) ==
    LET s == owner[o]
        id == Prefix(s)
    IN /\ s.state = "owner" /\ Cardinality(messages) < MaxMessages /\ id > s.from
       /\ messages' = messages \union {[kind |-> "release", owner |-> o, session |-> s.session, epoch |-> s.epoch, tag |-> s.tag, id |-> id,
                                       of |-> s.got[id]]}
       /\ owner' = [owner EXCEPT ![o] = Out]
       /\ UNCHANGED <<history, row, drawn, done, current, openings, wrong, sessions, restarts, cuts>>

Same(s) == row.epoch = s.epoch /\ (row.tag = s.tag \/ Mistake = "EpochAlone")
IsOwner(m) == Same(m) \/ Mistake = "OwnerNotChecked"
RowIsThere(m) == Mistake = "PositionStoredUnchecked" \/ history[m.id] = m.of

Execute(m) ==
    /\ m \in messages
    /\ messages' = messages \ {m}
    /\ IF IsOwner(m) /\ RowIsThere(m)
       THEN /\ row' = [epoch |-> IF m.kind = "release" /\ Mistake # "EpochReused" THEN drawn + 1 ELSE row.epoch,
                       tag |-> IF m.kind = "release" /\ Mistake # "EpochReused" THEN Nobody ELSE row.tag,
                       leased |-> m.kind # "release" /\ row.leased,
                       id |-> Max({row.id, m.id}), of |-> IF m.id >= row.id THEN m.of ELSE row.of]
            /\ drawn' = IF m.kind = "release" /\ Mistake # "EpochReused" THEN drawn + 1 ELSE drawn
            /\ wrong' = (wrong \/ current # <<m.owner, m.session>>)
       ELSE UNCHANGED <<row, drawn, wrong>>
    /\ UNCHANGED <<history, owner, done, current, openings, sessions, restarts, cuts>>

Lose(m) ==
    /\ m \in messages
    /\ messages' = messages \ {m}
    /\ UNCHANGED <<history, row, drawn, owner, done, current, openings, wrong, sessions, restarts, cuts>>

(* The process dies, is cancelled, or learns that another one owns the name. *)
Stop(o) ==
    /\ owner[o].state # "out"
    /\ owner' = [owner EXCEPT ![o] = Out]
    /\ UNCHANGED <<history, row, drawn, messages, done, current, openings, wrong, sessions, restarts, cuts>>

(* History is gone or another one, and the caller asked for the oldest change: the client moves back. *)
Restart(o) ==
    /\ restarts < MaxRestarts /\ owner[o].state = "owner" /\ Same(owner[o])
    /\ ~\E m \in messages : m.session = owner[o].session
    /\ row' = [row EXCEPT !.id = 0, !.of = 0]
    /\ owner' = [owner EXCEPT ![o] = [@ EXCEPT !.from = 0, !.delivered = 0, !.acked = {}, !.got = [i \in Ids |-> 0]]]
    /\ restarts' = restarts + 1
    /\ UNCHANGED <<history, drawn, messages, done, current, openings, wrong, sessions, cuts>>

(* The new primary lacks the tail, and stored what was stored by then. *)
Cut ==
    /\ cuts < MaxCuts
    /\ cuts' = cuts + 1
    /\ \E kept \in 0..Cardinality(Here) :
        /\ history' = [i \in Ids |-> IF i <= kept THEN history[i] ELSE 0]
        /\ \E id \in 0..kept : \E epoch \in (IF EpochsLost THEN 0..row.epoch ELSE {row.epoch}) :
            /\ id <= row.id
            /\ row' = [row EXCEPT !.id = id, !.of = IF id = 0 THEN 0 ELSE history[id], !.epoch = epoch, !.tag = IF epoch = row.epoch THEN @ ELSE 0]
            /\ drawn' = IF EpochsLost THEN epoch ELSE drawn
            /\ current' = IF epoch = row.epoch THEN current
                          ELSE IF \E opening \in openings : opening.epoch = epoch
                          THEN (CHOOSE opening \in openings : opening.epoch = epoch).who
                          ELSE <<>>
    /\ UNCHANGED <<owner, messages, done, openings, wrong, sessions, restarts>>

Next ==
    \/ Commit \/ Cut
    \/ \E o \in Owners : Draw(o) \/ Open(o) \/ Deliver(o) \/ SendStore(o) \/ SendRelease(o) \/ Stop(o) \/ Restart(o)
    \/ \E o \in Owners, i \in Ids : Acknowledge(o, i)
    \/ \E m \in messages : Execute(m) \/ Lose(m)

Spec == Init /\ [][Next]_vars

--------------------------------------------------------------------------------

(* A stored position never passes a change that nobody has acknowledged. *)
TokenBehindAcknowledged == \A i \in 1..row.id : history[i] = 0 \/ <<i, history[i]>> \in done

(* A position is stored only if the row it ends at is in this history. *)
TokenInHistory == row.id = 0 \/ history[row.id] = row.of

(* Only the process that opened the name last stores. *)
OneOwnerStores == ~wrong

Symmetry == Permutations(Owners)
================================================================================
