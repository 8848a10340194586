// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import java.lang.reflect.Method;

/** A method with {@code @ChangeHandler} cannot handle changes. */
final class InvalidChangeHandlerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param method the method
     * @param problem what it must or must not be, with the reason
     */
    InvalidChangeHandlerException(Method method, String problem) {
        super("The @ChangeHandler method " + method.toGenericString() + " " + problem);
    }
}
