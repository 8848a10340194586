-------------------------------- MODULE Reading --------------------------------
(***************************************************************************)
(* How transactions write the changelog and how a reader delivers it.      *)
(*                                                                         *)
(* A transaction takes the changelog's writer lock, draws ids, inserts     *)
(* rows, becomes visible or rolls back, and then releases the lock; each   *)
(* is a step of its own.  A reader alternates between two statements: the  *)
(* blocking transactions (the holders of the writer lock) and then a page. *)
(* Any steps of other sessions may lie between the two.                    *)
(*                                                                         *)
(* The constant Mistake names one known wrong rule; "none" is the          *)
(* protocol.  The other constants switch parts of the environment on, so   *)
(* that each configuration stays small enough to be explored exhaustively. *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Writers,      \* sessions that write
    Readers,      \* processes that read; each has a stream of its own
    MaxId,        \* highest id that is drawn
    MaxXid,       \* highest transaction id
    PageRows,     \* rows of a page
    OpenPhase,    \* whether transactions stay open before they commit
    HotRecords,   \* records that several transactions change; others are changed by one transaction only
    Immediate,    \* SET CONSTRAINTS IMMEDIATE and TRUNCATE: ids drawn long before the commit
    Savepoints,   \* the same below a savepoint, which is released or rolled back
    Prepared,     \* PREPARE TRANSACTION
    MaxRestarts,  \* times that readers reconnect, or are replaced and continue after a stored token
    MaxRemovals,  \* times that retention removes rows
    MaxCuts,      \* crashes and failovers
    Failover,     \* whether a cut may lose commits that were durable on the old primary
    AsyncCommit,  \* whether a session may commit without waiting for the flush
    Mistake

VARIABLES
    phase,        \* of each writer
    xids,         \* transaction ids of the writer's transaction and of its subtransactions
    lock,         \* levels at which the writer lock is held: "top", "sub"
    ids,          \* drawn by the transaction itself or by a released savepoint
    subXid,       \* transaction id of the savepoint that is open
    subIds,       \* drawn below the savepoint that is open
    rec,          \* record that the transaction changes
    nextId, nextXid, lastDone,
    order,        \* commits in the order in which they are in the log: sets of rows
    flushed,      \* how many of them are durable
    removed,      \* ids that retention removed
    oldest,       \* lowest id that retention has surely kept
    raising,      \* id up to which rows are gone or about to go, in an unfinished retention step; 0 if there is none
    cuts, restarts, removals,
    reader        \* state of each reader

vars == <<phase, xids, lock, ids, subXid, subIds, rec, nextId, nextXid, lastDone, order, flushed, removed, oldest, raising,
          cuts, restarts, removals, reader>>
writerVars == <<phase, xids, lock, ids, subXid, subIds, rec, nextId, nextXid, lastDone>>
logVars == <<order, flushed>>
retentionVars == <<removed, oldest, raising, removals>>

Own == "own"
None == "none"

Min(S) == CHOOSE x \in S : \A y \in S : x <= y
Max(S) == CHOOSE x \in S : \A y \in S : x >= y
MaxOr(S, default) == IF S = {} THEN default ELSE Max(S)

Range(s) == {s[i] : i \in 1..Len(s)}
IdsOf(rows) == {row.id : row \in rows}

(* The rows of current history, whether retention has removed them or not. *)
Committed == UNION Range(order)
(* The rows that a snapshot shows. *)
Table == {row \in Committed : row.id \notin removed}

InFlight(w) == IF phase[w] \in {"open", "committing", "prepared"} THEN ids[w] \union subIds[w] ELSE {}

StartOfReader ==
    [position |-> 0, settled |-> 0, gap |-> 0, fences |-> {}, step |-> "holders", delivered |-> <<>>, page |-> {},
     key |-> 0, xmax |-> 0, ended |-> FALSE, cutsSeen |-> 0]

Init ==
    /\ phase = [w \in Writers |-> "idle"]
    /\ xids = [w \in Writers |-> {}]
    /\ lock = [w \in Writers |-> {}]
    /\ ids = [w \in Writers |-> {}]
    /\ subXid = [w \in Writers |-> {}]
    /\ subIds = [w \in Writers |-> {}]
    /\ rec = [w \in Writers |-> None]
    /\ nextId = 1 /\ nextXid = 1 /\ lastDone = 0
    /\ order = <<>> /\ flushed = 0
    /\ removed = {} /\ oldest = 1 /\ raising = 0
    /\ cuts = 0 /\ restarts = 0 /\ removals = 0
    /\ reader = [r \in Readers |-> StartOfReader]

--------------------------------------------------------------------------------
(* Writers *)

WriterOnly == UNCHANGED <<logVars, retentionVars, cuts, restarts, reader>>

(* Rules that compare transaction ids need them to rise.  To all others they are names, and one that nobody knows any more *)
(* may serve again, which keeps the number of states down. *)
Ordered == Mistake \in {"TimestampCursor", "XidBelowXmin", "SnapshotXmax"}

NewXid ==
    IF Ordered THEN nextXid
    ELSE LET known == UNION {xids[w] : w \in Writers} \union UNION {UNION {f.holders : f \in reader[r].fences} : r \in Readers}
         IN Min((1..MaxXid + 1) \ known)
CountXid == nextXid' = IF Ordered THEN nextXid + 1 ELSE nextXid
Ended(w) == lastDone' = IF Ordered THEN Max(xids[w] \union {lastDone}) ELSE lastDone

(* The first statement that writes assigns the transaction id.  The changelog's own column order guarantees that an id is *)
(* never drawn before that: "xid" stands before "id". *)
Begin(w) ==
    /\ phase[w] = "idle" /\ NewXid <= MaxXid
    /\ phase' = [phase EXCEPT ![w] = IF OpenPhase THEN "open" ELSE "committing"]
    /\ rec' = [rec EXCEPT ![w] = IF HotRecords = {} THEN Own ELSE None]
    /\ IF Mistake = "IdBeforeXid"
       THEN UNCHANGED <<xids, nextXid>>
       ELSE xids' = [xids EXCEPT ![w] = {NewXid}] /\ CountXid
    /\ UNCHANGED <<lock, ids, subXid, subIds, nextId, lastDone>>
    /\ WriterOnly

(* The row lock on a record is held from the write until the transaction is visible or rolled back. *)
Write(w, record) ==
    /\ phase[w] = "open" /\ rec[w] = None
    /\ record = Own \/ \A other \in Writers : rec[other] # record \/ phase[other] \in {"visible", "aborted"}
    /\ rec' = [rec EXCEPT ![w] = record]
    /\ UNCHANGED <<phase, xids, lock, ids, subXid, subIds, nextId, nextXid, lastDone>>
    /\ WriterOnly

StartCommit(w) ==
    /\ phase[w] = "open" /\ rec[w] # None /\ subIds[w] = {} /\ "sub" \notin lock[w]
    /\ phase' = [phase EXCEPT ![w] = "committing"]
    /\ UNCHANGED <<xids, lock, ids, subXid, subIds, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

(* The INSERT into the changelog locks it before any default is computed. *)
Lock(w) ==
    /\ "top" \notin lock[w]
    /\ \/ phase[w] = "committing" /\ ids[w] = {}
       \/ phase[w] = "open" /\ rec[w] # None /\ (Immediate \/ Mistake = "ImmediateDraw")
    /\ lock' = [lock EXCEPT ![w] = @ \union {"top"}]
    /\ UNCHANGED <<phase, xids, ids, subXid, subIds, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

Draw(w) ==
    /\ nextId <= MaxId /\ "top" \in lock[w]
    /\ Cardinality(ids[w]) < 2
    /\ phase[w] = "committing" \/ phase[w] = "open"
    /\ ids' = [ids EXCEPT ![w] = @ \union {nextId}]
    /\ nextId' = nextId + 1
    /\ UNCHANGED <<phase, xids, lock, subXid, subIds, rec, nextXid, lastDone>>
    /\ WriterOnly

AssignXidLate(w) ==
    /\ Mistake = "IdBeforeXid" /\ ids[w] # {} /\ xids[w] = {}
    /\ NewXid <= MaxXid
    /\ xids' = [xids EXCEPT ![w] = {NewXid}] /\ CountXid
    /\ UNCHANGED <<phase, lock, ids, subXid, subIds, rec, nextId, lastDone>>
    /\ WriterOnly

(* SET CONSTRAINTS IMMEDIATE below a savepoint: the subtransaction has an id of its own, and the lock is counted once for *)
(* each level that took it. *)
SubDraw(w) ==
    /\ Savepoints /\ phase[w] = "open" /\ rec[w] # None /\ nextId <= MaxId /\ NewXid <= MaxXid /\ "sub" \notin lock[w]
    /\ lock' = [lock EXCEPT ![w] = @ \union {"sub"}]
    /\ xids' = [xids EXCEPT ![w] = @ \union {NewXid}]
    /\ CountXid
    /\ subXid' = [subXid EXCEPT ![w] = {NewXid}]
    /\ subIds' = [subIds EXCEPT ![w] = {nextId}]
    /\ nextId' = nextId + 1
    /\ UNCHANGED <<phase, ids, rec, lastDone>>
    /\ WriterOnly

(* The lock passes to the transaction, and so do the rows. *)
SubRelease(w) ==
    /\ phase[w] = "open" /\ "sub" \in lock[w]
    /\ lock' = [lock EXCEPT ![w] = {"top"}]
    /\ ids' = [ids EXCEPT ![w] = @ \union subIds[w]]
    /\ subXid' = [subXid EXCEPT ![w] = {}]
    /\ subIds' = [subIds EXCEPT ![w] = {}]
    /\ UNCHANGED <<phase, xids, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

(* What the savepoint drew is dead, and its hold on the lock ends at once.  A hold of the transaction itself stays. *)
SubRollback(w) ==
    /\ phase[w] = "open" /\ "sub" \in lock[w]
    /\ lock' = [lock EXCEPT ![w] = IF Mistake = "SavepointReleasesLock" THEN {} ELSE @ \ {"sub"}]
    /\ subIds' = [subIds EXCEPT ![w] = {}]
    /\ xids' = [xids EXCEPT ![w] = @ \ subXid[w]]
    /\ subXid' = [subXid EXCEPT ![w] = {}]
    /\ UNCHANGED <<phase, ids, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

Prepare(w) ==
    /\ Prepared /\ phase[w] = "committing" /\ ids[w] # {}
    /\ phase' = [phase EXCEPT ![w] = "prepared"]
    /\ UNCHANGED <<xids, lock, ids, subXid, subIds, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

(* A commit is in the log, then flushed (unless the session turned that off), then visible. *)
MakeVisible(w) ==
    /\ phase[w] \in {"committing", "prepared"} /\ ids[w] # {} /\ xids[w] # {}
    /\ phase' = [phase EXCEPT ![w] = "visible"]
    /\ order' = Append(order, {[id |-> i, cut |-> cuts, xid |-> IF Ordered THEN Min(xids[w]) ELSE 0, rec |-> rec[w]] : i \in ids[w]})
    /\ \/ flushed' = Len(order) + 1
       \/ AsyncCommit /\ flushed' = flushed
    /\ Ended(w)
    /\ lock' = IF Mistake = "UnlocksBeforeVisible" THEN [lock EXCEPT ![w] = {}] ELSE lock
    /\ UNCHANGED <<xids, ids, subXid, subIds, rec, nextId, nextXid, retentionVars, cuts, restarts, reader>>

UnlockEarly(w) ==
    /\ Mistake = "UnlocksBeforeVisible" /\ phase[w] = "committing" /\ ids[w] # {}
    /\ lock' = [lock EXCEPT ![w] = {}]
    /\ UNCHANGED <<phase, xids, ids, subXid, subIds, rec, nextId, nextXid, lastDone>>
    /\ WriterOnly

Flush ==
    /\ flushed < Len(order)
    /\ flushed' = Len(order)
    /\ UNCHANGED <<writerVars, order, retentionVars, cuts, restarts, reader>>

Rollback(w) ==
    /\ phase[w] \in {"open", "committing", "prepared"}
    /\ lock[w] # {} \/ OpenPhase
    /\ phase' = [phase EXCEPT ![w] = "aborted"]
    /\ Ended(w)
    /\ UNCHANGED <<xids, lock, ids, subXid, subIds, rec, nextId, nextXid>>
    /\ WriterOnly

Release(w) ==
    /\ phase[w] \in {"visible", "aborted"}
    /\ phase' = [phase EXCEPT ![w] = "idle"]
    /\ xids' = [xids EXCEPT ![w] = {}]
    /\ lock' = [lock EXCEPT ![w] = {}]
    /\ ids' = [ids EXCEPT ![w] = {}]
    /\ subXid' = [subXid EXCEPT ![w] = {}]
    /\ subIds' = [subIds EXCEPT ![w] = {}]
    /\ rec' = [rec EXCEPT ![w] = None]
    /\ UNCHANGED <<nextId, nextXid, lastDone>>
    /\ WriterOnly

(* All transaction ids of each transaction that holds the lock.  A prepared transaction has no process. *)
Holders ==
    UNION {xids[w] : w \in {v \in Writers :
        lock[v] # {} /\ ~(Mistake = "HoldersByProcess" /\ phase[v] = "prepared")}}

Running == UNION {xids[w] : w \in {v \in Writers : phase[v] \in {"open", "committing", "prepared"}}}
Xmin == IF Running = {} THEN lastDone + 1 ELSE Min(Running \union {lastDone + 1})

--------------------------------------------------------------------------------
(* Readers *)

ReaderOnly == UNCHANGED <<writerVars, logVars, retentionVars, cuts>>

(* As TailState.withHolders: the fences whose blocking transactions are all gone settle what lies below them; then a fence *)
(* for the gap that the last page showed. *)
Proven(s, holders) ==
    LET retired == {f \in s.fences :
            IF Mistake = "AnyHolderGone" THEN ~(f.holders \subseteq holders) ELSE f.holders \intersect holders = {}}
        settled == Max({s.settled} \union {f.top : f \in retired}
                \union (IF s.gap > s.settled /\ holders = {} THEN {s.gap} ELSE {}))
        left == {f \in s.fences : f.top > settled}
        newest == MaxOr({f.top : f \in left}, settled)
    IN [s EXCEPT !.settled = settled,
                 !.fences = IF s.gap > newest THEN left \union {[top |-> s.gap, holders |-> holders]} ELSE left]

(* The mistake: a gap counts as dead when no transaction runs below the xmax of the snapshot that showed it. *)
ProvenByXmax(s) ==
    LET retired == {f \in s.fences : \A x \in f.holders : Xmin >= x}
        settled == Max({s.settled} \union {f.top : f \in retired})
        left == {f \in s.fences : f.top > settled}
        newest == MaxOr({f.top : f \in left}, settled)
    IN [s EXCEPT !.settled = settled,
                 !.fences = IF s.gap > newest THEN left \union {[top |-> s.gap, holders |-> {s.xmax}]} ELSE left]

WithHolders(s) ==
    IF s.gap <= s.settled THEN s ELSE IF Mistake = "SnapshotXmax" THEN ProvenByXmax(s) ELSE Proven(s, Holders)

ReadHolders(r) ==
    /\ ~reader[r].ended /\ reader[r].step = "holders"
    /\ reader' = [reader EXCEPT ![r] = [WithHolders(@) EXCEPT !.step = "page"]]
    /\ restarts' = restarts
    /\ ReaderOnly

RECURSIVE Reach(_, _, _)
Reach(found, last, settled) ==
    LET above == {i \in found : i > last}
    IN IF above = {} THEN last
       ELSE IF Min(above) = last + 1 \/ Min(above) <= settled THEN Reach(above, Min(above), settled) ELSE last

RECURSIVE InOrder(_)
InOrder(rows) ==
    IF rows = {} THEN <<>>
    ELSE LET first == CHOOSE row \in rows : \A other \in rows : row.id <= other.id
         IN <<first>> \o InOrder(rows \ {first})

RECURSIVE InKeyOrder(_)
InKeyOrder(rows) ==
    IF rows = {} THEN <<>>
    ELSE LET first == CHOOSE row \in rows : \A other \in rows :
                row.xid < other.xid \/ (row.xid = other.xid /\ row.id <= other.id)
         IN <<first>> \o InKeyOrder(rows \ {first})

FirstOf(rows) == {row \in rows : Cardinality({other \in rows : other.id < row.id}) < PageRows}

(* As TailState.withPage: the position is always that of a row. *)
WithPage(s, rows, xmax) ==
    LET last == Reach(IdsOf(rows), s.position, s.settled)
        hole == \E row \in rows : row.id > last
    IN [s EXCEPT !.position = last, !.settled = Max({s.settled, last}),
                 !.gap = IF hole THEN Max(IdsOf(rows)) ELSE 0,
                 !.xmax = IF Ordered THEN xmax ELSE 0,
                 !.delivered = @ \o InOrder({row \in rows : row.id <= last})]

(* Cursors that are known to be wrong. *)
Cursor(s) ==
    LET behind == {row \in Table : row.xid > s.key \/ (row.xid = s.key /\ row.id > s.position)}
        rows == CASE Mistake = "PlainIdCursor" -> {row \in Table : row.id > s.position}
                  [] Mistake = "TimestampCursor" -> behind
                  [] Mistake = "XidBelowXmin" -> {row \in behind : row.xid < Xmin}
        sorted == IF Mistake = "PlainIdCursor" THEN InOrder(rows) ELSE InKeyOrder(rows)
    IN IF rows = {} THEN s
       ELSE [s EXCEPT !.delivered = @ \o sorted, !.position = sorted[Len(sorted)].id, !.key = sorted[Len(sorted)].xid]

Cursors == {"PlainIdCursor", "TimestampCursor", "XidBelowXmin"}

(* The row delivered last is read in the statement of the page. *)
SameHistory(s) ==
    \/ Mistake = "LastRowNotVerified"
    \/ s.delivered = <<>>
    \/ LET last == s.delivered[Len(s.delivered)] IN last \in Table \/ last.id < oldest

(* What is visible but not yet durable is not delivered: the reader looks at what is flushed, after the page. *)
MayDeliver == Mistake = "TrustsTheWriter" \/ flushed = Len(order)

ReadPage(r) ==
    LET s == reader[r]
        behind == {row \in Table : row.id > s.position}
        rows == FirstOf(behind)
    IN /\ ~s.ended /\ s.step = "page" /\ MayDeliver
       /\ reader' = [reader EXCEPT ![r] =
            IF s.position + 1 < oldest \/ ~SameHistory(s)
            THEN [s EXCEPT !.ended = TRUE, !.cutsSeen = cuts]
            ELSE IF Mistake \in Cursors
            THEN [Cursor(s) EXCEPT !.step = "holders", !.cutsSeen = cuts]
            ELSE [WithPage(s, rows, lastDone + 1) EXCEPT !.step = "holders", !.cutsSeen = cuts]]
       /\ restarts' = restarts
       /\ ReaderOnly

(* The mistake: the page is read first, and settled by blocking transactions that are read after it. *)
PageFirst(r) ==
    LET s == reader[r]
        behind == {row \in Table : row.id > s.position}
    IN /\ Mistake = "HoldersAfterPage" /\ ~s.ended
       /\ \/ /\ s.step = "holders"
             /\ reader' = [reader EXCEPT ![r] = [s EXCEPT !.step = "late", !.page = FirstOf(behind)]]
          \/ /\ s.step = "late"
             /\ reader' = [reader EXCEPT ![r] =
                    [WithPage(WithHolders(s), s.page, 0)
                        EXCEPT !.step = "holders", !.page = {}]]
       /\ restarts' = restarts
       /\ ReaderOnly

Read(r) == IF Mistake = "HoldersAfterPage" THEN PageFirst(r) ELSE ReadHolders(r) \/ ReadPage(r)

(* A reconnect goes on at the position, another process at any stored token, which is at or before it.  What was being *)
(* proven is forgotten. *)
Restart(r) ==
    LET s == reader[r]
        tokens == {0, s.position} \union IdsOf(Range(s.delivered))
    IN /\ restarts < MaxRestarts
       /\ \E token \in tokens :
            reader' = [reader EXCEPT ![r] = [StartOfReader EXCEPT
                !.position = token, !.key = s.key,
                !.settled = IF Mistake = "FencesDroppedOnRestart" THEN Max({token, s.gap}) ELSE token,
                !.delivered = SelectSeq(s.delivered, LAMBDA row : row.id <= token),
                !.ended = s.ended, !.cutsSeen = s.cutsSeen]]
       /\ restarts' = restarts + 1
       /\ ReaderOnly

--------------------------------------------------------------------------------
(* Retention, crashes and failovers *)

(* One transaction raises the oldest id and removes what lies below; here in two steps, of which the first is the raise. *)
Retain ==
    /\ UNCHANGED <<writerVars, logVars, cuts, restarts, reader>>
    /\ \/ /\ raising = 0 /\ removals < MaxRemovals
          /\ \E id \in IdsOf(Table) :
                /\ raising' = id
                /\ IF Mistake = "RemovesBeforeRaising"
                   THEN removed' = removed \union {row.id : row \in {x \in Table : x.id <= id}} /\ UNCHANGED oldest
                   ELSE oldest' = Max({oldest, id + 1}) /\ UNCHANGED removed
          /\ removals' = removals + 1
       \/ /\ raising # 0
          /\ IF Mistake = "RemovesBeforeRaising"
             THEN oldest' = Max({oldest, raising + 1}) /\ UNCHANGED removed
             ELSE removed' = removed \union {row.id : row \in {x \in Table : x.id <= raising}} /\ UNCHANGED oldest
          /\ raising' = 0
          /\ UNCHANGED removals

(* The server comes back, or another one takes over, with the log up to some commit.  The sequence goes back as far as the *)
(* rows that are left allow.  Every connection is lost, and a reader that lost its connection forgets what it was proving. *)
Cut ==
    /\ cuts < MaxCuts
    /\ \E kept \in (IF Failover THEN 0..Len(order) ELSE flushed..Len(order)) :
         LET rows == UNION {order[i] : i \in 1..kept}
         IN /\ order' = SubSeq(order, 1, kept)
            /\ flushed' = kept
            /\ \E next \in (MaxOr(IdsOf(rows), 0) + 1)..nextId : nextId' = next
    /\ cuts' = cuts + 1
    /\ phase' = [w \in Writers |-> "idle"]
    /\ xids' = [w \in Writers |-> {}]
    /\ lock' = [w \in Writers |-> {}]
    /\ ids' = [w \in Writers |-> {}]
    /\ subXid' = [w \in Writers |-> {}]
    /\ subIds' = [w \in Writers |-> {}]
    /\ rec' = [w \in Writers |-> None]
    /\ reader' = [r \in Readers |-> [reader[r] EXCEPT
            !.step = "holders", !.page = {},
            !.settled = IF Mistake = "FencesKeptAfterFailover" THEN @ ELSE reader[r].position,
            !.gap = IF Mistake = "FencesKeptAfterFailover" THEN @ ELSE 0,
            !.fences = IF Mistake = "FencesKeptAfterFailover" THEN @ ELSE {}]]
    /\ UNCHANGED <<nextXid, lastDone, retentionVars, restarts>>

--------------------------------------------------------------------------------

WriterStep(w) ==
    \/ Begin(w) \/ StartCommit(w) \/ Lock(w) \/ Draw(w) \/ AssignXidLate(w)
    \/ \E record \in HotRecords \union {Own} : Write(w, record)
    \/ SubDraw(w) \/ SubRelease(w) \/ SubRollback(w)
    \/ Prepare(w) \/ UnlockEarly(w) \/ MakeVisible(w) \/ Rollback(w) \/ Release(w)

Next ==
    \/ \E w \in Writers : WriterStep(w)
    \/ \E r \in Readers : Read(r) \/ Restart(r)
    \/ Flush \/ Retain \/ Cut

Spec == Init /\ [][Next]_vars

(* A commit that has begun comes to its end, and readers read.  A transaction that is open may stay open for ever. *)
FairSpec ==
    /\ Spec
    /\ \A w \in Writers : []<>(phase[w] \in {"idle", "open"})
    /\ \A r \in Readers : []<>(reader[r].step = "holders") /\ []<>(reader[r].step = "page")

--------------------------------------------------------------------------------
(* What is promised *)

Passed(s, row) ==
    IF Mistake \in {"TimestampCursor", "XidBelowXmin"}
    THEN row.xid < s.key \/ (row.xid = s.key /\ row.id <= s.position)
    ELSE row.id <= s.position

(* Whether what the reader knows is about current history: it has read since the last crash or failover. *)
Current(s) == ~s.ended /\ s.cutsSeen = cuts

(* Every committed change at or before the position was delivered, or the stream has ended with an error. *)
NothingSkipped ==
    \A r \in Readers : Current(reader[r]) =>
        \A row \in Committed : Passed(reader[r], row) => row \in Range(reader[r].delivered)

(* No change is delivered twice in an uninterrupted stream, and changes are delivered by rising id: one order for all. *)
OneOrder ==
    \A r \in Readers : Mistake \in {"TimestampCursor", "XidBelowXmin"} \/
        \A i, j \in 1..Len(reader[r].delivered) : i < j => reader[r].delivered[i].id < reader[r].delivered[j].id

(* Of two readers, one has delivered a prefix of what the other one has, both having begun at the beginning. *)
SamePrefix ==
    \A r, s \in Readers :
        LET a == reader[r].delivered
            b == reader[s].delivered
        IN Len(a) <= Len(b) /\ Current(reader[r]) /\ Current(reader[s]) => SubSeq(b, 1, Len(a)) = a

(* Changes of one record are delivered in the order in which they were made. The record's row lock is held from the write *)
(* to the end, and the id is drawn in between, so that its order is that of the ids. *)
RecordOrder ==
    \A r \in Readers : \A i, j \in 1..Len(reader[r].delivered) :
        LET a == reader[r].delivered[i]
            b == reader[r].delivered[j]
        IN i < j /\ a.rec = b.rec /\ a.rec # Own => a.id < b.id

(* No id that may still become visible lies at or below what is settled. *)
NothingAppearsBelowSettled ==
    \A r \in Readers, w \in Writers : Current(reader[r]) /\ Mistake \notin Cursors =>
        \A id \in InFlight(w) : id > reader[r].settled

(* Only changes that no crash takes back are delivered. *)
DeliveredIsDurable ==
    Failover \/ \A r \in Readers : Range(reader[r].delivered) \subseteq UNION {order[i] : i \in 1..flushed}

(* Whatever is gone lies below the oldest id. *)
OldestIsRaisedFirst == \A id \in removed : id < oldest

(* After a failover that lost commits, what was delivered is part of the history that is left, or the stream has ended. *)
DeliveredSurvives == \A r \in Readers : Current(reader[r]) => Range(reader[r].delivered) \subseteq Committed

(* Every committed change is delivered in the end, whichever transactions stay open.  There are finitely many here. *)
CommittedIsDelivered == <>[] \A r \in Readers : IdsOf(Committed) \subseteq IdsOf(Range(reader[r].delivered))

Symmetry == Permutations(Writers)
================================================================================
