// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/**
 * What opening a client name does while another watch owns it. An owner is taken for dead when its lease of 15 s has
 * passed without a sign of life; one that closes gives the name up at once.
 */
public enum OwnershipPolicy {
    /** Becomes the owner at once. The earlier one ends with {@link ClientFencedException} within about a second. */
    TAKE_OVER,
    /** Waits, for ever, until the owner has closed or is taken for dead. */
    WAIT,
    /** Fails with {@link ClientOwnedException}. */
    FAIL
}
