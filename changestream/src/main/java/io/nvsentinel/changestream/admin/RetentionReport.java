// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

/**
 * The result of a retention run.
 *
 * @param taken whether this process did the run; false if another process was running retention
 * @param marked how many changes it marked as processed
 * @param removed how many processed changes it removed
 * @param capped how many changes it removed because of the limits of number and age, even if clients had not
 *     acknowledged them
 * @param steps the number of transactions
 */
public record RetentionReport(boolean taken, long marked, long removed, long capped, long steps) {}
