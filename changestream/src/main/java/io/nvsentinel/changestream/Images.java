// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/** Which documents the changelog keeps with the changes of a collection. */
public enum Images {

    /** The document before the change and the one after it. The default. */
    FULL,

    /** The document after the change only; what an update changed is then not known. */
    AFTER,

    /** None: the change names its record, and that is all. */
    NONE
}
