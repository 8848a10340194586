// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/**
 * Metrics of the connection pool at one moment. A change stream's connection for wake-ups is outside the pool.
 *
 * @param acquired connections in use
 * @param allocated open connections, in use or not
 * @param idle idle open connections
 * @param pending callers that are waiting for a connection
 * @param max the largest number of connections
 */
public record PoolMetrics(int acquired, int allocated, int idle, int pending, int max) {}
