// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

/** Sees changes of the health events from its start on, until it is closed. */
public interface ChangePeer extends AutoCloseable {

    @Override
    void close();

    /** Starts a contender. */
    @FunctionalInterface
    interface Start {

        /**
         * Starts it, and returns when every later commit will be delivered.
         *
         * @param arrivals notified of each change
         * @return the running peer
         * @throws Exception if it cannot start
         */
        ChangePeer start(Arrivals arrivals) throws Exception;
    }
}
