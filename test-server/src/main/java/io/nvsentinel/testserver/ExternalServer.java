// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

/** A server that runs already and goes on running; only the databases made here are removed. */
final class ExternalServer extends PostgresServer {

    ExternalServer(Access admin) {
        super(admin);
    }

    @Override
    void shutDown() {
        databases().dropAll(this);
    }
}
