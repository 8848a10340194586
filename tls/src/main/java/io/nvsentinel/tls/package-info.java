// SPDX-License-Identifier: Apache-2.0
/**
 * TLS from mounted certificate files, for R2DBC and JDBC connections to PostgreSQL alike.
 *
 * <p>{@link io.nvsentinel.tls.TlsOptions} says which files and how strict, {@link io.nvsentinel.tls.TlsContext} reads
 * and checks them, passes them to the drivers and reloads them after a rotation, {@link io.nvsentinel.tls.TlsStatus}
 * reports the active certificates, and {@link io.nvsentinel.tls.TlsException} reports errors.
 *
 * <p>The meaning of a mode is that of libpq, the C library behind psql, and not that of the drivers, which differ from
 * it and from each other; see {@link io.nvsentinel.tls.SslMode}. So are the rules for certificates: validity, key size,
 * signature, purpose and revocation are checked for every certificate of the chain, the authority included, as OpenSSL
 * does at security level 2. Differences that remain:
 *
 * <ul>
 *   <li>The level is always 2 (RSA from 2048 bits, EC from 224 bits, no signature with MD5 or SHA-1), regardless of the
 *   configuration of the machine's OpenSSL: a program should behave alike on every machine.
 * <li>An authority of the root certificate file may be an intermediate one, without the root that issued it. libpq
 * wants the whole chain. To trust only the intermediate one is stricter than to trust its root, and cert-manager mounts
 * such files.
 *   <li>The server's own certificate in the root certificate file is trusted even if another one issued it. Only this
 *   certificate is trusted then, and its revocation is checked if there is a revocation list.
 * </ul>
 */
@NullMarked
package io.nvsentinel.tls;

import org.jspecify.annotations.NullMarked;
