// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.error.ConfigurationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to change in the configuration of the datastore. */
final class ConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<ConfigurationException> {

    ConfigurationFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ConfigurationException cause) {
        String problems = String.valueOf(cause.getMessage()).replace("; ", ";\n    ");
        return new FailureAnalysis(
                "The NVSentinel datastore cannot be used as it is configured:\n\n    " + problems + "\n",
                cause.sqlState() == null
                        ? "Correct the properties " + DatastoreProperties.PREFIX + ".*, such as "
                                + DatastoreProperties.PREFIX
                                + ".host for the option host, or the variables DATASTORE_*;"
                                + " docs/configuration.md lists all options."
                        : "Correct the login, the privileges or the schema of the database; docs/schema.md and"
                                + " docs/troubleshooting.md describe them. SQLSTATE " + cause.sqlState() + ".",
                cause);
    }
}
