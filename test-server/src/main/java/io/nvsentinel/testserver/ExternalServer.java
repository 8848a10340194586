// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

/** A server that is already running and is not stopped; only the databases created here are removed. */
final class ExternalServer extends PostgresServer {

    ExternalServer(Access admin) {
        super(admin);
    }

    @Override
    void shutDown() {
        databases().dropAll(this);
    }
}
