// SPDX-License-Identifier: Apache-2.0
/**
 * Change streams: every committed change of a collection, once, in order, with low latency. Start at
 * {@link io.nvsentinel.changestream.ChangeStreams}.
 *
 * <h2>Contract</h2>
 *
 * <p>At-least-once across restarts, exactly-once within an uninterrupted stream. One total order, the same for every
 * consumer; each record's changes in their true order. Only committed and durable changes are delivered. A typed error,
 * never a silent jump, if history is lost or forked. Memory is bounded; demand drives the reading.
 *
 * <h2>Capture</h2>
 *
 * <p>A deferred constraint trigger writes one row to {@code datastore_changelog} for each change while the transaction
 * commits. The row's id is the order. Ids are drawn before their rows become visible, so they appear out of order and
 * some never appear at all: a reader that simply queries "id above the last one" loses changes.
 *
 * <h2>Reading</h2>
 *
 * <p>The reader delivers the contiguous prefix of ids and stops at a gap until the gap is proven dead. An INSERT into
 * the changelog holds a row-exclusive lock on it from before it draws its id until its row is visible. So: after it has
 * seen id <i>h</i> after a gap, the reader queries the holders of that lock; every transaction that drew a lower id is
 * among them. When all of these transactions have ended, the next snapshot shows the missing ids, or they will never
 * exist, and everything up to <i>h</i> is settled. The holders are always read before the page that they settle. No
 * clock, no time-out and no other transaction is involved.
 *
 * <p>A commit can be visible before it is on disk, if its session does not wait for that. So the page's statement reads the end
 * of the server's log too, which is behind the commit of everything that the page shows, and the page is delivered when the log is
 * flushed up to there. Mostly it is already; else the reader looks again within milliseconds, and then requests the flush.
 *
 * <p>One tail serves all subscribers of a {@link io.nvsentinel.changestream.ChangeStreams}: the subscribers that wait
 * at its head drive it and share each step. A subscriber that lags reads the settled part with its own cursor, and a
 * subscriber without demand does not take part: no document is read for it.
 *
 * <h2>History</h2>
 *
 * <p>A restore, or a failover that lost commits, sets the changelog back, and other changes take the ids of the lost
 * ones. So a position is always that of a row, or the one before the oldest row kept, and every page looks the row up
 * again, by id, transaction and time, in its own statement. A row that is missing or another one means forked; a
 * position below the oldest id kept means lost. Both are verdicts on one subscriber's position. When a subscriber
 * catches up with the tail, the tail's row is verified together with the subscriber's row: only then everything up to
 * it is settled. The tail's state is not the position of any client. It is dropped when its row does not hold, and all
 * but its position is forgotten after any failed read, since the next one may be answered by a server with another
 * history; then the next subscriber that asks begins it with its own position.
 *
 * <h2>Filters</h2>
 *
 * <p>A filter that the server can evaluate completely becomes part of the page query, together with the filters of all
 * other watches; every id is still read, because gaps are proven by ids, but documents that no subscriber needs are
 * not. Each watch judges again in memory, with the same verdict. What compares the documents before and after is judged
 * in memory only. A position moves past what does not match.
 *
 * <h2>Snapshots</h2>
 *
 * <p>{@link io.nvsentinel.changestream.StartAt#snapshot()} reads records page by page, each with its own statement, and
 * reads the changelog in step: the transaction snapshot of a page and the transaction of each change determine what the
 * page contains, so a record is delivered once, followed by exactly its later changes.
 *
 * <h2>Wake-ups</h2>
 *
 * <p>NOTIFY makes commits queue behind one another, so writers send one only while a subscriber is idle. Before a
 * subscriber becomes idle, it acquires an advisory lock on its LISTEN connection; a writer that cannot take it shared
 * notifies. A notification is a hint and carries no data: what is read, and when it is complete, is decided by polling
 * alone.
 *
 * <h2>Positions</h2>
 *
 * <p>A token names a position, the changelog's incarnation and a digest of a delivered row. For a named client the
 * newest token is stored such that it and everything before it is acknowledged. Each owner of a name has its own epoch,
 * and only the latest owner can store; an owner looks once a second whether it still is one, and renews a lease by
 * which others know that it is alive. The statements that store, renew and release also look for the position's row.
 * If the changelog does not contain the position, only the name is released, and the client continues at the stored
 * position.
 *
 * <p>All clients of a process share these statements. Every 250 ms one statement stores the positions that are new; every
 * second another one checks all other clients, and renews the leases of those that are due before the next second. Each client is a row of
 * the statement's arrays and is judged by itself: its position's row, its epoch, its lease. So a client that was taken over, or
 * whose history is gone, gets its own error and the others their answers. A client that another transaction has locked is
 * left out of the statement instead of delaying it, and gets a statement of its own that waits; so does each client when the
 * whole statement fails for another reason than an unavailable server, which names the one at fault. Opening and closing a client
 * are statements of its own at once. A shared statement may arrive after them: it changes nothing, since closing and opening
 * both change the epoch. Cancelling a client forgets its answer.
 *
 * <h2>Processing</h2>
 *
 * <p>A processor handles changes in lanes, by a hash of their key: in order within a lane, several lanes side by side.
 * The position stays the end of the acknowledged prefix, so a slow lane holds it back, and reading waits when too many
 * changes are ahead of it. For an effect exactly once each change has a mark, written in the transaction of the effect
 * and before it; then, in a later snapshot, the transaction makes sure that its owner still owns the name. A later
 * owner of the name finds the mark, or waits for the end of that transaction. Marks are forgotten once the stored
 * position is behind them, in the statement that stores it.
 *
 * <h2>Groups</h2>
 *
 * <p>Processes that share a client name divide its keys into partitions, by a hash. Each partition is a separate
 * client: it has a name, a position, and one owner with an epoch and a lease. Each member reads all changes for each
 * partition it has, and what belongs to others counts as handled. Each member computes the assignment of partitions
 * itself, from the members that are alive; it releases partitions that are assigned to another member, when none of
 * their changes is being handled, and opens partitions without an owner. That decision may differ between members for a
 * while: it only lists the members, and the partition's row names the owner. Other members measure a lease with the
 * database's clock, and its owner measures it from before its request: the owner has cancelled its handlers before
 * another member can open the partition, and starts none after that.
 *
 * <h2>Retention</h2>
 *
 * <p>Rows are removed in small steps, oldest first. The oldest id kept is raised in the same statement, and every page
 * is read together with it, in one snapshot: a reader that was overtaken sees that, and never a hole. To the proof
 * above a step is a writer like any other. The last row removed stays until the next step, without its documents, so
 * that a client that has received everything still recognizes the history.
 */
@NullMarked
package io.nvsentinel.changestream;

import org.jspecify.annotations.NullMarked;
