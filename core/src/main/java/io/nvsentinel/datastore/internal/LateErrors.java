// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import io.nvsentinel.datastore.error.DatastoreException;
import io.r2dbc.spi.R2dbcException;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Errors that come when no caller waits for them any more: the stream was cancelled meanwhile, or another error has ended it. A server
 * that answers late, or not at all, is no news then. Reactor would log each as an error of an operator, with its trace.
 */
public final class LateErrors {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    /** Reactor's key of the hook for one subscription. It has no public constant; a test holds it. */
    private static final String HOOK = "reactor.onErrorDropped.local";

    private static final Consumer<Throwable> QUIETLY = LateErrors::dropped;

    private LateErrors() {}

    /**
     * Makes late errors of a subscription debug messages, unless they are signs of a fault in a program.
     *
     * @param context of the subscriber
     * @return the context with which to subscribe; that of the subscriber if it has a hook of its own
     */
    public static Context quietly(Context context) {
        return context.hasKey(HOOK) ? context : context.put(HOOK, QUIETLY);
    }

    private static void dropped(Throwable error) {
        if (isExpected(error)) {
            LOG.debug("An error came when no caller waited for it any more", error);
        } else {
            Operators.onErrorDropped(error, Context.empty());
        }
    }

    private static boolean isExpected(Throwable error) {
        return error instanceof DatastoreException
                || error instanceof R2dbcException
                || error instanceof IOException
                || error instanceof TimeoutException;
    }
}
