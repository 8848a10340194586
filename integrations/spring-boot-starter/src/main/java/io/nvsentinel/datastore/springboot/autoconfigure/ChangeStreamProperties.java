// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeStreamOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.util.unit.DataSize;

/**
 * The properties of the change streams; null for the default.
 *
 * @param pollInterval as {@link ChangeStreamOptions.Builder#pollInterval}
 * @param batchSize as {@link ChangeStreamOptions.Builder#batchSize}
 * @param maxBatchBytes as {@link ChangeStreamOptions.Builder#maxBatchBytes}
 * @param listen as {@link ChangeStreamOptions.Builder#listen}
 * @param maxOutage as {@link ChangeStreamOptions.Builder#maxOutage}
 */
@ConfigurationProperties(prefix = ChangeStreamProperties.PREFIX, ignoreUnknownFields = false)
record ChangeStreamProperties(
        @Nullable Duration pollInterval,
        @Nullable Integer batchSize,
        @Nullable DataSize maxBatchBytes,
        @Nullable Boolean listen,
        @Nullable Duration maxOutage) {

    static final String PREFIX = DatastoreProperties.PREFIX + ".changestream";

    ChangeStreamOptions.Builder options() {
        ChangeStreamOptions.Builder options = ChangeStreamOptions.builder();
        PropertyMapper given = PropertyMapper.get();
        given.from(pollInterval).to(options::pollInterval);
        given.from(batchSize).to(options::batchSize);
        given.from(maxBatchBytes).as(DataSize::toBytes).to(options::maxBatchBytes);
        given.from(listen).to(options::listen);
        given.from(maxOutage).to(options::maxOutage);
        return options;
    }
}
