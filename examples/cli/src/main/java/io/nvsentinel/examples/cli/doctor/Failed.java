// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.examples.cli.Cures;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An error of the server in words. */
final class Failed {

    private Failed() {}

    static String text(SQLException error) {
        String state = error.getSQLState();
        String first = String.valueOf(error.getMessage()).lines().findFirst().orElse("");
        Throwable cause = error.getCause();
        // For TLS the driver says only that it failed; why stands in the cause.
        String why = cause == null || cause.getMessage() == null || first.contains(cause.getMessage())
                ? ""
                : " " + cause.getMessage().lines().findFirst().orElse("");
        return first + why + (state == null ? "" : " (SQLSTATE " + state + ")");
    }

    static String cure(SQLException error) {
        String cure = Cures.ofState(error.getSQLState());
        return cure == null ? "check the server's log" : cure;
    }

    static Map<String, @Nullable Object> facts(SQLException error) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("sqlState", error.getSQLState());
        return facts;
    }
}
