// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.datastore.error.ConfigurationException;

/**
 * The client name is used by a group with another number of partitions, or it is a group and was opened as a single
 * client. Nothing was changed. The number of partitions is fixed when a group starts for the first time; to change it,
 * delete the client with {@link io.nvsentinel.changestream.admin.Clients#delete} and start the group again.
 */
public final class GroupMismatchException extends ConfigurationException {

    private static final long serialVersionUID = 1L;

    /** How many the group has. */
    private final int partitions;

    /**
     * Creates an error.
     *
     * @param message the message
     * @param partitions how many partitions the group has
     */
    public GroupMismatchException(String message, int partitions) {
        super(message);
        this.partitions = partitions;
    }

    /**
     * How many partitions the group has.
     *
     * @return the number that was fixed when it started for the first time
     */
    public int partitions() {
        return partitions;
    }
}
