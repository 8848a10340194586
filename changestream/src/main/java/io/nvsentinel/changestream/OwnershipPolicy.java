// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/**
 * What opening a client name does while another watch owns it. An owner is considered dead when its lease of 15 s has
 * expired without a renewal; an owner that closes releases the name immediately.
 */
public enum OwnershipPolicy {
    /** Becomes the owner at once. The earlier one ends with {@link ClientFencedException} within about a second. */
    TAKE_OVER,
    /** Waits, without limit, until the owner has closed or is considered dead. */
    WAIT,
    /** Fails with {@link ClientOwnedException}. */
    FAIL
}
