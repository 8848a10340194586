// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import org.jspecify.annotations.Nullable;

/**
 * Stands for an exception of Jackson or of an application's class as a cause: class and stack trace, not the message,
 * because Jackson's messages quote the document.
 */
final class JsonFailure extends Exception {

    private static final long serialVersionUID = 1L;

    private JsonFailure(Throwable original, @Nullable Throwable cause) {
        super(original.getClass().getName() + " (message withheld: it may quote the document)", cause);
        setStackTrace(original.getStackTrace());
    }

    static JsonFailure of(Throwable original) {
        Throwable deeper = original.getCause();
        return new JsonFailure(original, deeper == null ? null : new JsonFailure(deeper, null));
    }

    static InvalidDocumentException unreadable(String what, Throwable original) {
        return new InvalidDocumentException(what, null, of(original));
    }

    static InvalidRequestException unwritable(String what, Throwable original) {
        return new InvalidRequestException(what, null, of(original));
    }

    /** Lines and columns count from 1, bytes from 0; what the parser does not know is left out. */
    static String where(long line, long column, long offset) {
        if (line < 1) {
            return "an unknown position";
        }
        return "line " + line + ", column " + column + (offset < 0 ? "" : " (byte " + offset + ")");
    }
}
