-------------------------------- MODULE Snapshot --------------------------------
(***************************************************************************)
(* Records first, then their changes.  Records are read in pages, each in  *)
(* a statement of its own that tells which transactions it saw; after each *)
(* page the changelog is followed to an end that everything the page can   *)
(* have seen lies below, and a change is delivered or dropped by whether   *)
(* its record lies before, in or behind the page.                          *)
(*                                                                         *)
(* Each transaction changes one record.  It draws its id and becomes       *)
(* visible in two steps; the row lock orders the transactions of a record. *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
    Records,       \* number of records; pages go through them by rising id
    MaxChanges,
    PageRecords,   \* records of a page
    Truncates,     \* whether a change may empty the whole collection
    Mistake

VARIABLES
    changes,       \* by id: the record (0 for all), its version then (0 if it is gone), and "drawn", "visible" or "dead"
    table,         \* version of each record as visible; 0 if there is none
    step,          \* of the reader: "page", "end", "wait", "follow", "done"
    after,         \* last record of the page before
    page,          \* the page: last record, what it saw, and versions that have not been delivered
    end,           \* up to which id it follows now
    awaited,       \* transactions that were committing when the end was taken
    position,
    mirror,        \* version of each record as delivered
    twice          \* whether a change was delivered that was known already, or an older one after a newer one

vars == <<changes, table, step, after, page, end, awaited, position, mirror, twice>>

All == 1..Records
Min2(a, b) == IF a < b THEN a ELSE b
Ids == 1..Len(changes)
Visible == {i \in Ids : changes[i].state = "visible"}
Drawn == {i \in Ids : changes[i].state = "drawn"}

Init ==
    /\ changes = <<>>
    /\ table = [r \in All |-> 1]
    /\ step = "page" /\ after = 0
    /\ page = [until |-> 0, seen |-> {}, held |-> {}]
    /\ end = 0 /\ awaited = {} /\ position = 0
    /\ mirror = [r \in All |-> 0]
    /\ twice = FALSE

--------------------------------------------------------------------------------
(* Writers *)

ReaderUnchanged == UNCHANGED <<step, after, page, end, awaited, position, mirror, twice>>

(* The row lock of the record, or the table lock of TRUNCATE, is held by then. *)
Free(r) == \A i \in Drawn : changes[i].record # r /\ changes[i].record # 0 /\ r # 0

NewVersion(r) == 2 + Cardinality({i \in Ids : changes[i].record \in {0, r}})

Draw(r, delete) ==
    /\ Len(changes) < MaxChanges /\ Free(r)
    /\ r # 0 => (delete => table[r] # 0)
    /\ changes' = Append(changes, [record |-> r, version |-> IF delete \/ r = 0 THEN 0 ELSE NewVersion(r), state |-> "drawn"])
    /\ UNCHANGED table
    /\ ReaderUnchanged

BecomeVisible(i) ==
    /\ i \in Drawn
    /\ changes' = [changes EXCEPT ![i].state = "visible"]
    /\ table' = [r \in All |-> IF changes[i].record \in {0, r} THEN changes[i].version ELSE table[r]]
    /\ ReaderUnchanged

Rollback(i) ==
    /\ i \in Drawn
    /\ changes' = [changes EXCEPT ![i].state = "dead"]
    /\ UNCHANGED table
    /\ ReaderUnchanged

--------------------------------------------------------------------------------
(* The reader *)

WritersUnchanged == UNCHANGED <<changes, table>>

ReadPage ==
    /\ step = "page"
    /\ LET there == {r \in All : r > after /\ table[r] # 0}
           rows == {r \in there : Cardinality({q \in there : q < r}) < PageRecords}
           last == IF rows = there THEN Records ELSE CHOOSE r \in rows : \A q \in rows : q <= r
       IN page' = [until |-> last, seen |-> Visible, held |-> {<<r, table[r]>> : r \in rows}]
    /\ step' = "end"
    /\ UNCHANGED <<after, end, awaited, position, mirror, twice>>
    /\ WritersUnchanged

(* The highest id that is visible, then those that are committing, who have to be gone. *)
TakeEnd ==
    /\ step = "end"
    /\ end' = IF Visible = {} THEN position ELSE CHOOSE i \in Visible : \A j \in Visible : j <= i
    /\ awaited' = IF Mistake = "WritersNotAwaited" THEN {} ELSE Drawn
    /\ step' = "wait"
    /\ UNCHANGED <<after, page, position, mirror, twice>>
    /\ WritersUnchanged

Awaited ==
    /\ step = "wait" /\ awaited \intersect Drawn = {}
    /\ step' = "follow"
    /\ awaited' = {}
    /\ UNCHANGED <<after, page, end, position, mirror, twice>>
    /\ WritersUnchanged

(* Before, in or behind the page; a TRUNCATE is in it. *)
Place(r) == IF r = 0 THEN 0 ELSE IF r <= after THEN -1 ELSE IF r <= page.until THEN 0 ELSE 1

Deliver(m, r, version) == [m EXCEPT ![r] = version]
Emptied(m) == [r \in All |-> 0]

RECURSIVE Held(_, _)
Held(m, held) ==
    IF held = {} THEN m
    ELSE LET one == CHOOSE pair \in held : TRUE IN Held(Deliver(m, one[1], one[2]), held \ {one})

(* Older than what is known of the record, or the same again; emptying what is empty repeats nothing. *)
Repeats(m, change) ==
    change.record # 0 /\ change.version # 0 /\ m[change.record] >= change.version

(* A record of a page was not delivered before. *)
Known(m, held) == \E pair \in held : m[pair[1]] # 0

Seen(i) == IF Mistake = "SeenById" THEN i <= end /\ i \in Visible /\ \E j \in page.seen : j >= i ELSE i \in page.seen

Follow ==
    /\ step = "follow" /\ position < end
    /\ LET i == position + 1
           change == changes[i]
           place == Place(change.record)
           flush == i \in Visible /\ place = 0 /\ ~Seen(i)
           before == IF flush THEN Held(mirror, page.held) ELSE mirror
           clears == change.record = 0 /\ after # 0
           wanted == i \in Visible /\ (place < 0 \/ (place = 0 /\ (~Seen(i) \/ clears))
                        \/ (place > 0 /\ Mistake = "LaterPagesDelivered"))
       IN /\ position' = i
          /\ mirror' = IF ~wanted THEN before
                       ELSE IF change.record = 0 THEN Emptied(before) ELSE Deliver(before, change.record, change.version)
          /\ twice' = (twice \/ (wanted /\ Repeats(before, change)) \/ (flush /\ Known(mirror, page.held)))
          /\ page' = [page EXCEPT !.held = IF flush THEN {} ELSE @]
    /\ UNCHANGED <<step, after, end, awaited>>
    /\ WritersUnchanged

Finish ==
    /\ step = "follow" /\ position >= end
    /\ mirror' = Held(mirror, page.held)
    /\ after' = page.until
    /\ page' = [until |-> 0, seen |-> {}, held |-> {}]
    /\ step' = IF page.until = Records THEN "done" ELSE "page"
    /\ twice' = (twice \/ Known(mirror, page.held))
    /\ UNCHANGED <<end, awaited, position>>
    /\ WritersUnchanged

(* The stream goes on with the changes alone, in their settled order: here one by one, as the module Reading has it. *)
Continue ==
    /\ step = "done" /\ position < Len(changes) /\ position + 1 \notin Drawn
    /\ LET i == position + 1
           change == changes[i]
       IN /\ position' = i
          /\ mirror' = IF i \notin Visible THEN mirror
                       ELSE IF change.record = 0 THEN Emptied(mirror) ELSE Deliver(mirror, change.record, change.version)
          /\ twice' = (twice \/ (i \in Visible /\ Repeats(mirror, change)))
    /\ UNCHANGED <<step, after, page, end, awaited>>
    /\ WritersUnchanged

Next ==
    \/ \E r \in All, delete \in BOOLEAN : Draw(r, delete)
    \/ Truncates /\ Draw(0, TRUE)
    \/ \E i \in Ids : BecomeVisible(i) \/ Rollback(i)
    \/ ReadPage \/ TakeEnd \/ Awaited \/ Follow \/ Finish \/ Continue

Spec == Init /\ [][Next]_vars

(* With everything delivered, what was delivered is what is there. *)
MirrorIsTable == step = "done" /\ position = Len(changes) => mirror = table

(* A record comes once as it was, and then exactly its later changes. *)
NothingTwice == ~twice
================================================================================
