// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine;

/** Makes commands: with the invocation if they have a constructor for it. */
final class CommandFactory implements CommandLine.IFactory {

    private final Invocation invocation;

    CommandFactory(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        Optional<Constructor<?>> constructor = Arrays.stream(type.getDeclaredConstructors())
                .filter(one -> Arrays.equals(one.getParameterTypes(), new Class<?>[] {Invocation.class}))
                .findFirst();
        return constructor.isPresent()
                ? type.cast(make(constructor.get()))
                : CommandLine.defaultFactory().create(type);
    }

    private Object make(Constructor<?> constructor) throws ReflectiveOperationException {
        constructor.setAccessible(true);
        try {
            return constructor.newInstance(invocation);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
