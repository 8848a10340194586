// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.error.UnavailableException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says that the database did not answer. */
final class UnavailableFailureAnalyzer extends AbstractFailureAnalyzer<UnavailableException> {

    UnavailableFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnavailableException cause) {
        return new FailureAnalysis(
                "The database of the NVSentinel datastore is unavailable:\n\n    " + cause.getMessage() + "\n",
                "Check that PostgreSQL is running and can be reached from here, and that " + DatastoreProperties.PREFIX
                        + ".host and " + DatastoreProperties.PREFIX
                        + ".port, or DATASTORE_HOST and DATASTORE_PORT, are right; then start the application again.",
                cause);
    }
}
