// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

/**
 * What a run of the retention did.
 *
 * @param taken whether it did anything at all; false if another process was at it
 * @param marked how many changes it marked as processed
 * @param removed how many processed changes it removed
 * @param capped how many changes it removed because there were too many or they were too old, whoever needed them
 * @param steps how many transactions that took
 */
public record RetentionReport(boolean taken, long marked, long removed, long capped, long steps) {}
