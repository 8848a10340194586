// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.callback;

import io.nvsentinel.changestream.CallbackFailedException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls callbacks whose failure ends a stream, and turns errors of the JVM into errors that Reactor signals. */
public final class Callbacks {

    private Callbacks() {}

    /**
     * Calls a callback.
     *
     * @param name the option that gave it
     * @param callback the callback
     * @param value its argument
     * @param <T> the argument's type
     * @throws CallbackFailedException if it fails with an error of the JVM
     */
    public static <T> void accept(String name, Consumer<? super T> callback, T value) {
        get(name, () -> {
            callback.accept(value);
            return null;
        });
    }

    /**
     * Calls a function.
     *
     * @param name the option that gave it
     * @param function the function
     * @param <T> the result's type
     * @return its result
     * @throws CallbackFailedException if it fails with an error of the JVM
     */
    public static <T> @Nullable T get(String name, Supplier<@Nullable T> function) {
        try {
            return function.get();
        } catch (Error e) {
            throw new CallbackFailedException("The callback " + name, e);
        }
    }
}
