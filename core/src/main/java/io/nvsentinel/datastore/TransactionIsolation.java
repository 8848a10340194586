// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/** What a transaction sees of the others that run beside it. */
public enum TransactionIsolation {

    /** Each statement sees what was committed before it began. */
    READ_COMMITTED,

    /**
     * Every statement sees what was committed before the first one began. A write to a row that another transaction has
     * changed since then fails, and the transaction is run again.
     */
    REPEATABLE_READ,

    /**
     * The result is the same as if the transactions had run one after another; if that is impossible, one of them fails
     * and is retried.
     */
    SERIALIZABLE
}
