// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.util.ArrayDeque;
import java.util.Deque;

/** A document of the source cannot be imported. The message says why and where in it, and quotes none of its values. */
public final class RejectedDocumentException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final transient Deque<String> path = new ArrayDeque<>();

    /**
     * Creates an error.
     *
     * @param reason why, without a value of the document
     */
    public RejectedDocumentException(String reason) {
        // There can be many rejects, and their stack traces contain no useful information.
        super(reason, null, false, false);
        this.reason = reason;
    }

    /** The same error, seen from the object or list that holds the member. */
    RejectedDocumentException in(String member) {
        path.addFirst(member);
        return this;
    }

    @Override
    public String getMessage() {
        return path.isEmpty() ? reason : String.join(".", path) + ": " + reason;
    }
}
