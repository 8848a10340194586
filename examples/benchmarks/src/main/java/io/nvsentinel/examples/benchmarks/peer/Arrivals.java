// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

/** An observer of arriving changes, called for one change at a time. */
@FunctionalInterface
public interface Arrivals {

    /** A change of the health events has arrived. Called on the contender's own thread, which must not be blocked. */
    void arrived();
}
