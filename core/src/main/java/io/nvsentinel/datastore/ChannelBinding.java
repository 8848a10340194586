// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.ConfigurationException;

/**
 * Whether a login is bound to the TLS connection that carries it, as libpq's {@code channel_binding}. A bound login
 * ({@code SCRAM-SHA-256-PLUS}) proves that the server that knows the password also holds the certificate of this connection, so
 * no third party can stand between the two, even if the certificate itself is not verified.
 */
public enum ChannelBinding {

    /** Never. For a proxy that ends TLS and passes the login on to the server. */
    DISABLE,

    /** If the connection has TLS and the server offers it. */
    PREFER,

    /** Always: any other login, and a connection without TLS, fails with {@link ConfigurationException}. */
    REQUIRE
}
