// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.figures;

import java.util.List;

/**
 * The sizes and the use of a datastore's tables at one moment, from the server's statistics.
 *
 * @param tables the datastore's own tables and all collections, except exclusively locked tables
 * @param indexes their indexes
 * @param deadLetters how many dead letters each client has
 */
public record Figures(List<Table> tables, List<Index> indexes, List<DeadLetters> deadLetters) {

    /**
     * A table.
     *
     * @param name its name
     * @param rows how many rows it has, as the server estimates
     * @param deadRows how many rows are to be vacuumed, as the server estimates
     * @param bytes what it takes on disk, with indexes
     */
    public record Table(String name, long rows, long deadRows, long bytes) {}

    /**
     * An index.
     *
     * @param table its table
     * @param name its name
     * @param scans how often it was used since the server's statistics were reset
     * @param bytes what it takes on disk
     */
    public record Index(String table, String name, long scans, long bytes) {}

    /**
     * Dead letters of a client.
     *
     * @param client its name
     * @param count how many
     */
    public record DeadLetters(String client, long count) {}
}
