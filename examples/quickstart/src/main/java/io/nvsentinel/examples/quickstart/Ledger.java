// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Compares written and received changes. A change may be received before its writer is notified of the commit. Changes
 * of records that were not written here belong to other writers and are not counted.
 */
final class Ledger {

    private record Received(Change change, double millis) {}

    private final Map<Change, Integer> written = new HashMap<>();
    private final Set<UUID> records = new HashSet<>();
    private final List<Received> received = new ArrayList<>();
    private @Nullable RuntimeException failure;

    /** Notes a change that was committed. */
    synchronized void wrote(Change change) {
        written.merge(change, 1, Integer::sum);
        records.add(change.recordId());
        notifyAll();
    }

    /**
     * Notes a change that arrived.
     *
     * @param change the change
     * @param millis the time from its commit
     */
    synchronized void received(Change change, double millis) {
        received.add(new Received(change, millis));
        notifyAll();
    }

    /** Ends every wait: nothing more will arrive. */
    synchronized void fail(RuntimeException error) {
        failure = error;
        notifyAll();
    }

    /**
     * Waits until everything written was received.
     *
     * @param max the longest wait
     * @return false if something is missing still
     */
    synchronized boolean awaitComplete(Duration max) {
        long deadline = System.nanoTime() + max.toNanos();
        while (summary().lost() > 0) {
            if (failure != null) {
                throw failure;
            }
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return false;
            }
            try {
                wait(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new QuickstartException("interrupted", e);
            }
        }
        return true;
    }

    synchronized Set<UUID> records() {
        return Set.copyOf(records);
    }

    /** Compares both sides as they are now. */
    synchronized Summary summary() {
        Map<Change, Integer> balance = new HashMap<>(written);
        List<Double> millis = new ArrayList<>();
        for (Received each : received) {
            if (records.contains(each.change().recordId())) {
                balance.merge(each.change(), -1, Integer::sum);
                millis.add(each.millis());
            }
        }
        int lost = balance.values().stream().mapToInt(n -> Math.max(0, n)).sum();
        int duplicates =
                balance.values().stream().mapToInt(n -> Math.max(0, -n)).sum();
        int events = written.values().stream().mapToInt(Integer::intValue).sum();
        return new Summary(events, millis.size(), lost, duplicates, millis);
    }
}
