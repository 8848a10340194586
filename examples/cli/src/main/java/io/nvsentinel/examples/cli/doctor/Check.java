// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;

/** One kind of examination. It adds at least one finding; what it throws becomes one. */
interface Check {

    /** What has to be there before a check makes sense. */
    enum Need {
        /** Nothing. */
        NOTHING("nothing"),
        /** Options that can be used. */
        OPTIONS("a valid configuration"),
        /** A connection to the database. */
        LOGIN("a connection to the database"),
        /** And the tables in it. */
        TABLES("the schema");

        private final String text;

        Need(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /**
     * What it examines, in one word.
     *
     * @return the word
     */
    String name();

    /**
     * What has to be there.
     *
     * @return the need
     */
    Need need();

    /**
     * Examines.
     *
     * @param patient gets the findings
     * @throws SQLException if the database refuses a question
     */
    void run(Patient patient) throws SQLException;
}
