// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot;

import io.nvsentinel.datastore.DatastoreOptions;

/**
 * A bean that changes the options of the datastore after properties and connection details; of several, in the order of Spring.
 */
@FunctionalInterface
public interface DatastoreOptionsCustomizer {

    /**
     * Changes the options.
     *
     * @param options the options that properties, variables and connection details gave
     */
    void customize(DatastoreOptions.Builder options);
}
