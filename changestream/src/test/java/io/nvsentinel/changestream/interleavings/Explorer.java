// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.interleavings;

import java.lang.reflect.Constructor;
import org.jetbrains.lincheck.Lincheck;

/** The separate JVM of {@link Interleavings}: explores each scenario, and prints a line for it. */
final class Explorer {

    private Explorer() {}

    /** How many interleavings of each scenario, and the scenarios' classes. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        int most = Integer.parseInt(arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            Constructor<?> scenario = Class.forName(arguments[i]).getDeclaredConstructor();
            scenario.setAccessible(true);
            explore(arguments[i], most, (Runnable) scenario.newInstance());
        }
        // Threads of the scenarios' schedulers may be left.
        System.exit(0);
    }

    private static void explore(String name, int most, Runnable scenario) {
        try {
            Lincheck.runConcurrentTest(most, scenario);
            print(Interleavings.HOLDS, name);
        } catch (AssertionError violation) {
            print(Interleavings.VIOLATED, name);
            System.out.println(violation.getMessage());
        }
    }

    private static void print(String verdict, String name) {
        System.out.println(verdict + name);
    }
}
