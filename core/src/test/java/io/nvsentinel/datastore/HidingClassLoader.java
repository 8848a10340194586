// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.Callable;

/** Loads this project's classes again and hides classes of libraries from them. */
final class HidingClassLoader extends ClassLoader {

    private final List<String> hidden;

    /** Hides all classes with this name prefix. */
    HidingClassLoader(String... hidden) {
        super(HidingClassLoader.class.getClassLoader());
        this.hidden = List.of(hidden);
    }

    /** Runs a program, which needs a constructor without parameters, with the reloaded classes. */
    String call(Class<? extends Callable<String>> program) throws Exception {
        Object copy = loadClass(program.getName()).getDeclaredConstructor().newInstance();
        return String.valueOf(((Callable<?>) copy).call());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (hidden.stream().anyMatch(name::startsWith)) {
            throw new ClassNotFoundException(name + " is hidden");
        }
        return name.startsWith("io.nvsentinel.datastore.") ? own(name) : super.loadClass(name, resolve);
    }

    private Class<?> own(String name) throws ClassNotFoundException {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) {
            return loaded;
        }
        String file = name.replace('.', '/') + ".class";
        try (InputStream in = getParent().getResourceAsStream(file)) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
