// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/**
 * How busy the pool of connections is, at one moment. A change stream's connection for wake-ups is outside the pool.
 *
 * @param acquired connections in use
 * @param allocated open connections, in use or not
 * @param idle open connections that nobody uses
 * @param pending callers that wait for a connection
 * @param max the most connections there may be
 */
public record PoolMetrics(int acquired, int allocated, int idle, int pending, int max) {}
