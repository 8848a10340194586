// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot;

import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;

/**
 * A bean that changes the options of {@link ChangeHandler} methods: a filter, a start, a key, time-outs. It is called once for
 * each handler when the application starts, after the values of the annotation are set; of several, in the order of Spring.
 */
@FunctionalInterface
public interface ChangeHandlerCustomizer {

    /**
     * Changes the options of one handler.
     *
     * @param client the handler's client name
     * @param watch the options of its watch
     * @param processing the options of its processor
     */
    void customize(String client, WatchOptions.Builder watch, ProcessorOptions.Builder processing);
}
