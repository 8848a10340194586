// SPDX-License-Identifier: Apache-2.0
/**
 * A real PostgreSQL for tests and examples.
 *
 * <p>{@link io.nvsentinel.testserver.PostgresServer#shared()} is the one server of a JVM: the server that the
 * environment names, or else a container, or else embedded binaries. {@link io.nvsentinel.testserver.PostgresDatabase}
 * gives each test class its own database and checks for leaks after each test. A test that needs TLS, other settings,
 * or a server that it may kill, starts its own with {@link io.nvsentinel.testserver.PostgresServer#embedded()}.
 *
 * <p>Certificates are made by {@link io.nvsentinel.testserver.pki}, network faults by
 * {@link io.nvsentinel.testserver.proxy}.
 */
@NullMarked
package io.nvsentinel.testserver;

import org.jspecify.annotations.NullMarked;
