--------------------------------- MODULE WakeUp ---------------------------------
(***************************************************************************)
(* How sleeping subscribers learn of a commit.  A subscriber about to      *)
(* sleep takes the idle lock exclusively; a writer tries it shared while   *)
(* it commits, and sends a notification only if that fails.  What the      *)
(* writers and other subscribers see of each other is the lock, the        *)
(* notifications, and the changes that are visible.                        *)
(*                                                                         *)
(* What was delivered, and in which order, is the module Reading: here a   *)
(* change is a number, and reading shows all that are visible.             *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Subscribers,   \* processes, each with one connection that listens
    Writers,
    MaxCommits,
    PollInterval,  \* whether a sleeping subscriber reads again after a time
    MaxDeaths,     \* subscribers whose connection is cut
    MaxLeaves,     \* subscribers that close
    Prepared,      \* transactions that are prepared: they must not notify
    Mistake

VARIABLES
    exclusive,     \* the subscriber that holds the idle lock, or None
    writer,        \* state of each writer
    begun, visible, deaths, leaves,
    state,         \* of each subscriber
    seen,          \* changes that it has read
    rung,          \* a notification that it has not used up
    owed,          \* what it owes to those that sleep behind it: "nothing", "lock or word", "word"
    unlocking      \* whether the release of the lock is on its way

vars == <<exclusive, writer, begun, visible, deaths, leaves, state, seen, rung, owed, unlocking>>
None == "none"

Init ==
    /\ exclusive = None
    /\ writer = [w \in Writers |-> "idle"]
    /\ begun = 0 /\ visible = 0 /\ deaths = 0 /\ leaves = 0
    /\ state = [s \in Subscribers |-> "awake"]
    /\ seen = [s \in Subscribers |-> 0]
    /\ rung = [s \in Subscribers |-> FALSE]
    /\ owed = [s \in Subscribers |-> "nothing"]
    /\ unlocking = [s \in Subscribers |-> FALSE]

Alive == {s \in Subscribers : state[s] # "gone"}
Shared == {w \in Writers : writer[w] \in {"quiet", "quiet done"}}

--------------------------------------------------------------------------------
(* Writers *)

SubscribersUnchanged == UNCHANGED <<exclusive, deaths, leaves, state, seen, owed, unlocking>>

(* The last thing that the capture trigger does. *)
Try(w) ==
    /\ writer[w] = "idle" /\ begun < MaxCommits
    /\ begun' = begun + 1
    /\ IF exclusive = None
       THEN writer' = [writer EXCEPT ![w] = "quiet"]
       ELSE \/ writer' = [writer EXCEPT ![w] = IF Mistake = "CommitNotNotified" THEN "silent" ELSE "loud"]
            \/ Prepared /\ writer' = [writer EXCEPT ![w] = "silent"]
    /\ UNCHANGED <<visible, rung>>
    /\ SubscribersUnchanged

BecomeVisible(w) ==
    /\ writer[w] \in {"quiet", "loud", "silent"}
    /\ visible' = visible + 1
    /\ writer' = [writer EXCEPT ![w] = CASE @ = "quiet" -> "quiet done" [] @ = "loud" -> "loud done" [] OTHER -> "idle"]
    /\ UNCHANGED <<begun, rung>>
    /\ SubscribersUnchanged

(* The shared lock goes with the transaction; a notification arrives once its transaction is visible. *)
Finish(w) ==
    /\ writer[w] \in {"quiet done", "loud done"}
    /\ rung' = IF writer[w] = "loud done" THEN [s \in Subscribers |-> s \in Alive \/ rung[s]] ELSE rung
    /\ writer' = [writer EXCEPT ![w] = "idle"]
    /\ UNCHANGED <<begun, visible>>
    /\ SubscribersUnchanged

--------------------------------------------------------------------------------
(* Subscribers *)

WritersUnchanged == UNCHANGED <<writer, begun, visible>>
NoEnd == UNCHANGED <<deaths, leaves>>

(* Changes were found without a notification: those that sleep behind this one may not know of them. *)
AfterFinding(s) ==
    IF Mistake \notin {"UnlockWithoutTelling", "FindingNotTold"}
        /\ seen[s] < visible
        /\ ((exclusive = s /\ ~unlocking[s]) \/ owed[s] = "lock or word")
    THEN [owed EXCEPT ![s] = "word"]
    ELSE owed

Poll(s) ==
    /\ state[s] = "awake"
    /\ seen' = [seen EXCEPT ![s] = visible]
    /\ owed' = AfterFinding(s)
    /\ state' = [state EXCEPT ![s] = IF seen[s] < visible THEN "awake" ELSE "arming"]
    /\ UNCHANGED <<exclusive, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

LookOrSleep == IF Mistake = "NoPollAfterArming" THEN "asleep" ELSE "looking"

(* The statement queues behind the release of the lock on its connection. *)
Arm(s) ==
    /\ state[s] = "arming" /\ ~unlocking[s]
    /\ IF exclusive = None /\ Shared = {}
       THEN exclusive' = s /\ state' = [state EXCEPT ![s] = LookOrSleep]
       ELSE UNCHANGED exclusive /\ state' = [state EXCEPT ![s] = "refused"]
    /\ owed' = IF Mistake = "SettledBeforeLooking" /\ exclusive = None /\ Shared = {} THEN [owed EXCEPT ![s] = "nothing"] ELSE owed
    /\ UNCHANGED <<seen, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

(* The second half of the statement: the lock can be had shared, so writers are committing that will not notify; or it *)
(* cannot, so another one is armed. *)
TryShared(s) ==
    /\ state[s] = "refused"
    /\ state' = [state EXCEPT ![s] = IF exclusive = None THEN "awake" ELSE LookOrSleep]
    /\ owed' = IF Mistake = "SettledBeforeLooking" /\ exclusive # None THEN [owed EXCEPT ![s] = "nothing"] ELSE owed
    /\ UNCHANGED <<exclusive, seen, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

Look(s) ==
    /\ state[s] = "looking"
    /\ seen' = [seen EXCEPT ![s] = visible]
    /\ owed' = AfterFinding(s)
    /\ state' = [state EXCEPT ![s] = IF seen[s] < visible THEN "letting go" ELSE "settling"]
    /\ UNCHANGED <<exclusive, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

(* Nothing was found since the lock is held, by this one or another. *)
Settle(s) ==
    /\ state[s] = "settling"
    /\ owed' = [owed EXCEPT ![s] = IF @ = "lock or word" THEN "nothing" ELSE @]
    /\ state' = [state EXCEPT ![s] = "asleep"]
    /\ UNCHANGED <<exclusive, seen, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

Wake(s) ==
    /\ state[s] = "asleep" /\ rung[s]
    /\ rung' = [rung EXCEPT ![s] = FALSE]
    /\ seen' = [seen EXCEPT ![s] = visible]
    /\ state' = [state EXCEPT ![s] = "letting go"]
    /\ UNCHANGED <<exclusive, owed, unlocking>>
    /\ WritersUnchanged /\ NoEnd

IntervalPassed(s) ==
    /\ PollInterval /\ state[s] = "asleep" /\ ~rung[s]
    /\ seen' = [seen EXCEPT ![s] = visible]
    /\ owed' = AfterFinding(s)
    /\ state' = [state EXCEPT ![s] = "letting go"]
    /\ UNCHANGED <<exclusive, rung, unlocking>>
    /\ WritersUnchanged /\ NoEnd

LetGo(s) ==
    /\ state[s] = "letting go"
    /\ state' = [state EXCEPT ![s] = "awake"]
    /\ IF exclusive = s
       THEN /\ unlocking' = [unlocking EXCEPT ![s] = TRUE]
            /\ owed' = [owed EXCEPT ![s] = IF @ = "word" \/ Mistake = "UnlockWithoutTelling" THEN @ ELSE "lock or word"]
       ELSE UNCHANGED <<unlocking, owed>>
    /\ UNCHANGED <<exclusive, seen, rung>>
    /\ WritersUnchanged /\ NoEnd

Unlock(s) ==
    /\ unlocking[s] /\ state[s] # "gone"
    /\ exclusive' = None
    /\ unlocking' = [unlocking EXCEPT ![s] = FALSE]
    /\ UNCHANGED <<state, seen, rung, owed>>
    /\ WritersUnchanged /\ NoEnd

Ring(s) == [other \in Subscribers |-> rung[other] \/ (other # s /\ other \in Alive)]

(* At once where a word is owed, and after a while where the lock might have been held again instead. *)
Tell(s) ==
    /\ state[s] # "gone" /\ ~unlocking[s] /\ owed[s] # "nothing"
    /\ owed' = [owed EXCEPT ![s] = "nothing"]
    /\ rung' = Ring(s)
    /\ UNCHANGED <<exclusive, state, seen, unlocking>>
    /\ WritersUnchanged /\ NoEnd

Freed(s) == IF exclusive = s THEN None ELSE exclusive

Die(s) ==
    /\ deaths < MaxDeaths /\ state[s] # "gone"
    /\ deaths' = deaths + 1
    /\ exclusive' = Freed(s)
    /\ state' = [state EXCEPT ![s] = "gone"]
    /\ owed' = [owed EXCEPT ![s] = "nothing"]
    /\ unlocking' = [unlocking EXCEPT ![s] = FALSE]
    /\ rung' = [rung EXCEPT ![s] = FALSE]
    /\ UNCHANGED <<leaves, seen>>
    /\ WritersUnchanged

(* Closing releases the lock and tells, in one statement. *)
Leave(s) ==
    /\ leaves < MaxLeaves /\ state[s] # "gone"
    /\ leaves' = leaves + 1
    /\ exclusive' = Freed(s)
    /\ state' = [state EXCEPT ![s] = "gone"]
    /\ owed' = [owed EXCEPT ![s] = "nothing"]
    /\ unlocking' = [unlocking EXCEPT ![s] = FALSE]
    /\ rung' = IF (exclusive = s \/ owed[s] # "nothing") /\ Mistake # "LeavesWithoutTelling"
               THEN [Ring(s) EXCEPT ![s] = FALSE] ELSE [rung EXCEPT ![s] = FALSE]
    /\ UNCHANGED <<deaths, seen>>
    /\ WritersUnchanged

--------------------------------------------------------------------------------

Step(s) ==
    \/ Poll(s) \/ Arm(s) \/ TryShared(s) \/ Look(s) \/ Settle(s) \/ Wake(s) \/ IntervalPassed(s) \/ LetGo(s)

Next ==
    \/ \E w \in Writers : Try(w) \/ BecomeVisible(w) \/ Finish(w)
    \/ \E s \in Subscribers : Step(s) \/ Unlock(s) \/ Tell(s) \/ Die(s) \/ Leave(s)

(* A commit that has begun ends, and each subscriber that is alive takes its steps.  Nobody has to begin a commit.  One *)
(* condition for all steps of a subscriber is enough: it arms only once its release has arrived, and it sleeps in the end. *)
Spec ==
    /\ Init /\ [][Next]_vars
    /\ WF_vars(\E w \in Writers : BecomeVisible(w) \/ Finish(w))
    /\ \A s \in Subscribers : WF_vars(Step(s) \/ Unlock(s) \/ Tell(s))

(* Every subscriber that is alive sees every change in the end.  There are finitely many here. *)
EveryoneIsWoken == <>[] \A s \in Alive : seen[s] = visible

(* Only the one that holds the lock, or one whose release is on its way, may keep others from it. *)
LockIsHeldByALiveOne == exclusive = None \/ exclusive \in Alive
================================================================================
