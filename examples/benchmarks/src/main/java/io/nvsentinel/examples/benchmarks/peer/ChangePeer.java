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
         * Starts it, and returns when every change committed from then on will arrive.
         *
         * @param arrivals told of each change
         * @return running
         * @throws Exception if it cannot start
         */
        ChangePeer start(Arrivals arrivals) throws Exception;
    }
}
