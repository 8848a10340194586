// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What was opened, closed in reverse order: at the program's end, or by Ctrl-C, which comes on another thread. Opening and
 * closing exclude each other, so that nothing is left open by a Ctrl-C that comes while it opens.
 */
final class Closer implements AutoCloseable {

    private final Deque<Runnable> opened = new ArrayDeque<>();
    private volatile boolean closed;
    private volatile boolean interrupted;

    /**
     * Opens something.
     *
     * @param opening opens it, in bounded time
     * @param closing closes it, in bounded time
     * @param <T> what is opened
     * @return what was opened
     */
    synchronized <T> T open(Supplier<T> opening, Consumer<T> closing) {
        if (closed) {
            throw new QuickstartException("interrupted");
        }
        T resource = opening.get();
        opened.push(() -> closing.accept(resource));
        return resource;
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether Ctrl-C closed it: errors that follow are its consequence. */
    boolean isInterrupted() {
        return interrupted;
    }

    /** Closes everything, possibly while it is in use. */
    void interrupt() {
        interrupted = true;
        close();
    }

    /** Closes everything even if one of them fails; the first failure is thrown, later ones are added to it. */
    @Override
    public synchronized void close() {
        closed = true;
        RuntimeException failure = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
