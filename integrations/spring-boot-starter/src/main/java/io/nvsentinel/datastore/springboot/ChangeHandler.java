// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.OwnershipPolicy;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method of a bean that handles the changes of a collection, at least once, as {@link ChangeStreams#process} does.
 *
 * <pre>{@code
 * @ChangeHandler(client = "drainer", concurrency = 8, onFailure = OnFailure.DEAD_LETTER)
 * Mono<Void> on(ChangeEvent<HealthEventDocument> change) {
 *     return drain(change);
 * }
 * }</pre>
 *
 * <p>The method takes a {@link ChangeEvent}, whose type argument is the type of the documents:
 * {@link io.nvsentinel.datastore.model.HealthEventDocument} or {@link io.nvsentinel.datastore.model.MaintenanceEvent} for the
 * two stores; {@code byte[]}, {@code Map<String, Object>} or a class that Jackson can read for any collection. It returns a
 * {@code Mono}, and must not block then; or it is {@code void}, may block, and runs on Reactor's bounded elastic scheduler, or on
 * a virtual thread if {@code spring.threads.virtual.enabled} is true and the JVM has them. A method with a
 * {@code Mono} may take a {@link io.nvsentinel.datastore.DatastoreSession} as its second parameter: its writes through the
 * session take effect exactly once, as with {@link ChangeStreams#processInTransaction}. Any other method makes the start of the
 * application fail.
 *
 * <p>Handling starts after the web server, and stops before it: running handlers may complete then, for
 * {@link ProcessorOptions.Builder#drainTimeout}. If another instance owns the client name, handling waits until that one has
 * closed or is considered dead ({@link OwnershipPolicy#WAIT}); with {@link #group} instances share the work instead. Handling that
 * fails is logged and started again, after 1 s to 1 min.
 * {@link ChangeHandlerCustomizer} beans set every other option.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface ChangeHandler {

    /**
     * The client name under which the position is stored; each handler has its own. May have placeholders, such as
     * {@code ${app.client}}.
     *
     * @return 1 to 255 characters
     */
    String client();

    /**
     * The collection. May have placeholders.
     *
     * @return its name; may be empty for the documents of the two stores
     */
    String collection() default "";

    /**
     * How many changes are handled concurrently, as {@link ProcessorOptions.Builder#concurrency}.
     *
     * @return 1 to 256
     */
    int concurrency() default 1;

    /**
     * The number of partitions by which instances share the work, as {@link ProcessorOptions.Builder#group}.
     *
     * @return 1 to 256, or 0 if they do not
     */
    int group() default 0;

    /**
     * How often a change is attempted, as {@link ProcessorOptions.Builder#maxAttempts}.
     *
     * @return 1 to 1000000
     */
    int maxAttempts() default 5;

    /**
     * What happens to a change if all attempts failed, as {@link ProcessorOptions.Builder#onFailure}.
     *
     * @return the reaction
     */
    OnFailure onFailure() default OnFailure.STOP;
}
