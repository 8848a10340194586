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

    /** As if the transactions had run one after another; where that is impossible, one fails and is run again. */
    SERIALIZABLE
}
