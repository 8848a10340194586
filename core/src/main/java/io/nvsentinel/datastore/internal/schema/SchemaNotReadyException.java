// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;

/** The schema is not what it has to be, and another instance may be migrating it: waiting may help. */
final class SchemaNotReadyException extends ConfigurationException {

    private static final long serialVersionUID = 1L;

    SchemaNotReadyException(String message) {
        super(message);
    }
}
