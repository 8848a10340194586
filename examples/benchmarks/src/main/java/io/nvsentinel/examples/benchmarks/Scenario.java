// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

/** One thing that is measured. Stateless; what it makes on the server it removes, or the program does after it. */
public interface Scenario {

    /**
     * What the command line and the report call it.
     *
     * @return lower case, with hyphens
     */
    String name();

    /**
     * What it is about.
     *
     * @return one line
     */
    String description();

    /**
     * Measures.
     *
     * @param stage the server, the sizes and the report
     * @throws NotMeasuredException if this cannot be measured here
     * @throws Exception if anything fails
     */
    void run(Stage stage) throws Exception;
}
