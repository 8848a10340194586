// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.OwnershipPolicy;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import java.util.List;

/**
 * The options of one handler.
 *
 * @param watch of its watch
 * @param processing of its processor
 */
record HandlerOptions(WatchOptions watch, ProcessorOptions processing) {

    /**
     * Reads an annotation, and lets customizers change what it says.
     *
     * @param client the client name, without placeholders
     * @param handler the annotation
     * @param customizers in their order
     * @return the options
     * @throws ConfigurationException naming the option that is out of range
     */
    static HandlerOptions of(String client, ChangeHandler handler, List<ChangeHandlerCustomizer> customizers) {
        WatchOptions.Builder watch = WatchOptions.builder().clientName(client).ownershipPolicy(OwnershipPolicy.WAIT);
        ProcessorOptions.Builder processing = ProcessorOptions.builder()
                .concurrency(handler.concurrency())
                .maxAttempts(handler.maxAttempts())
                .onFailure(handler.onFailure());
        if (handler.group() != 0) {
            processing.group(GroupOptions.builder(handler.group()).build());
        }
        customizers.forEach(customizer -> customizer.customize(client, watch, processing));
        return new HandlerOptions(watch.build(), processing.build());
    }
}
