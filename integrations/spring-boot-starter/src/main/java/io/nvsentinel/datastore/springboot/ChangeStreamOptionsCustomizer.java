// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot;

import io.nvsentinel.changestream.ChangeStreamOptions;

/** A bean that changes the options of the change streams after the properties; of several, in the order of Spring. */
@FunctionalInterface
public interface ChangeStreamOptionsCustomizer {

    /**
     * Changes the options.
     *
     * @param options the options that properties gave
     */
    void customize(ChangeStreamOptions.Builder options);
}
