// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to change in a handler. */
final class ChangeHandlerFailureAnalyzer extends AbstractFailureAnalyzer<InvalidChangeHandlerException> {

    ChangeHandlerFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidChangeHandlerException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()) + ".",
                "Change the method or its annotation; a handler of health events is, for example,\n\n"
                        + "    @ChangeHandler(client = \"drainer\")\n"
                        + "    Mono<Void> on(ChangeEvent<HealthEventDocument> change)\n",
                cause);
    }
}
