// SPDX-License-Identifier: Apache-2.0
/**
 * TLS from mounted certificate files, for R2DBC and JDBC connections to PostgreSQL alike.
 *
 * <p>{@link io.nvsentinel.tls.TlsOptions} says which files and how strict, {@link io.nvsentinel.tls.TlsContext} reads and
 * checks them, hands them to the drivers and follows their rotation, {@link io.nvsentinel.tls.TlsStatus} tells an operator
 * what is in use, and {@link io.nvsentinel.tls.TlsException} what is wrong.
 *
 * <p>The meaning of a mode is that of libpq, the C library behind psql, and not that of the drivers, which differ from it
 * and from each other; see {@link io.nvsentinel.tls.SslMode}.
 */
@NullMarked
package io.nvsentinel.tls;

import org.jspecify.annotations.NullMarked;
