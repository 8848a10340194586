// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;

/** {@link Databases} for the tests of the package metrics. */
public final class MeasuredDatabases {

    public static final Template MIGRATED = Databases.MIGRATED;

    private MeasuredDatabases() {}

    public static DatastoreOptions.Builder options(TestDatabase database) {
        return Databases.options(database);
    }
}
